"""HEIC: read where its decoder is installed, written as PNG without anything else; without it, a reason that helps."""

from __future__ import annotations

import base64
import signal
import sys
from io import BytesIO
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from deid_core import ingest
from deid_core.edit import put
from deid_core.errors import EmptyAsset, LimitExceeded, MalformedAsset, Quarantine, UnsupportedFormat
from deid_core.ingest import image_heif, image_quiet
from deid_core.ingest.image_heif import HeifReader, decoded
from deid_core.keys import ProjectKey
from deid_core.model import PixelBox
from deployments.cli.app import app

KEY = ProjectKey(bytes(32))
# A gradient of 64 x 40 pixels with `CANARY Artist` in its Exif, and the same with a second picture: drawn for this test
# and encoded once by libheif's own program; nothing here can encode HEVC.
ONE = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005uZDn*}000000000XXk=`10000000000aA{+7000000000000000000004sdC7Z2$lO00062"
    "000naWMOmw00000KmaHJ002yBY;R)$0000)KmY>(0RR91000021pom60000000C400ssL3000000003100000000O80{{R300003SpWe500000"
    "001}u002#CX>Mi!000000{{R36=`l}WdZ;I0RRC20BCk&F#rGn02OI&W@Q2Z00002003ulX=DHZ000$fZf0cy000310{{R;cxh$;0002hX>f9I"
    "00029X>en20001UXm(>m0RwOV00000000009`FGC{rLC*01pEo0096PKmiN^|NjGU00093kN^M!000939=ZZRApijYCqe-"
    "M18@KU0|1Z!00RI30{|YNAb|yz>g1-mupj^c0{|cZ00RIaA^-"
    "sZ21EhDbHIrJ000zeb8uw<00000002M$002M$000zeb8uw<00000002M$001Ze000nhX?SS>000032nYxO000_kaBX1#00000000620Rn*n00I"
    "I7ga7~lC~0zKW&i*H000004rFO<X8-"
    "~K0RRC2000hSWOHKx0{{U40ssI3lx<{TbN~PWP$&Vf1o&}${SRC+&c%f#o)rlgd+p@ob&=d7Im_SrXz)j$8|CZB^C)@c!Od?>9@Fpv*SMxMTJw"
    "WM!~ZCFTnlq`qmoA}9|M-1t9OJcnKw){=@WGZ>x(7y$nY%XUK=c_&G}+}-"
    "C4OaX)hPivGprP|2**zwDSv6^phHIHVaj>I?N%4`Gt~_jhtIOH}T6YesL&iF+ShBw_39m@30itxt*h5mkKBKNL~GM-"
    "|+eU1@}+acmComnHL>*>CCOsOWh#}5O2ib?l;+H^fJ55&IPG<edBdyA)V5a!Z%b#>qJmjnF8QwLBl#Mv@r^7HVaEzNU)&2XQb2hpQCL$?fjP<%"
    "r|bjEACX`qkGqOL~EPcnJ6Uzj02@jmRj03wq<j=?9-Z%Pl5RZQ2`y~T+*@7W1mF%HDgjhvB;#g<D=h4=)L*Afw-"
    "y?H~;_u08LE*DgXcg2mk^B5&#1L000311^@s7I{*Rz000gE001Tc0000(K~6zZSs+1jbZK*R00"
)
TWO = base64.b85decode(
    "0000eW^{RQXk}?*00000ZE0pPXk}?*ZE0a<ZE0pPXk}?*ZE0a<00094ZDn*}000000000XXk=`10000000000aA{+700000000000000000000"
    "4sdC7Z2$lO00062000<iWMOmw00000KmaHJ00000KmaHJ004ApY;R)$0000)KmY{*0RR9100003F#rJo00000003+N0ssL3000000003100000"
    "000O80{{R300003od5v<00000001}u1ONa400003)c^qi00000003kF1pom60000000031000O8000O8004JsX>Mi!000001poj56=`l}WdZ;I"
    "0RRC20BCk&F#rGn02OI&W@Q2Z00002003ulX=DHZ000$fZf0cy000310{{R;cxh$;0000LX>Mj^0ssI300aO4Xm(>U000006=`l}WdZ;I000F5"
    "0B3S(WB>pF0gY*Ja&Q0u0byxyV{ZTe0CQ+|V?zN0Z~y=R000000018F0Q~*<_y7P810Vna02n|43<3ZD18@KU0|1Z!00RI30{|Yn0ze@E0RSgL"
    "0RaPW00093kN^M!000939-"
    "ttB1(xdMrn#^n00093AOHXZ03jj(0RRR>0l{;?i2wiq6lrsCWdHyG00000KmY&$KmY&$6lrsCWdHyG00000KmY&$C;$Ke5O8UDX#fBK00RgJ2m"
    "k;8c4&5ELjePD000000000003PrF{Qda&000jIAOHaX7(f9G0ssF4Z~y=U0FVFx0{{R603NymKp_AD04hQO0RwOV00RJ!0009300RIXpdf(-"
    "mg?lDxwsGzFdzT`0{|cZ00RIaA^-"
    "sZ21EhDbHIrJ000zeb8uw<00000002M$002M$000zeb8uw<00000002M$001Ze000nhX?SS>000032nYxO001OuaBX1#00000000C40Rn*n00I"
    "I7ga8Brg$4ix0tbiy001^=a%E-"
    "!00000000hTX>Df!0ssL30RR914r63<V*mpH0RRF3000hTX>Df!1pom61ONa55N%{(bN~PVXea@%6M*$aJ>yluv-<_n-"
    "=`yyY`Fcb)GdRy#9v#>PhLZ0OTI*1K|enKH;2HsjJ7GDr6ZAL=9U}Y2O5S^ivWLxH@hhv!f`@tAa;Beikpn8mdBS05rHY3$O*<K9EkpOjK7|9z"
    "yJUM08LE*DgXcg2mk^B5&#1L000311^@s7I{*Rz000gE001Tc0000(K~6zZSs+1jbZK*R00000U?>5v6M*$aPE^FSV27Z{)j-"
    "Mj*TF*(t9&gnrpW&8?<p&XX|f7`CEFO*uV+kvO!i@*q@V7|p@tjX?8uwnhMPDUV0{E!sa2J!ljWeINV7k4`bVv~NbTR0b!oTD{r"
)


def gradient() -> np.ndarray:
    """Return what was drawn."""
    down, across = np.mgrid[0:40, 0:64]
    return np.dstack([across * 3, down * 5, (across + down) * 2]).astype(np.uint8)


def test_without_the_extra_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is set aside, and the batch goes on."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(UnsupportedFormat, match=r"deidflow\[heic\]"):
        ingest.read(ONE, "IMG_0001.HEIC", "a", KEY)


def test_a_picture_leaves_as_png_and_nothing_else() -> None:
    """The samples that libheif decodes, less those that are covered; no Exif."""
    pytest.importorskip("pi_heif")
    document = ingest.read(ONE, "IMG_0001.HEIC", "a", KEY)
    assert document.media_type == "image/png"
    assert "CANARY" in str(document.part("metadata").value)
    frames = document.part("pixels").value
    assert frames.count == 1
    samples = frames.stored(0)
    assert samples.shape == (40, 64, 3)
    assert np.abs(samples.astype(int) - gradient()).mean() < 3
    edited = put(document, [(PixelBox("pixels", 8, 4, 20, 10), np.zeros((10, 20, 3), np.uint8))])
    written = ingest.write(edited)
    assert b"CANARY" not in written
    with Image.open(BytesIO(written)) as image:
        assert image.format == "PNG"
        assert not image.info
        out = np.asarray(image)
    expected = samples.copy()
    expected[4:14, 8:28] = 0
    assert np.array_equal(out, expected)
    assert HeifReader().write(edited) == written
    again = ingest.read(written, "out.png", "a", KEY)
    assert np.array_equal(again.part("pixels").value.stored(0), expected)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyAsset),
        (TWO, UnsupportedFormat),
        (ONE.replace(b"ftypheic", b"ftypmsf1"), UnsupportedFormat),
        (ONE[:200], MalformedAsset),
        (ONE[:-300], MalformedAsset),
        (ONE[:40] + bytes(len(ONE) - 40), MalformedAsset),
    ],
    ids=["empty", "two pictures", "animated", "cut off in its header", "cut off in its picture", "blank"],
)
def test_what_is_not_one_whole_picture_is_set_aside(data: bytes, error: type[Quarantine]) -> None:
    """Nothing of a file is passed on that nobody looked at."""
    pytest.importorskip("pi_heif")
    with pytest.raises(error):
        HeifReader().read(data, "a", KEY).part("pixels").value.readable(0)


def test_the_command_writes_a_png_and_calls_it_one(
    tmp_path: Path, quick_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under its old name, too, with its suffix behind."""
    pytest.importorskip("pi_heif")
    monkeypatch.setenv("DEIDFLOW_HOME", str(tmp_path / "home"))
    source, out = tmp_path / "IMG_0001.HEIC", tmp_path / "out"
    source.write_bytes(ONE)
    options = ["-o", str(out), "--policy", str(quick_policy), "--keep-names"]
    done = CliRunner().invoke(app, ["deid", str(source), *options])
    assert done.exit_code == 0, done.output
    written = (out / "IMG_0001.HEIC.png").read_bytes()
    assert ingest.media_type(written, "IMG_0001.HEIC.png") == "image/png"
    assert b"CANARY" not in written


def test_a_picture_that_ends_its_decoder_is_set_aside_and_the_next_is_read() -> None:
    """Its process is another one than ours: this one is stopped, and then ended, while it is asked."""
    pytest.importorskip("pi_heif")
    whole = decoded(ONE)[0]
    assert image_heif.CHILD.process is not None
    image_heif.CHILD.process.send_signal(signal.SIGSTOP)
    Timer(0.2, image_heif.CHILD.process.kill).start()
    with pytest.raises(MalformedAsset, match="ended"):
        decoded(ONE)
    assert np.array_equal(decoded(ONE)[0], whole)


def test_a_picture_that_takes_too_long_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason that the release gives."""
    pytest.importorskip("pi_heif")
    monkeypatch.setattr(image_heif, "LONGEST", 0.0)
    with pytest.raises(LimitExceeded, match="took longer"):
        decoded(ONE)


def test_a_picture_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its extent is known before its samples are."""
    pytest.importorskip("pi_heif")
    for module in (image_heif, image_quiet):
        monkeypatch.setattr(module, "MAX_FRAME_PIXELS", 1_000)
    with pytest.raises(LimitExceeded, match="pixels"):
        decoded(ONE)


@pytest.mark.parametrize("seed", range(8))
def test_broken_bytes_are_set_aside_or_read(seed: int) -> None:
    """Forty bytes anywhere are changed; no other error comes, and what is read is whole."""
    pytest.importorskip("pi_heif")
    chance = np.random.default_rng(seed)
    data = bytearray(ONE)
    for at in chance.integers(12, len(data), 40):
        data[at] = chance.integers(256)
    try:
        frames = HeifReader().read(bytes(data), "a", KEY).part("pixels").value
    except Quarantine:
        return
    assert frames.readable(0).ndim == 3


def test_the_name_may_not_claim_another_format() -> None:
    """A HEIC that is called a JPEG is set aside, as any other."""
    assert ingest.media_type(ONE, "IMG_0001.heif") == "image/heic"
    with pytest.raises(Quarantine, match="claims"):
        ingest.media_type(ONE, "IMG_0001.jpg")
