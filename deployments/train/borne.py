"""Make the list of names that people of 60 countries bear: `python -m deployments.train.borne FILE`.

It holds those of Faker's given and family names that the lists of the models have, too, as their hashes, and with
`--surnames` those that two of 100,000 in the United States bear: a word of those lists that is not among them is a rare
name at most (`deid_core/extract/borne.py`). The census of 1990 comes with the package `names` as `dist.all.last`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from faker.providers import person

from deid_core.detect.word_lists import WordLists, load_lists
from deid_core.extract.vocabulary import written

WORD = re.compile(r"[^\W\d_]+")
LEAST = 0.002  # hundredths


def names() -> Iterator[str]:
    """Yield each word of the given and family names of all countries in small letters, with accents and without."""
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for listed in (getattr(provider, name) for name in dir(provider) if "name" in name):
            if isinstance(listed, Iterable) and not isinstance(listed, str):
                for one in listed:
                    if isinstance(one, str) and "{{" not in one:
                        yield from (form for word in WORD.findall(one.lower()) for form in written(word))


def surnames(census: Path) -> Iterator[str]:
    """Yield the names, in small letters, of a table of names and the share of people that bears each, in hundredths."""
    for line in census.read_text("ascii").splitlines():
        name, share, *_ = line.split()
        if float(share) >= LEAST:
            yield name.lower()


def borne(more: Iterable[str] = ()) -> set[int]:
    """Return the hashes of those that are on the lists of names."""
    return {WordLists.hashed(name) for name in {*names(), *more} if load_lists().on(name)[0]}


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(prog="python -m deployments.train.borne", description=__doc__)
    parser.add_argument("file", type=Path, help="where the hashes go, .npy")
    parser.add_argument("--surnames", type=Path, help="a table of surnames and how many in a hundred bear them")
    asked = parser.parse_args()
    np.save(asked.file, np.array(sorted(borne(surnames(asked.surnames) if asked.surnames else ())), np.uint32))


if __name__ == "__main__":
    main()
