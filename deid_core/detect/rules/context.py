"""What stands before a word says whether its capital letter means anything."""


def begins_sentence(text: str, start: int) -> bool:
    """Say whether a word begins a sentence, a line or an item of a list."""
    before = text[max(0, start - 4) : start].rstrip(" \t\"'“(")
    return not before or before[-1] in ".!?:;\n\r•*-|"
