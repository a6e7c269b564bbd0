"""Cover parts of a sequential JPEG and keep every other block bit for bit (ITU-T T.81 annex F).

The scan is walked code by code. Blocks whose pixels changed are coded anew with the file's own tables; all others are
copied, but for the DC difference of the first block after a changed one, which says the same value from a new start.
Where the tables lack a code that is needed, all blocks are said again in the standard's own codes: same coefficients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid_core.errors import MalformedAsset
from deid_core.ingest import image_jpeg_codes as codes
from deid_core.ingest.image_jpeg import APP0, DHT, DQT, DRI, END, SOS, START, Jpeg
from deid_core.ingest.image_jpeg_codes import AC, Bits, Table
from deid_core.ingest.image_quiet import quiet

SEQUENTIAL = (0xC0, 0xC1)
RESTART = re.compile(rb"\xff+([\xd0-\xd7])")
LARGEST_AC = 1023
# BT.601, as JFIF says
LUMA = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
WAVES = np.array([[np.cos((2 * at + 1) * wave * np.pi / 16) for at in range(8)] for wave in range(8)]) / 2
WAVES[0] /= np.sqrt(2)
# where the coefficients of a block stand in its code: diagonal by diagonal, in turns up and down
ZIGZAG = sorted(range(64), key=lambda at: (at // 8 + at % 8, at // 8 if (at // 8 + at % 8) % 2 else at % 8))

Array = NDArray[Any]
Coded = dict[int, list[list[list[int]]]]  # by number of an MCU: component, block, 64 coefficients in zigzag order


@dataclass(frozen=True, slots=True)
class Component:
    """Hold a component: its blocks across and down in an MCU, its tables, and those that it is written with."""

    across: int
    down: int
    quantiser: Array
    dc: Table
    ac: Table
    new_dc: Table
    new_ac: Table


@dataclass(frozen=True, slots=True)
class Scan:
    """Hold what a file of one scan says; `head` is all before the entropy-coded `data`.

    `again` says that all blocks are to be said in other codes than the file's.
    """

    head: bytes = field(repr=False)
    data: bytes = field(repr=False)
    components: tuple[Component, ...]
    columns: int  # MCUs
    rows: int
    interval: int  # MCUs between restarts; 0: none
    is_rgb: bool
    again: bool

    @property
    def width(self) -> int:
        """Return the pixels across an MCU."""
        return 8 * max(one.across for one in self.components)

    @property
    def height(self) -> int:
        """Return the pixels down an MCU."""
        return 8 * max(one.down for one in self.components)


def covered(jpeg: Jpeg, was: Array, samples: Array) -> bytes | None:
    """Return the clean stream with the MCUs coded anew in which `samples` differ from what `was` decoded.

    Both are (rows, columns) or (rows, columns, 3). None where the file is no sequential JPEG of one scan in grey, YCbCr
    or RGB: it has to be encoded as a whole.
    """
    if jpeg.frame not in SEQUENTIAL or samples.ndim not in (2, 3) or (samples.ndim == 3 and samples.shape[2] != 3):
        return None
    for again in (False, True):
        try:
            with quiet("a JPEG's scan cannot be walked"):
                scan = _scan(jpeg, again=again)
                changed = _changed(scan, was, samples)
                return scan.head + b"".join(_intervals(scan, changed, _blocks(scan, samples, changed))) + END
        except MalformedAsset:
            continue
    return None


def touched(jpeg: Jpeg, was: Array, samples: Array) -> NDArray[np.bool_]:
    """Return which pixels lie in MCUs that are coded anew: (rows, columns)."""
    scan = _scan(jpeg)
    grid = _changed(scan, was, samples)
    whole = np.repeat(np.repeat(grid, scan.height, axis=0), scan.width, axis=1)
    within: NDArray[np.bool_] = whole[: was.shape[0], : was.shape[1]]
    return within


def _scan(jpeg: Jpeg, *, again: bool = False) -> Scan:
    quantisers: dict[int, Array] = {}
    tables: dict[int, Table] = {}
    interval, frame, named = 0, b"", False
    head, at = START, len(START)
    while True:
        marker, size = jpeg.clean[at + 1], int.from_bytes(jpeg.clean[at + 2 : at + 4], "big")
        payload, segment = jpeg.clean[at + 4 : at + 2 + size], jpeg.clean[at : at + 2 + size]
        at += 2 + size
        if marker == SOS:
            break
        head += b"" if again and marker == DHT else segment
        if marker == DQT:
            quantisers |= _quantisers(payload)
        elif marker == DHT:
            tables |= codes.tables(payload)
        elif marker == DRI:
            interval = int.from_bytes(payload, "big")
        elif marker in SEQUENTIAL:
            frame = payload
        named |= marker == APP0
    ids = [frame[place] for place in range(6, len(frame), 3)]
    chosen = dict(zip(payload[1:-3:2], payload[2:-3:2], strict=True))
    if payload[0] != len(ids) or len(ids) not in (1, 3):
        raise MalformedAsset("not all components in one scan")
    std = codes.standard_tables() if again else {}
    new = [(std[n], std[AC | n]) for n in range(2)] if again else [None, None]
    made = tuple(
        _component(frame[6 + 3 * n : 9 + 3 * n], quantisers, tables, chosen[one], new[min(n, 1)], alone=len(ids) == 1)
        for n, one in enumerate(ids)
    )
    across, down = max(one.across for one in made), max(one.down for one in made)
    columns, rows = -(-jpeg.width // (8 * across)), -(-jpeg.height // (8 * down))
    head += codes.standard() + _standard_selection(segment, len(ids)) if again else segment
    is_rgb = not named and (jpeg.rgb or ids == list(b"RGB"))
    return Scan(head, jpeg.clean[at : -len(END)], made, columns, rows, interval, is_rgb, again)


def _component(
    frame: bytes,
    quantisers: dict[int, Array],
    tables: dict[int, Table],
    chosen: int,
    new: tuple[Table, Table] | None,
    *,
    alone: bool,
) -> Component:
    across, down = (1, 1) if alone else (frame[1] >> 4, frame[1] & 15)  # A.2.2: alone, an MCU is a block
    dc, ac = tables[chosen >> 4], tables[AC | (chosen & 15)]
    new_dc, new_ac = new or (dc, ac)
    return Component(across, down, quantisers[frame[2]], dc, ac, new_dc, new_ac)


def _standard_selection(segment: bytes, components: int) -> bytes:
    """Return a scan's header whose first component has the standard's luma tables, and the others those for chroma."""
    selected = bytearray(segment)
    for number in range(components):
        selected[6 + 2 * number] = 0x11 if number else 0
    return bytes(selected)


def _quantisers(payload: bytes) -> dict[int, Array]:
    found, at = {}, 0
    while at < len(payload):
        wide, number = payload[at] >> 4, payload[at] & 15
        size = 64 * (1 + wide)
        found[number] = np.frombuffer(payload, ">u2" if wide else np.uint8, 64, at + 1).astype(np.float64)
        at += 1 + size
    return found


def _changed(scan: Scan, was: Array, samples: Array) -> NDArray[np.bool_]:
    """Return which MCUs hold a pixel that changed: (rows, columns) of MCUs."""
    differ: Array = np.asarray(was != samples)
    flat = differ.reshape(*was.shape[:2], -1).any(axis=2)
    padded = np.zeros((scan.rows * scan.height, scan.columns * scan.width), np.bool_)
    padded[: flat.shape[0], : flat.shape[1]] = flat
    grid: Any = padded.reshape(scan.rows, scan.height, scan.columns, scan.width).any(axis=(1, 3))
    return np.asarray(grid, np.bool_)


def _blocks(scan: Scan, samples: Array, changed: NDArray[np.bool_]) -> Coded:
    """Return the quantised coefficients of the changed MCUs by their number: component, block, 64 in zigzag order."""
    below, right = scan.rows * scan.height - samples.shape[0], scan.columns * scan.width - samples.shape[1]
    padded = np.pad(samples, ((0, below), (0, right), *[(0, 0)] * (samples.ndim - 2)), mode="edge")
    found = {}
    for row, column in zip(*np.nonzero(changed), strict=True):
        top, left = row * scan.height, column * scan.width
        pixels = padded[top : top + scan.height, left : left + scan.width].astype(np.float64)
        planes = _planes(pixels, is_rgb=scan.is_rgb)
        found[int(row * scan.columns + column)] = [
            _quantised(plane, one, scan) for plane, one in zip(planes, scan.components, strict=True)
        ]
    return found


def _planes(pixels: Array, *, is_rgb: bool) -> list[Array]:
    """Return the components of pixels, around 0."""
    if pixels.ndim == 2:
        return [pixels - 128]
    if is_rgb:
        return [pixels[..., channel] - 128 for channel in range(3)]
    luma, *chroma = np.moveaxis(pixels @ LUMA.T, 2, 0)
    return [luma - 128, *chroma]


def _quantised(plane: Array, one: Component, scan: Scan) -> list[list[int]]:
    wide, high = scan.width // (8 * one.across), scan.height // (8 * one.down)  # pixels to a sample
    if scan.width % (8 * one.across) or scan.height % (8 * one.down):
        raise MalformedAsset("components whose sizes do not divide")
    small = plane.reshape(8 * one.down, high, 8 * one.across, wide).mean(axis=(1, 3))
    blocks = small.reshape(one.down, 8, one.across, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    waves = (WAVES @ blocks @ WAVES.T).reshape(-1, 64)[:, ZIGZAG]
    rounded = np.rint(waves / one.quantiser).astype(np.int64)
    rounded[:, 1:] = rounded[:, 1:].clip(-LARGEST_AC, LARGEST_AC)
    coefficients: list[list[int]] = rounded.tolist()
    return coefficients


def _intervals(scan: Scan, changed: NDArray[np.bool_], blocks: Coded) -> Iterator[bytes]:
    """Yield the entropy-coded data from restart to restart; those without a changed MCU as they are."""
    pieces = RESTART.split(scan.data)  # data, marker, data ...
    total = scan.columns * scan.rows
    each = scan.interval or total
    if len(pieces) // 2 + 1 != -(-total // each):
        raise MalformedAsset("not as many restarts as there should be")
    for number, piece in enumerate(pieces[::2]):
        first, last = number * each, min((number + 1) * each, total)
        if number:
            yield b"\xff" + pieces[2 * number - 1]
        yield (
            _walked(scan, piece, range(first, last), blocks) if scan.again or changed.flat[first:last].any() else piece
        )


def _walked(scan: Scan, piece: bytes, numbers: range, blocks: Coded) -> bytes:
    raw = piece.replace(b"\xff\0", b"\xff")
    bits = np.unpackbits(np.frombuffer(raw, np.uint8))
    words = codes.windows(raw)
    at, copied = 0, 0  # bits read, and those of them that stand in `out` already
    out: list[Bits] = []
    old, new = [0] * len(scan.components), [0] * len(scan.components)  # the DC values so far
    for number in numbers:
        anew = blocks.get(number)
        for which, one in enumerate(scan.components):
            for block in range(one.across * one.down):
                size, after = codes.dc(words, at, one.dc)
                difference = codes.signed(words, after, size)
                old[which] += difference
                end = codes.block_end(words, after + size, one.ac)
                wanted = None if anew is None else anew[which][block]
                value = old[which] if wanted is None else wanted[0]
                if scan.again or wanted is not None or value - new[which] != difference:
                    text = codes.dc_code(value - new[which], one.new_dc)
                    if wanted is not None:
                        text += codes.ac_code(wanted, one.new_ac)
                    elif scan.again:
                        text += codes.said_again(words, after + size, end, one.ac, one.new_ac)
                    out += (bits[copied:at], codes.as_bits(text))
                    copied = after + size if wanted is None and not scan.again else end
                new[which], at = value, end
    if not 0 <= len(bits) - at < 8:
        raise MalformedAsset("a scan that does not end where its blocks do")
    return codes.packed([*out, bits[copied:at]])
