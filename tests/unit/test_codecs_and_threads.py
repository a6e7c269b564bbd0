"""What is not installed sets an image aside, and what is computes on one thread a process."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom.pixels.decoders import base
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from deid_core.detect import faces
from deid_core.errors import Quarantine, UncertainAsset
from deid_core.extract import presence
from deid_core.extract.rapid import RapidOcr
from deid_core.ingest.dicom_apart import NAME
from deid_core.ingest.dicom_frames import decoder_for

CODECS = (
    RLELossless, JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless,
    JPEGLSNearLossless, JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K,
)  # fmt: skip


@pytest.mark.parametrize("syntax", CODECS, ids=lambda syntax: syntax.name)
def test_a_codec_that_is_not_installed_sets_the_image_aside(syntax: UID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is here; without it nothing is passed that nobody saw."""
    decoder = decoder_for(syntax)
    monkeypatch.setattr(decoder, "_available", {})
    monkeypatch.setattr(decoder, "_unavailable", {NAME: ()})
    with pytest.raises(UncertainAsset, match="no codec is installed"):
        decoder_for(syntax)
    assert UncertainAsset.reason == "uncertain"
    assert issubclass(UncertainAsset, Quarantine)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.7.1"]
)
def test_what_no_codec_here_is_made_for_is_set_aside(syntax: str) -> None:
    """MPEG-2, HEVC, JPEG XL and frames sent by themselves: PS3.6 table A-1."""
    assert UID(syntax) not in base._PIXEL_DATA_DECODERS
    with pytest.raises(UncertainAsset, match="cannot be searched"):
        decoder_for(UID(syntax))


def test_networks_compute_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many workers as cores, each of one thread: more would wait for one another."""
    asked: list[tuple[int, int]] = []
    own = onnxruntime.InferenceSession

    def session(model: Any, options: Any = None, *others: Any, **more: Any) -> Any:
        options = options or more["sess_options"]
        asked.append((options.intra_op_num_threads, options.inter_op_num_threads))
        return own(model, options, *others, **({} if "sess_options" in more else more))

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    presence._network.__wrapped__()
    faces._network.__wrapped__()
    assert asked == [(1, 1)] * 2


def test_the_reader_of_text_computes_on_one_thread() -> None:
    """Its three networks as they are loaded."""
    reader = RapidOcr()
    page = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(page).text((20, 40), "OKONKWO 48213377", fill="black", font=ImageFont.load_default(30))
    assert reader.words(np.asarray(page))  # all are loaded now
    engine: Any = reader._engine
    sessions = [engine.text_det.session, engine.text_cls.session, engine.text_rec.session]
    options = [one.session.get_session_options() for one in sessions]
    assert [(one.intra_op_num_threads, one.inter_op_num_threads) for one in options] == [(1, 1)] * 3
