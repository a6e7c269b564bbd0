"""Names glued to words of the trade, in many languages and letters: the name goes, what the study is of stays."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pydicom
import pytest

LETTERS = (
    *("utf-8", "latin-1", "utf-16-le", "iso2022_jp", "gb18030", "euc_kr", "iso8859_5", "iso8859_6", "iso8859_7"),
    *("iso8859_8", "iso8859_9", "tis_620"),
)


@dataclass(frozen=True)
class Planted:
    """Hold a patient's name, the texts in which it stands, what of them goes, and what stays."""

    name: str
    texts: dict[str, str]
    goes: tuple[str, ...]
    stays: tuple[str, ...] = ()
    letters: str | list[str] = "ISO_IR 192"


def texts(study: str = "CT", series: str = "", comments: str = "", protocol: str = "") -> dict[str, str]:
    """Return texts by keyword, those that are none left out."""
    named = {
        "StudyDescription": study,
        "SeriesDescription": series,
        "ImageComments": comments,
        "ProtocolName": protocol,
    }
    return {keyword: text for keyword, text in named.items() if text}


HL7 = (
    "PID|1||MX7391846^^^STV||Quarrington^Ebenezer||19470913|M|||12 Elmhurst Rd^^Dayton^OH^45402||937-555-0143\r"
    "NK1|1|Halloran^Maeve|SPO|||937-555-0143"
)
PLANTED = {
    "german": Planted(
        "Weidenbach^Kurt",
        texts("SchädelWeidenbach", "WEIDENBACHKNIE nativ", "Schädel Kurt Weidenbachs", "THORAX-Weidenbach-BETTLUNGE"),
        ("weidenbach", "kurt"),
        ("Schädel", "KNIE nativ", "THORAX-", "-BETTLUNGE"),
    ),
    "spanish": Planted(
        "García Lorenzana^José María",
        texts("TóraxGarcíaLorenzana", "rodilla_Lorenzana", "Tórax de José María García Lorenzana"),
        ("lorenzana", "josé", "garcía"),
        ("Tórax", "rodilla"),
    ),
    "french": Planted(
        "Dupontel^Hélène",
        texts("IRMgenouDupontel", "IRM genou DUPONTEL H.", "Mme HELENE DUPONTEL", "IRMGENOUDUPONTEL"),
        ("dupontel", "helene"),
        ("IRM genou",),
    ),
    "turkish": Planted(
        "İÇTENER^Işıl", texts("TOMOGRAFI ICTENER", "Içtener Isil", "içtener ışıl IŞIL"), ("ictener", "içtener", "ışıl")
    ),
    "polish": Planted(
        "Łukasiewicz^Łucja", texts("TKGLOWYLukasiewicz", "Lukasiewicz Lucja", "ŁUKASIEWICZ"), ("lukasiewicz", "łukasi")
    ),
    "greek": Planted(
        "Παπαδόπουλος^Νίκος",
        texts("ΑΞΟΝΙΚΗ ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος νικος", "ΠΑΠΑΔΟΠΟΥΛΟΣ ΝΙΚΟΣ"),
        ("παπαδόπουλος", "παπαδοπουλος", "παπαδοπουλοσ"),
    ),
    "russian": Planted(
        "Иванников^Пётр",
        texts("КТ груди ИВАННИКОВ ПЕТР", "Иванникова П.", "груди Иванникову Петру"),
        ("иванников",),
        ("КТ груди",),
    ),
    "chinese": Planted(
        "Zhang^Weiqiang=张^伟强", texts("胸部CT张伟强", comments="患者张伟强 胸部"), ("张伟强",), ("胸部",), "GB18030"
    ),
    "korean": Planted(
        "Hongsook^Gildong=洪^吉洞=홍^길동",
        texts("흉부 홍길동", comments="환자 홍길동 흉부"),
        ("홍길동",),
        ("흉부",),
        ["", "ISO 2022 IR 149"],
    ),
    "japanese": Planted(
        "Yamazakigawa^Taro=山崎川^太郎=ヤマザキ^タロウ",
        texts("CT ヤマザキ", comments="胸部 ヤマザキ タロウ"),
        ("ヤマザキ", "山崎川"),
        ("胸部",),
        ["", "ISO 2022 IR 87"],
    ),
    "arabic": Planted(
        "الخوارزمي^محمد", texts("CT الخوارزمي", comments="المريض محمد الخوارزمي"), ("الخوارزمي",), (), "ISO_IR 127"
    ),
    "hebrew": Planted("רוזנברגר^משה", texts("CT רוזנברגר", comments="משה רוזנברגר"), ("רוזנברגר",), (), "ISO_IR 138"),
    "vietnamese": Planted(
        "Nguyễn^Thị HoàngOanh",
        texts("CT NGUYEN THI HOANGOANH", comments="bn Nguyễn Thị HoàngOanh"),
        ("hoangoanh", "hoàngoanh"),
    ),
    "letters of four alphabets": Planted(
        "Quarringtön^E=小笠原^太郎=иванников",
        texts("CT Quarringtön", comments="小笠原 胸部 Quarringtön\r\nиванников"),
        ("quarringtön", "小笠原", "иванников"),
        ("胸部",),
        ["ISO 2022 IR 100", "ISO 2022 IR 87", "ISO 2022 IR 149", "ISO 2022 IR 144"],
    ),
    "unseen letters": Planted(
        "Quarrington^Ebenezer",
        texts("CHEST Quarr\u00adington", "\ufeffQuarr\u200bington", "Quarr&#105;ngton", "Qu\u0430rringt\u043en CHEST"),
        ("ington", "quarr", "rringt"),
        ("CHEST",),
    ),
    "letters set apart": Planted(
        "Quarrington^Ebenezer",
        texts("CHEST", "CHEST Q.U.A.R.R.I.N.G.T.O.N", "CHEST Q U A R R I N G T O N"),
        ("u a r r", "u.a.r.r"),
        ("CHEST",),
    ),
    "full width": Planted(
        "Quarrington^E",
        texts("CT ＭＸ７３９１８４６", comments="ID ７３９１８４６ ＱＵＡＲＲＩＮＧＴＯＮ"),
        ("７３９１", "ｒｒｉｎ"),
    ),
    "an exporter's JSON": Planted(
        "Müllerhofer^Zoë",
        texts("CHEST M&uuml;llerhofer", comments=json.dumps({"patient": "Müllerhofer Zoë", "text": "CHEST"})),
        ("llerhofer",),
        ("CHEST",),
    ),
    "a message": Planted("Quarrington^Ebenezer", texts("CT", comments=HL7), ("quarr", "halloran", "elmhurst", "0143")),
    "a path": Planted(
        "Quarrington^Ebenezer",
        texts("CT", "mhalloran@stv.org", "\\\\fs01\\quarrington\\ct; C:\\Users\\mhalloran\\Quarrington.dcm"),
        ("quarrington", "halloran"),
    ),
    "letters of two bytes": Planted(
        "Quarrington^E", texts("CT CHEST", comments="\0".join("of Quarrington")), ("q\0u\0a", "quarr")
    ),
    "a patient called as a part of the body": Planted("Hand^Iris", texts("XR HAND LEFT"), (), ("XR HAND LEFT",)),
    "a physician called so": Planted("Doe^Jo", texts("CT HEAD", "CHEST"), (), ("CT HEAD", "CHEST")),
}  # fmt: skip


def shown(output: bytes) -> str:
    """Return an output's texts as a reader decodes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return "\n".join(str(element.value) for element in pydicom.dcmread(BytesIO(output)).iterall())


def is_left(secret: str, output: bytes) -> bool:
    """Say whether a secret stands in an output, in any letters, or as it is shown."""
    low = output.lower()
    for letters in LETTERS:
        try:
            if secret.encode(letters) in low:
                return True
        except UnicodeEncodeError:
            continue
    return secret in shown(output).lower()


@pytest.mark.parametrize("name", PLANTED)
def test_a_name_among_words_goes_and_they_stay(odd: Any, name: str) -> None:
    """The plain way and the fast one, twice."""
    one = PLANTED[name]
    data = odd.a_file(
        None, SpecificCharacterSet=one.letters, PatientName=one.name, ReferringPhysicianName="Head^Walter", **one.texts
    )
    assert not one.goes or any(is_left(secret, data) for secret in one.goes)
    found = odd.outputs(data)
    assert len(found) == 3
    assert [[secret for secret in one.goes if is_left(secret, output)] for output in found] == [[], [], []]
    assert all(word in shown(output) for word in one.stays for output in found)
