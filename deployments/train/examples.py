"""An example: a text, what identifies somebody in it, and the labels that were annotated at all."""

from __future__ import annotations

from dataclasses import dataclass, field

LABELS = ("NAME", "LOCATION", "ADDRESS", "FACILITY", "ORGANISATION", "DATE", "PHONE", "ID")
UNKNOWN = "?"  # a span that may or may not be an identifier: never taught, neither way


@dataclass(frozen=True, slots=True)
class Example:
    """Hold a text and its labelled code-point spans (start, end, label); `origin` is where its names come from."""

    text: str = field(repr=False)
    spans: tuple[tuple[int, int, str], ...] = ()
    source: str = ""
    origin: str = ""


@dataclass(slots=True)
class Writer:
    """Build a text piece by piece, remembering where the labelled pieces lie."""

    pieces: list[str] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, label: str = "") -> None:
        """Append a piece; a label makes it a span, trimmed of white space."""
        stripped = text.strip()
        if label and stripped:
            start = self.length + text.index(stripped)
            self.spans.append((start, start + len(stripped), label))
        self.pieces.append(text)
        self.length += len(text)

    def append(self, example: Example) -> None:
        """Append another example with its spans."""
        self.spans.extend((start + self.length, end + self.length, label) for start, end, label in example.spans)
        self.pieces.append(example.text)
        self.length += len(example.text)

    def example(self, source: str, origin: str = "") -> Example:
        """Return what was built."""
        return Example("".join(self.pieces), tuple(self.spans), source, origin)
