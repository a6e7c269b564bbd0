"""Draw tables and forms: columns, labels, separators and orders at random, so that no layout is learnt by heart."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from deployments.train.examples import Example, Writer
from deployments.train.lexicon import document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployments.train.generate import Filler

WIDEST = 34  # letters: a longer cell pushes the rest of its line to the right, as on paper
HEADLESS, MISSING, ODD = 0.25, 0.06, 0.08  # shares: tables without heads; cells without a value; cells of another form


Column = dict[str, tuple[str, ...]]


@cache
def _separators() -> dict[str, list[str]]:
    found: dict[str, list[str]] = document("laid_out.toml")["separators"]
    return found


@cache
def _parts(kind: str) -> tuple[Column, ...]:
    """Return the columns or fields of a kind: what may stand in the head or label, and below or behind it."""
    return tuple(
        {key: tuple(part.strip() for part in text.split(";")) for key, text in one.items()}
        for one in document("laid_out.toml")[kind]
    )


def _columns(filler: Filler, *, named: bool) -> list[Column]:
    """Return some kinds of columns in any order; a table that names somebody has who it is first or second."""
    rng, plain = filler.rng, _parts("plain")
    if not named:
        return rng.sample(plain, rng.randint(2, 5))
    people = [_parts("identifies")[0 if rng.random() < 0.75 else 1]]
    others = [*rng.sample(_parts("identifies")[1:], rng.randint(0, 3)), *rng.sample(plain, rng.randint(1, 4))]
    rng.shuffle(others)
    place = rng.choice((0, 0, 0, 1, 1, len(others)))
    return [*others[:place], *people, *others[place:]]


def _styled(text: str, style: str) -> str:
    return {"upper": text.upper(), "lower": text.lower()}.get(style, text)


def _whole(cell: Example) -> Example:
    """Return a cell whose parts of one name are one name: `MURPHY Siobhan`."""
    between = [cell.text[one[1] : other[0]] for one, other in pairwise(cell.spans)]
    if not between or any(label != "NAME" for *_, label in cell.spans) or any(map(str.isalnum, "".join(between))):
        return cell
    return replace(cell, spans=((cell.spans[0][0], cell.spans[-1][1], "NAME"),))


def _cells(filler: Filler, columns: Sequence[Column], count: int) -> list[list[Example]]:
    """Return rows of cells; a column's cells are of one form, but for a few."""
    rng = filler.rng
    forms = [rng.choice(column["cells"]) for column in columns]
    rows = []
    for _ in range(count):
        row = []
        for column, form in zip(columns, forms, strict=True):
            # what is measured, done or given differs from row to row
            free = column in _parts("plain") or rng.random() < ODD
            cell = _whole(filler.render(rng.choice(column["cells"]) if free else form, "table"))
            row.append(Example(rng.choice(("", "", "-"))) if rng.random() < MISSING else cell)
        rows.append(row)
    return rows


def table(filler: Filler, *, named: bool) -> Example:
    """Return a table as it stands in plain text: aligned by spaces, or split by tabs, bars, commas or semicolons."""
    rng = filler.rng
    columns = _columns(filler, named=named)
    rows = _cells(filler, columns, rng.choice((1, 2, 3, 3, 4, 5, 6, 8)))
    style = rng.choice(("", "", "upper", "lower"))
    if rng.random() >= HEADLESS:
        rows.insert(0, [Example(_styled(rng.choice(column["heads"]), style)) for column in columns])
    separator = rng.choice(_separators()["table"]) if rng.random() < 0.5 else ""
    edge = separator.strip() if separator == " | " and rng.random() < 0.4 else ""
    gap = rng.choice((1, 2, 2, 3, 5))
    widths = [min(WIDEST, max(len(row[at].text) for row in rows)) + gap for at in range(len(columns))]
    numbered, writer = rng.random() < 0.2, Writer()
    for number, row in enumerate(rows):
        writer.add("\n" if number else "")
        writer.add(f"{number or '#'}{rng.choice(('. ', ') ', '  '))}" if numbered else "")
        writer.add(f"{edge} " if edge else "")
        for at, cell in enumerate(row):
            writer.append(cell)
            last = at == len(row) - 1
            aligned = " " * max(1, widths[at] - len(cell.text))
            writer.add((f" {edge}" if edge else "") if last else separator or aligned)
    return writer.example("table", filler.lexicon.origin)


def form(filler: Filler, *, named: bool) -> Example:
    """Return a form: labels with their values, one to three on a line, in any order, some left empty."""
    rng = filler.rng
    fields = [(one["labels"], one["values"]) for one in _parts("field") for _ in range(rng.randint(2, 5))]
    if named:
        asked = [_parts("identifies")[0], *rng.sample(_parts("identifies"), rng.randint(1, 5))]
        fields += [(one["heads"], one["cells"]) for one in asked]
    rng.shuffle(fields)
    style = rng.choice(("", "", "upper", "lower"))
    pair, between = rng.choice(_separators()["pair"]), rng.choice(_separators()["fields"])
    writer = Writer()
    for number, (labels, values) in enumerate(fields):
        if number:
            writer.add(between if number % rng.choice((2, 2, 3)) else "\n")
        writer.add(_styled(rng.choice(labels), style) + pair)
        if rng.random() >= MISSING:
            writer.append(_whole(filler.render(rng.choice(values), "form")))
    return writer.example("form", filler.lexicon.origin)


def laid_out(filler: Filler, *, named: bool) -> Example:
    """Return a table or a form, drawn anew."""
    return table(filler, named=named) if filler.rng.random() < 0.55 else form(filler, named=named)
