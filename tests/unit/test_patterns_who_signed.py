"""Who signs, gives and dictates by initials, in rows, columns and at ends of lines; what looks alike."""

import re
from collections.abc import Callable

import pytest

from deid_core.detect.names_spelt import with_spelt
from deid_core.entities import EntityType
from deid_core.model import Span

MARK = re.compile(r"\{([^{}]*)\}")

SIGNED = r"""
Settled overnight. - {lw}, rn
Bloods chased. {Chow HM} for Dr. {Fung}
{HM Chow}, HO
{Tan WL}, MO
Plan as above.\n{KS Lim} HO
dict. by {PJR}, typed {kw}
Dictated: {PJR} Typed: {kw}
dictated by {PJR}/typed by {kw}
Dict: {ABT}  Trans: {lmq}
12 {mcd} 18 {mcd}
given 08 {kt} 14 {kt} 20 {mv}
Given by: 0600 {rk}, 1200 {rk}, 1800 {pw}
no new issues\n-{kb}, RN
All obs stable. {CMcD} RN
D/W family. {Okeke}/ surgical SHO
F/up 6/52.  {Ferreira}/ Intern
ADLs done. {T.O.} CNA
T/O read back. {LPK} RN
reviewed by {mj} / {dc}
Entered by {tlm} 0930
note by {gr}
s/b {JR} (reg)
Attending: {Kuo} / Fellow: {Rai}
Reviewed labs. ~{bh}, LPN
Pain 3/10 after meds. --{KLB} RN
Wound check done by {kfb}
IV sited by {JOB}
Bloods taken by {eak} at 0715
Meds given by {GWF}, checked by {TJK}
given by: {EB-S}
catheter changed by {RdS}
note by {mwk}
dictated by {MFW}, typed {ajk}
Dict: {HWB}/Typed: {cjr}
Dict. {HWB} / typ. {cjr}
06 {kmb} 12 {kmb} 18 {fjo}
Given by: 0800 {BWE}; 1400 {BWE}
Turned: 0200 {jf} 0400 {jf} 0600 {kb}
{Lau TY} for Prof {Chung}
{YM Goh} MO
s/w {JTK} (reg), happy
d/w {PWO} SpR
{Zhang}/ortho reg
{O'Hare} / gen surg SHO
{Vasquez-Lind} / cardiology fellow
Initialled {KWB}
Time: 0800 Init: {KWB}
{KWB} RN
Signature: {K. W. Brandt} RN
""".strip("\n").split("\n")
FIELDS = r"""
Time | Drug | Initials\n0800 | Paracetamol 1 g | {EB-S}\n1200 | Ibuprofen 400 mg | {HN}\n1800 | Paracetamol 1 g | {RdS}
Date | Dose | Init.\n03/04/2024 | 5 mg | {W.J.T}\n04/04/2024 | 5 mg | {W.J.T.}
Time  Obs done  Sign\n0600  yes  {McK}\n1000  yes  {O'N}
Time | Fluid | Given by | Checked by\n09:00 | NaCl 1 L | {AB} | {CD}\n17:00 | Hartmann 1 L | {TMcG} | {J-PL}
Site | Subject | Pt init\n01 | 004 | {JMK}\n02 | 007 | {A-T}
Pt init: {J-K}
Pt initials: {KLM}
Subject initials: {R-T}
Patient Initials  {RMT}
Init: {EB-S}
Initials: {W.J.T}
Initials: {RdS}
Initials: {McK}
Nurse initials: {dF}
Sign: {O'N}
Given by: {HN}
Given by: {EB-S}
Given by: {mcd}
Given by {HN} at 0600
Checked by: {RdS}
Checked by {PL}
Witnessed by: {A.K.}
Administered by: {JvK}
2nd checker: {LvB}
Second check: {TW}
1st nurse: {AW}  2nd nurse: {BX}
Prepared by: {KO}
Drawn by: {SLK}
Collected by: {mjp}
Counter-sign: {DB}
Countersigned: {DB}
Checked/Given: {AB}/{CD}
Given/checked {AB} / {CD}
Signed: {EB-S}   Date: 3 May
Sig: {J.McK.}
Sign.: {hn}
Operator init. {RdS}
Tech init: {QZ}
INITIALS: {T.A.O.}
Nurse Sign/Init: {FW}
Rater initials: {M-C}
Assessor: {HN}
Reviewer: {KLD}
Verified by: {KOD}
Scanned by: {rw}
Coded by: {lbn}
Time | Rate | By\n0800 | 80 ml/h | {EBS}\n0900 | 80 ml/h | {RdS}
Drug;Dose;Given;Initials\nGTN;400 mcg;10:00;{JOC}\nASA;300 mg;10:05;{D'A}
""".strip("\n").split("\n")
ENDED = r"""
Wound clean, dressing changed. {ERH} / asst {Bri}
Op note dict. {MCD} / {Tully}
Discharged home. /{jkl}
seen and d/w reg. /{MK}
No concerns. --{mt}
No concerns. ~{jw}
{MCD}/{kt}
{PJR:kw}
{MacNeice}/{bw}
Tolerated diet.\n/{kmp}
Plan: d/c in AM. -{JRT}
Dressing intact. [{TWH}]
Family updated.\n- {jkb} 0415
No acute events overnight.\n{DKP}/{mws}
Continue abx.\n{HJK}:{pl}
Follow up in 2 weeks.\n\n{RTD}/{ksm}
Op note.\n{GHM} / asst {Lorcan}
{S Achebe}/{jm}
{Hurley}/{cd}
""".strip("\n").split("\n")
LEFT = r"""
12 mcg 18 mcg; 10 mg 20 mg
08 hrs 14 hrs; 06 am 12 pm
TQ Dr X
Plan as above. /end
Pt NPO. /hr
HR 88 /min; 12 /day
BP 120/80 / HR 72
- po, iv
- rn to call
- bd, prn
no concerns. --end
Dressing changed. MRSA / ESBL
Wound / drain
Abd SNT / BS +
No N/V. PT / OT
Lungs CTAB / RRR
see MAR - prn
Seen by PT / OT
s/b OT. sb PT
Signed off. Signed out AMA 14:30
Given 08 mg 14 ml
typed and crossmatched
d/w ICU (ortho), GI
Repeat CBC / BMP
8 am 2 pm 8 pm
10 tab 20 tab
Continue abx. IV / PO
home with HH. RN / aide
reviewed by PT / OT
entered by MD
note by RN
Handed over to ICU. NPO
Regards diet
K 4.1 / Na 138
CXR clear\nEKG
Stable.\nNPO
Normal.\nEOM
Plan:\n-NSAID
- cbc, bmp
- ct, mri
12 hr 18 hr
Meds:\n- asa\n- bb\n- acei
PMH:\n- htn\n- dm\n- ckd
Allergies:\n- pcn\n- nsaid
Allergies: pcn / sulfa
- aki\n- uti
Continue current mgmt.\n- ivf\n- abx
Rx: amox 500 mg / tid
BP 140/90. HR 80. RR 16.\n-ve
Reflexes 2+. +/-
Plan: PT/OT. SLP/RD
Pulses 2+. DP/PT
cultures pending. BCx / UCx
Resp: CTAB. CV: RRR
Abdomen soft. NT/ND
Neuro intact. A/O
stable. w/c
q4h PRN. /prn
Cardiac: S1/S2
Normal. -EKG
Impression.\n- DVT\n- PE
Strength 5/5. UE / LE
Feeding by ngt. Given by peg
Intubated by EMS
Seen by GI at 0900
Given by EMT
Administered by mask
Inserted by IR
checked by ABG
reviewed by ID, GI
Performed by CT
Taken by mouth. Taken by him
changed by 2 mg
Drawn by lab
completed by EOD
0600 IV 1200 IV
08 bpm 12 bpm
06 hrs 12 hrs 18 hrs
01 tsp 02 tsp
20 mmHg 24 mmHg; 12 cmH 12 cmH
10 sec 12 sec; 15 rep 12 rep
12 wks 14 wks
Sodium 10 meq 20 meq
Abx. Levo / Flagyl
Allergy. Penicillin / rash
Stable.\nWarfarin / inr
Discussed.\nHospice / dnr
Rate 88.\nRhythm / reg
Lungs clear / heart reg
Pulse reg / resp easy
Irreg / reg
Medical / surgical consultant
Ward / on-call registrar
Nurse / resident ratio
Cardiology / attending
Trauma / attending aware
Patient / resident agrees
Time | Drug | Initials\n0800 | Paracetamol 1 g | n/a\n1200 | Ibuprofen 400 mg | held
Date | Dose | Init.\n | 5 mg | N/A\n | 5 mg | DNA
Given by: PO
Given by: IV
Given by IV at 0600
Given by IM route
Checked by: n/a
Checked by RN
Sign: +ve
Sign: Kernig negative
Signs: Murphy -ve
Init: 80 ml/h
Initials: none
Initial: BP 120/80
Initial dose 5 mg
Second check: done
2nd check due
2nd check OK
Reviewer: none
QC by: lot
Collected by: lab
Drawn by: lab
Prepared by: pharmacy
Verified by: EMR
Assessor: OT
Time | Rate | By\n0800 | 80 ml/h | IV\n0900 | 80 ml/h | PO
Time  Obs done  Sign\n0600  yes  OK\n1000  yes  n/a
Scanned by: CT
Signed: yes
Checked/Given: PO/IV
Sig: 1 tab po bid
Sig: take one tab
Sig: T-tube care
Given by: G-tube
Given by: J-tube
Given by: PEG
Given by: NGT
Given by: IV-PB
""".strip("\n").split("\n")
LISTS = [
    ("Imogen / Paolo / wee kiat / Tadashi", ["Imogen", "Paolo", "Tadashi"], ["wee kiat"]),
    ("Imogen\nPaolo\nlukasz\nTadashi", ["Imogen", "Paolo", "Tadashi"], ["lukasz"]),
    ("Imogen, Paolo, lukasz, Tadashi", ["Imogen", "Paolo", "Tadashi"], ["lukasz"]),
    ("Imogen\nPaolo\nwee kiat\nTadashi", ["Imogen", "Paolo", "kiat", "Tadashi"], ["wee kiat"]),
    ("Imogen, Paolo, aspirin, Tadashi", ["Imogen", "Paolo", "Tadashi"], []),
    ("Imogen, diabetic, Paolo", ["Imogen", "Paolo"], []),
]


@pytest.mark.parametrize("row", SIGNED + FIELDS)
def test_initials_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Letters of who did, gave, checked or signed are somebody's, with their signs and in every case."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", ENDED)
def test_letters_that_end_a_line_say_who_wrote_it(row: str) -> None:
    """Behind a sentence, a dash, a stroke or in brackets the letters and the names beside them are found."""
    row = row.replace("\\n", "\n")
    text = MARK.sub(r"\1", row)
    held = {place for span in with_spelt(text, []) for place in range(span.start, span.end)}
    shift = 0
    for match in MARK.finditer(row):
        start = match.start() - shift
        assert all(place in held for place in range(start, start + len(match[1])) if text[place].isalnum())
        shift += 2


@pytest.mark.parametrize("row", LEFT)
def test_units_routes_and_orders_stay(row: str, taken: Callable[[str], list[str]]) -> None:
    """Units, ways to give, services and abbreviations in the same places are nobody's initials."""
    text = row.replace("\\n", "\n")
    assert not taken(text)
    assert not with_spelt(text, [])


@pytest.mark.parametrize(("text", "names", "more"), LISTS)
def test_a_name_in_small_letters_among_names_of_a_list_is_found(text: str, names: list[str], more: list[str]) -> None:
    """An item between found names is a name too, unless it is a common word or of the trade."""
    given = [Span(at, at + len(name), EntityType.NAME, 0.9, "ner") for name in names for at in [text.index(name)]]
    found = [text[span.start : span.end] for span in with_spelt(text, given)]
    assert [value for value in found if value not in names] == more
