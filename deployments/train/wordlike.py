"""Learn how words are built that are nobody's name: `python -m deployments.train.wordlike FILE PACKAGE...`.

Packages are wheels or npm archives whose translations teach how words of twenty languages look, besides our own lists
of words about the picture: Django (BSD-3-Clause), JupyterLab's language packs (BSD-3-Clause), Apache Superset
(Apache 2.0), @ohif/i18n and primelocale (MIT). Names and places are Faker's (MIT), of 60 countries.
"""

from __future__ import annotations

import argparse
import gettext
import importlib
import io
import json
import pkgutil
import random
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from faker.providers import address
from numpy.typing import NDArray

from deid_core.detect.word_lists import WordLists, load_lists
from deid_core.extract.descriptors import trade_words
from deid_core.extract.vocabulary import vocabulary, written
from deid_core.extract.wordlike import SIZE, places_of, plain
from deployments.train.borne import WORD, names

LANGUAGES = frozenset(
    {"ca", "cs", "da", "de", "en", "es", "fi", "fr", "hr", "hu", "it", "nb", "nl", "nn", "no", "pl", "pt", "ro", "sk"}
    | {"sl", "sv", "tr"}
)
TRANSLATION = re.compile(
    r"(?:locales?/|translations/|_pack_|/)([a-z]{2,3})(?:[_-][A-Za-z]{2,4})?(?=[/._-])[^\0]*\.(?:mo|po|json)$"
)
TOKENS = re.compile(r"%\([a-z_0-9]+\)[sd]|\{[^}]*\}|<[^>]*>|&[a-z]+;|`[^`]*`|\S*[/_\\.@]\S+")  # no words
QUOTED = re.compile(r'msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)')
WHERE = ("cit", "state", "countr", "count", "town", "provinc", "region", "depart", "municip", "district")
SHORTEST, EPOCHS, RATE, DECAY = 4, 6, 0.15, 0.995
FOLD = 51  # of 256: a fifth of the names is held out to set how much is asked
LOST, RATHER = 0.0075, 0.05  # share of names on no list that are taken for words, and for such rather than names
TAKEN = 0.1  # share of words that are taken for names
Weights = tuple[NDArray[np.float64], float]


def translated(package: Path) -> Iterator[str]:
    """Yield the texts of a package's translations into the languages that are written in Latin letters."""
    for name, held in _files(package):
        found = TRANSLATION.search(f"{package.name.lower() if '_pack_' in package.name else ''}/{name}")
        if found is None or found[1] not in LANGUAGES:
            continue
        if name.endswith(".mo"):
            yield from _texts(dict(gettext.GNUTranslations(io.BytesIO(held))._catalog))  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to all of its texts
        elif name.endswith(".po"):
            yield from QUOTED.findall(held.decode("utf-8", "replace").replace("\\n", " "))
        else:
            yield from _texts(json.loads(held))


def _files(package: Path) -> Iterator[tuple[str, bytes]]:
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            yield from (
                (name, archive.read(name)) for name in archive.namelist() if name.endswith((".mo", ".po", ".json"))
            )
        return
    with tarfile.open(package) as packed:
        for member in packed:
            held = packed.extractfile(member) if member.name.endswith(".json") else None
            if held is not None:
                yield member.name, held.read()


def _texts(held: Any) -> Iterator[str]:
    """Yield the texts in a catalogue, but for its header."""
    if isinstance(held, str):
        yield held
    elif isinstance(held, Mapping):
        yield from chain.from_iterable(_texts(value) for key, value in held.items() if key)
    elif isinstance(held, Iterable):
        yield from chain.from_iterable(map(_texts, held))


def places() -> Iterator[str]:
    """Yield each word of the places that Faker knows, in small letters."""
    for module in pkgutil.iter_modules(address.__path__):
        provider = importlib.import_module(f"{address.__name__}.{module.name}").Provider
        for name in (name for name in dir(provider) if any(part in name for part in WHERE)):
            for text in _texts(getattr(provider, name)):
                yield from (form for word in WORD.findall(text.lower()) if "{{" not in text for form in written(word))


def learnt(called: Iterable[str], told: Iterable[str]) -> Weights:
    """Return the weight of each run of letters, and what is added, by a logistic model: above 0 is a name."""
    weights, base, chance = np.zeros(SIZE), 0.0, random.Random(0)  # noqa: S311 - an order of words
    seen = [*((places_of(word), 1.0) for word in called), *((places_of(word), 0.0) for word in told)]
    for epoch in range(EPOCHS):
        chance.shuffle(seen)
        step = RATE / (1 + epoch)
        for at, answer in seen:
            error = answer - 1 / (1 + np.exp(-np.clip(weights[at].sum() + base, -30, 30)))
            weights[at] += step * error
            base += step * error * 0.1
        weights *= DECAY
    return weights, base


def _weight(word: str, held: Weights) -> float:
    return float(held[0][places_of(word)].sum() + held[1])


def words_and_names(packages: Iterable[Path]) -> tuple[list[str], list[str]]:
    """Return the words that are nobody's name, and the names and places, both sorted."""
    latin = re.compile(rf"[^\W\d_]{{{SHORTEST},}}")
    called = {plain(word) for word in chain(names(), places()) if latin.fullmatch(plain(word))}
    read = {
        word.lower()
        for package in packages
        for text in translated(package)
        for word in WORD.findall(TOKENS.sub(" ", text))
    }
    ours = {word for word in chain(vocabulary().words, trade_words()) if word.isalpha()}
    told = {plain(word) for word in chain(read, ours) if not load_lists().on(word)[0] and latin.fullmatch(plain(word))}
    keep = [word for word in told - called if word[0].isascii()]
    return sorted(keep), sorted(word for word in called if word[0].isascii())


def main() -> None:
    """Read the command line, learn, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m deployments.train.wordlike", description=__doc__)
    parser.add_argument("file", type=Path, help="where the weights go, .npz")
    parser.add_argument("packages", type=Path, nargs="+", help="wheels and npm archives with translations")
    parser.add_argument(
        "--without", type=int, default=0, help="leave this many 256ths of the names out, to be measured"
    )
    asked = parser.parse_args()
    told, called = words_and_names(asked.packages)
    called = [word for word in called if WordLists.hashed(word) % 256 >= asked.without]
    held_out = {word for word in (*called, *told) if WordLists.hashed(f"{word}.") % 256 < FOLD}
    part = learnt((word for word in called if word not in held_out), (word for word in told if word not in held_out))
    rare = sorted(
        _weight(word, part) for word in called if word in held_out and load_lists().on(word) == [False, False]
    )
    least, rather = (rare[int(share * len(rare))] for share in (LOST, RATHER))
    seen = sorted(_weight(word, part) for word in told if word in held_out)
    most = seen[-int(TAKEN * len(seen))]
    weights, base = learnt(called, told)
    scale = float(np.abs(weights).max()) / 127
    packed = np.rint(weights / scale).astype(np.int8)
    np.savez_compressed(asked.file, weights=packed, numbers=np.array([scale, base, least, rather, most]))
    shares = np.mean(np.array(seen) < least), np.mean(np.array(rare) >= most)
    print(f"{len(told)} words, {len(called)} names; held out, {shares[0]:.3f} and {shares[1]:.3f} are told")  # noqa: T201


if __name__ == "__main__":
    main()
