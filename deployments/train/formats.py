"""Marked texts as files to train on: our JSON Lines, spaCy's DocBin, and two columns of tokens and IOB tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import spacy
from spacy.tokens import DocBin

from deid_core.errors import UsageError
from deid_core.evaluate.gold import Marked

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.tokens import Doc


def json_lines(marked: Sequence[Marked], code: str) -> bytes:  # noqa: ARG001 - the formats' shape
    """Return a document a line, as `deidflow evaluate` reads them."""
    rows = (
        {
            "id": one.id,
            "text": one.text,
            "spans": [{"start": start, "end": end, "entity_type": label} for start, end, label in one.spans],
            "subject": one.subject,
            "kind": one.kind,
        }
        for one in marked
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")


def docbin(marked: Sequence[Marked], code: str) -> bytes:
    """Return a DocBin of the documents with their entities, as `spacy train` reads it; tokens are the language's."""
    held = DocBin(docs=docs(marked, code), store_user_data=False)
    data: bytes = held.to_bytes()
    return data


def iob(marked: Sequence[Marked], code: str) -> bytes:
    """Return a token and its tag a line, separated by a tab, an empty line between documents (CoNLL 2003's scheme)."""
    return "\n".join(_rows(doc) for doc in docs(marked, code)).encode("utf-8", "surrogatepass")


def docs(marked: Sequence[Marked], code: str) -> Iterator[Doc]:
    """Yield spaCy documents with entities: whole tokens, of two that overlap the longer, then the first."""
    nlp = spacy.blank(code)
    for one in marked:
        doc = nlp.make_doc(one.text)
        found = [doc.char_span(*span[:2], label=span[2], alignment_mode="expand") for span in one.spans]
        doc.set_ents(spacy.util.filter_spans([span for span in found if span is not None]))
        yield doc


def _rows(doc: Doc) -> str:
    tags = ((token, f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O") for token in doc)
    return "".join(f"{token.text}\t{tag}\n" for token, tag in tags if not token.is_space)


FORMATS: Mapping[str, Callable[[Sequence[Marked], str], bytes]] = {".jsonl": json_lines, ".spacy": docbin, ".iob": iob}


def check(ending: str) -> None:
    """Raise UsageError for the ending of a file that is none of the formats'."""
    if ending not in FORMATS:
        raise UsageError(f"name the file with one of these endings: {', '.join(FORMATS)}")


def written(marked: Sequence[Marked], ending: str, code: str) -> bytes:
    """Return marked texts in the format of a file's ending; raise UsageError for another one."""
    check(ending)
    return FORMATS[ending](marked, code)
