"""Files to gold: which format they are in is said by their names' endings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from deid_core.errors import UsageError
from deid_core.evaluate import brat, i2b2, inline, json_lines, presidio
from deid_core.evaluate.gold import Gold, gold_of

# the first ending that any file has decides: brat has .txt beside its .ann
FORMATS = (
    ((".ann",), (".ann", ".txt"), brat.read, "deidflow"),
    ((".jsonl", ".ndjson"), (".jsonl", ".ndjson"), json_lines.read, "deidflow"),
    ((".xml",), (".xml",), i2b2.read, "i2b2"),
    ((".json",), (".json",), presidio.read, "presidio"),
    ((".txt",), (".txt",), inline.read, "deidflow"),
)
ENDINGS = frozenset(ending for endings, *_ in FORMATS for ending in endings)


def read(files: Mapping[str, bytes]) -> Gold:
    """Read gold from files by name; others than those of its format are passed over.

    Raises UsageError where no file is of a known format, MalformedAsset where one is not what its name says.
    """
    endings = {name: PurePosixPath(name).suffix.lower() for name in files}
    for deciding, used, reader, prefer in FORMATS:
        if any(ending in deciding for ending in endings.values()):
            wanted = {name: files[name] for name in sorted(files) if endings[name] in used}
            return gold_of(reader(wanted), prefer)
    raise UsageError("gold is .jsonl, brat's .txt and .ann, i2b2's .xml, Presidio's .json, or marked .txt")
