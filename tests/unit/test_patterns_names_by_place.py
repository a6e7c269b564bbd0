"""Contacts, eponyms that are people, names in files, and families of two letters; what looks alike."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([^{}]*)\}")

CONTACTS = r"""
In emergency notify  {Colm Wray}  {808-555-0142}
ICE: {Colm Wray}
ICE {Colm Wray} {07700 900143}
I.C.E. {Wray} (brother) {07700 900143}
NOK {Colm Wray} bro {07700900143}
N.O.K. - {Ade Bankole}
Contact person: {Shirin Daftari}
Contact person {Shirin Daftari}, sister
Notify {Shirin Daftari} on arrival
Person to notify: {Shirin Daftari}
Person to contact in case of emergency: {Bao Trinh}
In case of emergency call {Bao Trinh} {206-555-0199}
In case of emergency, contact {Bao}
Emergency contact {Bao Trinh} (husband)
Emerg contact - {Bao Trinh}
emergency contacts: {Bao Trinh}, {Linh Trinh}
Emergency Notification: {Pell, Orla}
prescribed zolpidem to {Osgood}
gave morphine to {Osgood} at 4
dispensed 28 tabs to {Osgood}
administered naloxone to {Trinh}
[09:14] {dwayne}: can you check bloods
@{keisha} pls review
Next of kin {Ewa Nowicka} (córka)
Next-of-kin: {Ewa Nowicka}
In an emergency please ring {Ewa}
Keyholder: {Ewa Nowicka}
Alternate contact: {P. Nowicki}
Responsible party: {Nowicka, Ewa}
Guarantor: {Nowicka, Ewa}
Informant: {Ewa} (dtr)
ICE - {Hana Sato} {555-0139}
Notify: {Hana Sato}
In case of emergency notify {Hana Sato}, wife
Person to be notified in emergency: {Hana Sato}
Contact Person: {Hana Sato}
Emergency contact: {Hana Sato}
emergency contact person {Hana Sato}
Keyholder - {Hana Sato}
Responsible Party: {Hana Sato}
Guarantor: {Sato, Hana}
N.O.K {Hana Sato}
dispensed codeine to {Paget}
prescribed zopiclone 7.5mg to {Colles}
gave narcan to {Hana} at 3
administered insulin to Mr {Sato}
""".strip("\n").split("\n")
SHORT = r"""
Mrs {Ng} came in. {Ng} was seen by OT.
Mr {Ho} is well. {Ho} denies pain. d/c {Ho} tomorrow
Dr {Vu} reviewed. {Vu} agrees.
Ms {Lo} has pain. {Lo} takes ibuprofen. Advised {Lo} to rest.
Pt: {Wu, Jing}. {Wu} ambulated.
Mr. {Li} was admitted. {Li}'s wife called.
Dr. {Yu} to see. Per {Yu}, hold heparin.
Mrs {Oh} fell. Daughter says {Oh} was fine
Mr {Le} reports cough. {Le} is febrile.
Mr {Xu} seen. Plan d/w {Xu}.
Ms {Ma} seen. {Ma} reports fatigue.
Mr {Do} seen. {Do} reports fatigue.
Mr {An} seen. Spoke with {An}.
Mr {Fu} stable. Transfer {Fu} to rehab.
Ms {Ye} called. {Ye} will return.
Dr {Qi} on call. Ask {Qi} re abx.
Nurse {Ba} took bloods. {Ba} documented.
Mr {Bo Ek} was seen. {Ek} tolerates diet.
Mr {Py} came. {Py} left.
Prof {Hu} wrote. {Hu} suggests MRI
""".strip("\n").split("\n")
EPONYMS = r"""
{Crohn-Levy} / renal fellow
Mr {Parkinson} attended
daughter {Colles} phoned
Mrs {Hodgkin} is 64
Dr {Graves} will see
Patient: {Addison, Paul}
Name: {Wilson}
{Parkinson} / ortho SHO
{Alzheimer-Diaz}, MD
Ms. {Barrett} tolerated
referred by Dr {Cushing}
Mr {Whipple}'s wife
wife {Paget} called
Attending: {Hartmann}
{Kocher} / anaes
cc: Dr {Crohn}
his neighbour {Reye} found him
Miss {Turner} here
{GRAVES, ELLEN}
Mr {Lewy} reviewed
brother {Lynch} has polyps
Mr and Mrs {Marfan}
Prof {Ehlers} reviewed
Dear Mr {Wegener}
Hi {Bright},
sister {Lynch} consented
{Wilson-Graves}, SHO
spoke to Mrs {Paget}
""".strip("\n").split("\n")
FILES = r"""
see {szabo_f}/ct.zip
//share/tb/{2024-01-17}/{szabo_f}
{IBO_191021}_v3_final.docx
Scan_{OKAFOR_J}.pdf
{smith-john}-mri.dcm
attached: {Okafor_James}_discharge.pdf
C:\Users\{jokafor}\Desktop\letter.doc
/home/{szabo}/data
/Users/{mtrinh}/Documents/x.pdf
file {TRINH_BAO}_CT_chest.dcm
{nowicka}.ewa.consent.pdf
consent_{ewa_nowicka}.pdf
ct_{szabo}_{ferenc}.nii.gz
{SZABO^FERENC}.dcm
uploads/{okafor-j}/xray.png
gs://trial/{SZABO_F}/visit2.csv
{J_Okafor}_ECG.xml
/mnt/scans/{haverford_t}/
Scan {HAVERFORD_T}.pdf
{haverford_t}_ct.zip
{haverford-tess}-xray.png
letter_{tess}_{haverford}.docx
{TH_190321}.pdf
{THB-20190321}_v2.docx
data\{haverford_t}\mri.nii
{Haverford_T}_ECG.xml
ECG_{T_Haverford}.pdf
report.{haverford.t}.pdf
""".strip("\n").split("\n")
LEFT = r"""
ICE: ideas, concerns, expectations
ICE 20 min. Ice pack
RICE: rest, ice
NOK aware. NOK informed. NOK: none
NOK: not known
Contact precautions. Contact dermatitis
Contact person: none
Notify MD if temp > 38. Notify Provider. Notify Rapid Response
Notify RN. Notify Charge Nurse
Person to notify: unknown
In case of emergency call 911
In case of emergency, contact the ward
In emergency use inhaler
Emergency contact: declined
call my neighbour if needed
call my gp. call my mum
ring my sister later
my daughter will pick up
my daughter lives nearby
my son says hello
ask my son about it
prescribed zolpidem to help sleep
prescribed zolpidem to Patient
gave morphine to effect; gave morphine to Control pain
dispensed 28 tabs to Ward
administered naloxone to good effect
Apples\nPears\nplums\nGrapes
Paracetamol\nIbuprofen\naspirin\nCodeine
hi its me again
its hot here
this is painful from yesterday
thanks again. thanks for that
hey there can u help
ok will do. ok thanks
cheers mate
love you x
ask for help on reception
speak to someone in billing
my name is on the list
im called in for tests
i'm tired. i'm diabetic by the way
Call Bell first, then Ring
Call Light within reach
Guarantor: Self
Informant: patient
Lives with Parents, who cook
Present: Fever, Cough, rash
Keyholder: none
Next of kin informed
ask my doctor. text my pharmacy when done
nurse: can you check bloods
Notify Rapid Response Team. Notify Dr if BP low
Notify Primary Team. Notify Attending MD
Contact person aware. Contact Person: Unknown
Emergency Department. Emergency Medicine. Emergency Contact: None
Emergency C-section. Emergency Surgery. emergency Call Light
Emergency Laparotomy; Emergency Caesarean; Emergency Airway
Emergency Notify On-Call
Guarantor: Medicare. Responsible party: Self
NOK Informed. NOK Aware. NOK Daughter
ICE Applied. ICE Pack. ICE Machine
Third party: Insurance
gave fluids to Maintain MAP. gave advice to Patient
gave report to Nurse. gave report to ICU RN
issued note to Employer
gave meds to Family
injected contrast to Visualise
supplied crutches to Patient
gave birth to Twins; gave birth to Female infant
issued fit note to School
Work party\nParty: Defendant
""".strip("\n").split("\n")
LEFT_FILES = r"""
see chest_ct.zip
//share/tb/results/raw_f
report_v3_final.docx
Scan_KNEE_L.pdf
knee-left-mri.dcm
C:\Users\Public\Desktop\letter.doc
/home/user/data
/usr/local/bin/python
brain_t1_axial.nii.gz
sub-01_T1w.nii.gz
sub-control_T1w.nii.gz
/data/pacs/series1/img001.dcm
consent_form.pdf
template_letter_gp.docx
Discharge_Summary.pdf
CT_CHEST_WO.pdf
MRI-BRAIN-W.pdf
Fig_S2.png
Report_final_v2.pdf
readme.txt
ECG-LEAD-II.xml
s3://bucket/train/echo.avi
uploads/tmp/xray.png
voicemail_new.mp3
Table_A.xlsx
Flow_Chart_B.docx
SOP_Infection_Control.pdf
protocol_v2_final.docx
T2_FLAIR_AX.dcm
left_knee_l.jpg
HbA1c_results_m.csv
wound_f.jpg
main.py; setup.py; config.toml
foo_b.txt
NEWS2_chart_A.pdf
knee_mri_report.pdf
ct_head_wo_contrast.dcm
MRI_190321.dcm
XR_20190321.png
data/raw/file_a.csv
data/processed/cohort_b.csv
share/templates/letter_v2.docx
model_weights_v3.zip
resnet_a.zip; bert_b.zip
vit_l.zip
scan_a.pdf
figure_s.png
T1_mprage.nii
dwi_b1000.nii
ecg_lead_v.xml
group_b_results.csv
arm_a.csv
ward_b.xlsx
rota_n.xlsx
policy_hr.pdf
uploads/img_0021.jpg
bucket/config.json
lipid_panel.pdf
hip_l.jpg; femur_r.jpg; spine_c.jpg
metformin_x.pdf
""".strip("\n").split("\n")
SHORT_LEFT = [
    ("Mrs Ng came in. NG tube placed. Ng tube out.", ["Ng"]),
    ("Ms Lo has pain. Lo dose CT. Lo-dose aspirin", ["Lo"]),
    ("Mr Do seen. Do not resuscitate. Do daily weights. DO, FACP", ["Do"]),
    ("Mr An seen. An MRI was done. An echo is due.", ["An"]),
    ("Dr Le seen. LE edema. Le Fort I fracture", ["Le"]),
    ("Mr Li was admitted. Li level 0.8. Li 0.8", ["Li"]),
    ("Mr So well. So we went. So far so good.", ["So"]),
    ("Mrs Oh fell. Oh dear, she said. Oh no.", ["Oh"]),
    ("Asked the Dr. He said no. The Dr. In clinic.", []),
]


@pytest.mark.parametrize("row", CONTACTS + SHORT + EPONYMS)
def test_names_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """Who is to be told, an eponym in a person's place, and a short name wherever it stands again."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", FILES)
def test_names_in_files_are_covered(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """A family with an initial in a file's or folder's name is somebody; backslashes are signs there."""
    assert not leaked(row.replace("\\n", "\\ n"), MARK)


@pytest.mark.parametrize("row", LEFT + LEFT_FILES)
def test_what_looks_alike_stays(row: str, taken: Callable[[str], list[str]]) -> None:
    """Suggestions, disorders, comparisons, services and words of computing name nobody."""
    assert not taken(row if "\\" in row and ":\\" in row else row.replace("\\n", "\n"))


@pytest.mark.parametrize(("text", "expected"), SHORT_LEFT)
def test_a_word_of_two_letters_is_a_name_by_what_stands_beside_it(
    text: str, expected: list[str], taken: Callable[[str], list[str]]
) -> None:
    """The name behind its title is found, and not the word, dose, tube or bone that is written alike."""
    assert taken(text) == expected
