"""Remember frames that were decoded: each box of one asks for it again, and so does whoever looks for what is in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

MOST = 24 << 20  # bytes of samples that are kept, of one image

T = TypeVar("T")
Kind = TypeVar("Kind", bound=np.generic)
_frames: OrderedDict[int, tuple[Any, Any]] = OrderedDict()
_holder: list[Any] = []


def remembered(holder: Any, frame: int, decode: Callable[[], tuple[Any, T]]) -> tuple[Any, T]:
    """Return (samples, what describes them) of a holder's frame; nobody may write into samples that are kept."""
    if not _holder or _holder[0] is not holder:
        _holder[:] = [holder]
        _frames.clear()
    if frame in _frames:
        _frames.move_to_end(frame)
        return _frames[frame]
    made = decode()
    if made[0].nbytes <= MOST:
        made[0].flags.writeable = False
        _frames[frame] = made
        while sum(samples.nbytes for samples, _ in _frames.values()) > MOST:
            _frames.popitem(last=False)
    return made


def owned(samples: NDArray[Kind]) -> NDArray[Kind]:
    """Return samples that the caller may write into: a copy of those that are kept."""
    return samples if samples.flags.writeable else samples.copy()
