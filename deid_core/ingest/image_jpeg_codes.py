"""The Huffman codes of a sequential JPEG scan, read and written (ITU-T T.81 annexes C and F)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deid_core.errors import MalformedAsset

DHT, AC = 0xC4, 16  # a table's class is the upper half of its number
WINDOW = 16  # bits of the longest code
END_OF_BLOCK, NO_CODE = 1_000, 5_000  # coefficients skipped; far more than the 64 there are
LARGEST_DC = 2047
LONG_RUN = 0xF0  # the symbol of sixteen zeros

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Table:
    """Hold a Huffman table: `codes`, by symbol (code, its bits), to write with.

    To read with, by the next 16 bits: the `symbols` (-1: none), the `bits` of their codes, and for AC `step`, the bits
    with the value's, and `skip`, the coefficients that a symbol stands for.
    """

    codes: dict[int, tuple[int, int]] = field(repr=False)
    symbols: list[int] = field(repr=False)
    bits: list[int] = field(repr=False)
    step: list[int] = field(repr=False)
    skip: list[int] = field(repr=False)


def tables(payload: bytes) -> dict[int, Table]:
    """Return the tables of a DHT segment by their number."""
    found, at = {}, 0
    while at < len(payload):
        counts = payload[at + 1 : at + 17]
        values = payload[at + 17 : at + 17 + sum(counts)]
        found[payload[at]] = _table(counts, values)
        at += 17 + len(values)
    return found


@lru_cache(maxsize=32)
def _table(counts: bytes, values: bytes) -> Table:
    """Make a table of its numbers of codes by length and its symbols in order of their codes (annex C)."""
    codes: dict[int, tuple[int, int]] = {}
    lengths, symbols = np.zeros(1 << WINDOW, np.int64), np.full(1 << WINDOW, -1)
    code, at = 0, 0
    for length, count in enumerate(counts, 1):
        for symbol in values[at : at + count]:
            first = code << (WINDOW - length)
            lengths[first : first + (1 << (WINDOW - length))] = length
            symbols[first : first + (1 << (WINDOW - length))] = symbol
            codes.setdefault(symbol, (code, length))
            code += 1
        at += count
        code <<= 1
    skip = np.where(symbols < 0, NO_CODE, np.where(symbols == 0, END_OF_BLOCK, (symbols >> 4) + 1))
    return Table(codes, symbols.tolist(), lengths.tolist(), (lengths + (symbols & 15)).tolist(), skip.tolist())


@cache
def standard() -> bytes:
    """Return the segments of annex K.3's tables, which have a code for everything: 0 for luma, 1 for the others."""
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    data, at, found = out.getvalue(), 2, b""
    while data[at + 1] != 0xDA:
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found += data[at : at + size] if data[at + 1] == DHT else b""
        at += size
    return found


def standard_tables() -> dict[int, Table]:
    """Return the tables of annex K.3 by their number."""
    data, at, found = standard(), 0, dict[int, Table]()
    while at < len(data):
        size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found |= tables(data[at + 4 : at + size])
        at += size
    return found


def windows(raw: bytes) -> Sequence[int]:
    """Return the 24 bits from each byte on, as one number a byte."""
    wide = np.frombuffer(raw + bytes(3), np.uint8).astype(np.uint32)
    seen: Any = (wide[:-2] << 16) | (wide[1:-1] << 8) | wide[2:]
    return memoryview(seen)


def dc(words: Sequence[int], at: int, table: Table) -> tuple[int, int]:
    """Return the bits of a DC difference, and where they start; MalformedAsset for a code that is in no table."""
    window = (words[at >> 3] >> (8 - (at & 7))) & 0xFFFF
    size = table.symbols[window]
    if not 0 <= size <= 11:
        raise MalformedAsset("a DC code that is in no table")
    return size, at + table.bits[window]


def signed(words: Sequence[int], at: int, size: int) -> int:
    """Return the value of so many bits (F.2.2.1): those that begin with 0 are below zero."""
    if not size:
        return 0
    value = (words[at >> 3] >> (24 - (at & 7) - size)) & ((1 << size) - 1)
    return value if value >> (size - 1) else value - (1 << size) + 1


def block_end(words: Sequence[int], at: int, table: Table) -> int:
    """Return where a block ends whose AC codes start at a bit; MalformedAsset for a code that is in no table."""
    step, skip = table.step, table.skip
    place = 1
    while place < 64:
        window = (words[at >> 3] >> (8 - (at & 7))) & 0xFFFF
        at += step[window]
        place += skip[window]
    if 64 < place < END_OF_BLOCK or place >= NO_CODE:
        raise MalformedAsset("an AC code that is in no table, or beyond the block")
    return at


def said_again(words: Sequence[int], at: int, end: int, table: Table, other: Table) -> str:
    """Return a block's AC codes, from a bit to another, in the codes of another table."""
    text = ""
    while at < end:
        window = (words[at >> 3] >> (8 - (at & 7))) & 0xFFFF
        symbol, size = table.symbols[window], table.symbols[window] & 15
        at += table.bits[window]
        text += symbol_code(symbol, other)
        if size:
            text += f"{(words[at >> 3] >> (24 - (at & 7) - size)) & ((1 << size) - 1):0{size}b}"
        at += size
    return text


def symbol_code(symbol: int, table: Table) -> str:
    """Return a symbol's code; KeyError where the table has none."""
    code, length = table.codes[symbol]
    return f"{code:0{length}b}"


def dc_code(difference: int, table: Table) -> str:
    """Return the code of a DC difference."""
    size, value = _value(max(-LARGEST_DC, min(difference, LARGEST_DC)))
    return symbol_code(size, table) + value


def ac_code(block: list[int], table: Table) -> str:
    """Return the code of a block after its DC value: 64 coefficients in zigzag order."""
    text, run = "", 0
    for value in block[1:]:
        if not value:
            run += 1
            continue
        size, bits = _value(value)
        long, rest = divmod(run, 16)
        text += long * symbol_code(LONG_RUN, table) if long else ""
        text += symbol_code(rest << 4 | size, table) + bits
        run = 0
    return text + (symbol_code(0, table) if run else "")


def _value(value: int) -> tuple[int, str]:
    size = abs(value).bit_length()
    return size, f"{value if value > 0 else value + (1 << size) - 1:0{size}b}" if size else ""


def as_bits(text: str) -> Bits:
    """Return a text of zeros and ones as bits, one a byte."""
    return np.asarray(np.frombuffer(text.encode("ascii"), np.uint8) & 1, np.uint8)


def packed(pieces: list[Bits]) -> bytes:
    """Return bits as bytes, filled up with ones, with a zero byte after each byte of ones (F.1.2.3)."""
    bits = np.concatenate(pieces)
    filled = np.concatenate((bits, np.ones(-len(bits) % 8, np.uint8)))
    return np.packbits(filled).tobytes().replace(b"\xff", b"\xff\0")
