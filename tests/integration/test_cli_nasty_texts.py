"""Texts in every encoding and with every sign through the command: no value comes out, and nothing crashes."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli.app import app

NOTE = "Patient: Olga Hargreaves  MRN: 40718823  DOB: 03/14/1951\r\nSeen by Dr. Okafor on 3/4/2020, (423) 555-0168.\r\n"
VALUES = ("Olga", "Hargreaves", "40718823", "Okafor", "555-0168", "03/14", "3/4/2020", "Muñoz")
CLEANED = {
    "plain.txt": NOTE.encode(),
    "invalid_utf8.txt": NOTE.encode() + b"r\xe9sum\xe9 \xff\xfe caf\xc3\xa9, Mrs. Hargreaves\r\n",
    "latin1.txt": (NOTE + "Mr. José Muñoz\r\n").encode("latin-1"),
    "cp1252.txt": (NOTE + "“quoted” – €5\r\n").encode("cp1252"),
    "utf16le.txt": codecs.BOM_UTF16_LE + (NOTE + "Zoë 😀").encode("utf-16-le"),
    "utf16be.txt": codecs.BOM_UTF16_BE + (NOTE + "Zoë 😀").encode("utf-16-be"),
    "utf8_mark.txt": codecs.BOM_UTF8 + NOTE.encode(),
    "carriage_returns.txt": NOTE.replace("\r\n", "\r").encode(),
    "mixed_ends.txt": (NOTE + NOTE.replace("\r\n", "\n") + "\u2028\u2029\x85").encode(),
    "emoji.txt": ("👩‍⚕️👨‍👩‍👧 " + NOTE + "👍🏽").encode(),
    "right_to_left.txt": ("المريض: \u202eרשומה\u202c " + NOTE).encode(),
    "unseen.txt": "Patient: Ol\ufeffga Har\u200bgreaves MRN: 4071\u00ad8823\n".encode(),
    "marks.txt": ("Patient: Olga Hargreaves " + "\u0301" * 20_000 + " MRN: 40718823\n").encode(),
    "escapes.jsonl": b'{"name": "Ol\\u0067a Hargreaves", "note": "Olga Hargreaves \\ud83d\\ude00"}\r\n',
    "semicolons.csv": "name;mrn\nJosé Muñoz;40718823\n".encode("latin-1"),
    "utf16.csv": codecs.BOM_UTF16_LE + "name,mrn\r\nOlga Hargreaves,40718823\r\n".encode("utf-16-le"),
    "bait.txt": (NOTE + "a" * 30_000 + "!" + "1-" * 15_000 + "a@" * 10_000 + "Mr. Aaaa Bbbb. " * 500).encode(),
}
SET_ASIDE = {
    "zero.txt": NOTE.encode()[:20] + b"\0" + NOTE.encode()[20:],
    "no_mark.txt": NOTE.encode("utf-16-le"),
    "cut.txt": codecs.BOM_UTF16_LE + NOTE.encode("utf-16-le")[:-1],
    "wide.txt": codecs.BOM_UTF32_LE + NOTE.encode("utf-32-le"),
    "zero.csv": b"name,mrn\nOlga\0Hargreaves,40718823\n",
    "open_quote.csv": b'name,note\n"Olga Hargreaves,' + b"a" * 9_000,
    "no_header.csv": b"Olga Hargreaves\n",
    "ragged.csv": b"name,mrn\nOlga Hargreaves,1,2\n",
    "brackets.jsonl": b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}\n",
    "twice.jsonl": b'{"name": "Olga", "name": "Hargreaves"}\n',
    "half_pair.jsonl": b'{"name": "Olga \\ud800 Hargreaves"}\n',
    "empty.txt": b"",
}


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_policy: Path) -> tuple[Path, int, str, str]:
    """Run the command over all of them; return the outputs' folder, its exit code and what it told."""
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name, data in (CLEANED | SET_ASIDE).items():
        (source / name).write_bytes(data)
    asked = ["deid", str(source), "-o", str(out), "--keep-names", "--json", "--policy", str(quick_policy)]
    ran = CliRunner().invoke(app, asked)
    return out, ran.exit_code, ran.stdout, ran.stderr


def test_nasty_texts_are_cleaned_or_set_aside_with_a_reason(done: tuple[Path, int, str, str]) -> None:
    """What can be read comes out without a value, as it was encoded; what cannot is named, and nothing of it is out."""
    out, code, told, errors = done
    assert code == 3  # several kinds of failure
    assert {json.loads(line)["asset"] for line in told.splitlines() if line} == set(CLEANED)
    assert {path.name for path in out.iterdir()} == set(CLEANED)
    for name in SET_ASIDE:
        assert f"set aside {name}: " in errors
    shown = [told, errors]
    for path in out.iterdir():
        data = path.read_bytes()
        shown += [data.decode(encoding, "ignore") for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be")]
    assert not [value for value in VALUES for text in shown if value in text]
    assert "it begins as UTF-16" in errors
    for name, mark in (("utf16le.txt", codecs.BOM_UTF16_LE), ("utf8_mark.txt", codecs.BOM_UTF8)):
        assert (out / name).read_bytes().startswith(mark)
    assert b"\r\n" in (out / "plain.txt").read_bytes()
    assert b"\xff\xfe caf\xc3\xa9" in (out / "invalid_utf8.txt").read_bytes()
