"""Large JSON Lines of a source are read a piece at a time."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid_core.errors import LimitExceeded
from infra import lines
from infra.folder import FolderStore
from infra.lines import LinesStore

TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=40)
ROW = st.dictionaries(TEXT, TEXT | st.integers(), max_size=3)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut what is larger than 200 bytes into pieces of 64, looking at 256 bytes at a time."""
    monkeypatch.setattr(lines, "CUT_FROM", 200)
    monkeypatch.setattr(lines, "PIECE", 64)
    monkeypatch.setattr(lines, "LOOK", 256)


def source(tmp_path: Path, name: str, data: bytes) -> LinesStore:
    """Return a source that holds one file."""
    (tmp_path / name).write_bytes(data)
    return LinesStore(FolderStore(tmp_path))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ROW, min_size=20, max_size=60), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_pieces_are_the_file(
    small: None, tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], newline: str, ended: bool
) -> None:
    """Pieces put together are the file, byte for byte; each ends with its line, and keeps the file's suffix."""
    text = newline.join(json.dumps(row, ensure_ascii=False) for row in rows) + newline * ended
    data = text.encode()
    folder = tmp_path_factory.mktemp("source")
    store = source(folder, "notes.jsonl", data)
    listed = list(store.list())
    alone = LinesStore(FolderStore(folder / "notes.jsonl"))
    assert [(info, alone.get(info.key, 10_000)) for info in alone.list()] == [
        (info, store.get(info.key, 10_000)) for info in listed
    ]
    held = [store.get(info.key, 10_000) for info in listed]
    assert b"".join(held) == data
    assert [info.size for info in listed] == list(map(len, held))
    assert all(piece.endswith(b"\n") for piece in held[:-1])
    assert all(info.key.endswith(".jsonl") and store.exists(info.key) for info in listed)
    assert len(listed) > 1 or len(data) <= lines.LOOK


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.txt", b"a note, line after line\n" * 40),
        ("table.csv", b"a,b\n" * 100),
        ("one.jsonl", b'{"a": "' + b"x" * 500 + b'"}'),
        ("wide.jsonl", codecs.BOM_UTF16_LE + ('{"a": 1}\n' * 60).encode("utf-16-le")),
        ("few.jsonl", b'{"a": 1}\n' * 3),
    ],
)
def test_what_is_no_large_file_of_json_lines_stays_whole(small: None, tmp_path: Path, name: str, data: bytes) -> None:
    """Other texts, one line alone, another encoding and small files are one asset as they were."""
    store = source(tmp_path, name, data)
    assert [(info.key, info.size) for info in store.list()] == [(name, len(data))]
    assert store.get(name, 10_000) == data


def test_a_file_named_like_a_piece_is_that_file(small: None, tmp_path: Path) -> None:
    """What lies in the source under such a name is read, not the bytes of another file."""
    store = source(tmp_path, "notes.bytes-0-4.jsonl", b'{"own": 1}\n')
    (tmp_path / "notes.jsonl").write_bytes(b'{"other": 1}\n')
    assert store.get("notes.bytes-0-4.jsonl", 100) == b'{"own": 1}\n'


def test_a_piece_over_the_limit_is_refused(small: None, tmp_path: Path) -> None:
    """A line as long as the file is a piece too large, not a half of one."""
    store = source(tmp_path, "notes.jsonl", b'{"a": 1}\n{"a": "' + b"x" * 600 + b'"}\n')
    [first, *_] = store.list()
    with pytest.raises(LimitExceeded):
        store.get(first.key, 10)


def test_short_rows_are_cut_by_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows take memory by their number: a file of many short ones is cut long before it is large."""
    monkeypatch.setattr(lines, "LOOK", 256)
    monkeypatch.setattr(lines, "CUT_FROM_ROWS", 40)
    monkeypatch.setattr(lines, "ROWS", 20)
    rows = [b'{"a": %02d}\n' % number for number in range(95)]
    store = source(tmp_path, "short.jsonl", b"".join(rows))
    held = [store.get(info.key, 10_000) for info in store.list()]
    assert b"".join(held) == b"".join(rows)
    assert {piece.count(b"\n") for piece in held[:-1]} <= {20, 21}
    (tmp_path / "few").mkdir()
    few = source(tmp_path / "few", "few.jsonl", b"".join(rows[:39]))
    assert [info.key for info in few.list()] == ["few.jsonl"]
