"""Make the list of names that people of 60 countries bear: `python -m deployments.train.borne FILE`.

It holds those of Faker's given and family names that the lists of the models have, too, as their hashes: a word of
those lists that is not among them is a rare name at most (`deid_core/extract/borne.py`).
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


def names() -> Iterator[str]:
    """Yield each word of the given and family names of all countries in small letters, with accents and without."""
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for listed in (getattr(provider, name) for name in dir(provider) if "name" in name):
            if isinstance(listed, Iterable) and not isinstance(listed, str):
                for one in listed:
                    if isinstance(one, str) and "{{" not in one:
                        yield from (form for word in WORD.findall(one.lower()) for form in written(word))


def borne() -> set[int]:
    """Return the hashes of those that are on the lists of names."""
    return {WordLists.hashed(name) for name in set(names()) if load_lists().on(name)[0]}


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(prog="python -m deployments.train.borne", description=__doc__)
    parser.add_argument("file", type=Path, help="where the hashes go, .npy")
    np.save(parser.parse_args().file, np.array(sorted(borne()), np.uint32))


if __name__ == "__main__":
    main()
