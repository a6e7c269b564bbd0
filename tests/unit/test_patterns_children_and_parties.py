"""Names by their connectors and by what people are in a case: what must be covered, what must stay."""

import re
from collections.abc import Callable

import pytest

MARK = re.compile(r"\{([^{}]*)\}")

CHILDREN = r"""
Dr {Arvind s/o Muthusamy}, Cardiac Clinic 2.
Seen by {Kavitha a/p Letchumanan} today
Patient: {Rajendran a/l Subramaniam}, 54M
{MUTHU S/O RAMASAMY} attended with his son.
{GEETHA D/O PERUMAL} IC seen
Name: {Harpreet Kaur d/o Balwant Singh}
pt {Selvi d/o Krishnan}, 62F, DM2
{Suresh s/o Late Gopal} r/o village
Patient {Sunita W/O Ramesh Kumar} brought by husband
{Ram Lal S/o Shyam Lal}, 45 yrs
{Ravi S/O. Venkatesh}, OPD
{Lakshmi D/O: Narayanan}
{Kamla Devi, W/O Mohan Lal}, aged 60
Mr {Thiagarajan s/o Veerappan} reviewed
spoke with {Devi a/p Raju} re discharge
{Siva A/L Maniam} wound clean
{Nurul Ain binti Hassan} in labour
{AHMAD BIN ISMAIL} bed 4
{Siti Aminah bte Osman}, 33 yo
{Faridah Bte Yusof} f/u
{Mohd Faizal b. Abdullah} reviewed
{Norhayati bt. Salleh} for scan
Patient {Khalid ibn Saeed} tolerated
{Layla bint Omar} was seen
{Yosef ben Avraham} admitted
{Miriam bat Yaakov} needs kosher diet
{Rhys ap Gwilym} attended
{E. ap Rhys} wrote
Dr {E. ap Rhys}
{Angharad ferch Dafydd} came
{Daniel arap Korir} from triage
Mr {Kipchumba arap Sang}
{Seán Mac Giolla Phádraig} attended
{Máire Nic an Bhaird} phoned
{Sorcha Ní Dhomhnaill} is well
{Bríd Uí Cheallaigh} brought him
Mrs {Uí Cheallaigh} brought him
Dr {Nic Dhonnchadha} r/v
{Aoife Ní Chonaill}, CNM2
{Ahmet oğlu Kaya}
Pt {MEENA D/O SELVAM} c/o pain
{Ali bin Abu Bakar} and {Aminah binti Yusof} consented
Consent by {Dayang Nurfaizah anak Gumis}
{Jugah anak Barieng} attended
{Sukhwinder Singh S/o Sh. Gurdev Singh} r/o farm
{Anita D/o Shri Mohan Das} seen
{Bhagwati W/o Late Sh. Hari Ram} aged 70
Admitted {Puspa a/p Govindasamy}, 71F, from home
HO: pls review {Segaran A/L Muniandy} in bed 12
pt's father {Ganesan s/o Arumugam} consented
{Baljit Singh S/O Kartar Singh} vs insurer
{Meena Kumari D/O Ramesh Chand}, R/O village
Smt. {Kanta Devi W/o Sh. Om Prakash} admitted
IC holder {Chandran S/O Late Velu}
{NORAINI BT HASHIM} G3P2
{Hafiz bin Abdul Rahman} ambulating
{SITI HAJAR BINTI ABDULLAH} EDD noted
{Umm Kulthum bint Jassim} f/u
{Rebecca bat Sarah} prayers
{Moshe ben Yehuda Levi} passed away
{Llinos ferch Owain} and {Gethin ab Owain}
{Cheruiyot arap Bett} seen in OPD
{Dónal Mac an tSaoi} here
{Caitríona Nic Giolla Bhríde}
{Gráinne Uí Mhurchú} c/o cough
Dr. {Lalitha d/o Nair} examined
Name: {VIJAY S/O MUTHU}
NOK: {Rani w/o Selvam}
Patient {Tamil Selvi d/o Sinnappan} fasting
{Unggat anak Jelani}, Sarikei
{Bibi Fatima w/o Abdul Karim} 36y F
S/o: {Mohan Lal}
{JAYA A/P RAMAN} - discharge
Consent signed by {Kumar s/o Pillai}.
- {Anbu a/l Kannan}: for scope
{Yusuf Ibn Tashfin} clinic
""".strip("\n").split("\n")
PARTIES = r"""
{Real Ouellette} v. {Allagash Veneer}
{Grace Pelt} v. {Northmark Stores}
In re {Hope Sumter}
In re {Sumter}
{Young} v. {Page}
{Will Long} vs. {Faith Short}
{Art Bell} v. {Ash}
Re {Hope Sumter}
In the Matter of {Young}
In re Marriage of {Page}
In re Estate of {Rose Field}
{Bond} v. {Bond}
{Rich} v {Poor}
Ex parte {Banks}
{Drew Church}, Plaintiff, v. {Hill}, Defendant
{MK} appeared in person
{TK} is 34. {TK} lives alone.
I visited {TK} at home. {TK} was calm.
{RB} told me that {RB} had fallen.
{JL} gave evidence. {JL} said he was afraid.
I spoke to {NB} on the phone
I met {PQ} with her solicitor
{K.L.} v. {M.N.}
{JT} appealed against the decision
We saw {GW} with his mother
I assessed {TK} on the ward. {TK}'s mood was low.
{BN} did not attend. {BN} was represented by counsel.
{TK}'s mother said he was well
{WR} was removed from his parents
Mr {Justice Sharp}
Re {W} (A Minor)
Re {MN} (Adult)
R v {Cross}
R v {Hope}
{Black} v. {White}
{Charity Woods} vs {Summit Rail}
Before {Justice Stone}
In re {M.R.}
{Frank Hunter} v. {Dale}
{Summer Reed} v {Brightwater Care Ltd}
{Pelham} v {Pelham}
{Holly Wood} vs {Metro Transit}
State v. {Gunn}
People v. {Rose}
R v {Stone}
In re {Ivy Flood}
In re Guardianship of {Dean}
Ex parte {Winter}
Re {KB} (A Child)
Re {Paige Turner}
{JK} v {MB}
{KL} told the court that {KL} feared him
{MW}'s mother attended
we met {JB} with her advocate
{DK} testified that
{JB} consented
{YK} did not attend
I spoke to {FW}.
{GK} said that she felt unsafe
{FB} alleged that
{BW}'s social worker
{Green}, Plaintiff, v. {Marsh}
{LOUELLA STARK} v. {TARN MILLS}
""".strip("\n").split("\n")
LEFT = r"""
Pt c/o chest pain w/o radiation
chest pain w/o SOB. headache w/o fever
Fracture w/o Displacement. CT Head w/o Contrast
MRI Brain W/O Contrast performed
CT Abdomen W/O IV Contrast
s/p CABG, s/o infection
findings s/o Pneumonia. Features s/o Tuberculosis
USG s/o Fatty Liver
CXR s/o Consolidation
MRI s/o Demyelination
r/o MI, d/o admission
D/O Birth: not stated
Mood d/o NOS. Anxiety d/o, Bipolar d/o Type 2
Bleeding d/o. Seizure d/o Unspecified
Normal a/p view; AP/lateral chest
a/p: continue. A/P Assessment and plan
BP checked a/l limb
stool in bin; Sharps bin emptied; Bin Day
Clinical waste bin 3
Bat bite. Bat rabies exposure
Big Ben chimes
ap view of chest, AP Chest film
Ab initio; Anti-HBs Ab negative, HCV Ab reactive
CT Thorax s/o Sarcoidosis
Bipolar d/o I, Depression
DC w/o Meds; Left w/o Being Seen
HTN w/o Mention of CKD
Diabetes Mellitus w/o Complication
Van der Waals forces; von Willebrand disease
de la Cruz sign none; De Quervain's tenosynovitis
Nic. patch 21 mg; Nicotine
C/O Pain, C/O Fever, C/O Cough
Home c/o Daughter's flat
Rash s/o Varicella. Lesion s/o Melanoma
X-ray s/o Perthes. Biopsy s/o Hodgkin Lymphoma
ECG s/o Wolff-Parkinson-White
Clinical picture s/o Guillain-Barre
Known Epilepsy w/o Aura; Migraine w/o Aura
Type 2 DM w/o Retinopathy
Kidney Stone w/o Hydronephrosis
CTA Chest W/O And W/ Contrast
History s/o Kawasaki disease
Adjustment D/O With Anxiety
Panic D/O W/O Agoraphobia
Chest AP Portable, Pelvis AP Lateral
Portable AP Chest X-ray; Supine AP Abdomen
Rh Ab Screen; Anti-TPO Ab Positive; HBs Ab Reactive
Hepatitis B Surface; Vitamin B Complex; Amphotericin b. Stop
Stool sample in Bin Two; Yellow Bin Lid
Gentle Ben therapy dog
Vampire Bat exposure
Group B Strep; Hep b. Given today
Put in bin Yellow
GERD s/o Barrett; Echo s/o Ebstein
USG Abdomen s/o Cholelithiasis
MRI Spine s/o Potts
Under MAC Sedation with Propofol
NIC Patch; Nicu Discharge
Status w/o Change
Normal w/o Murmur
left v. right; CT v. MRI; benign v malignant
RCA v LAD; CPAP v BiPAP; PO v IV
Viral v Bacterial pneumonia
Crohn v UC; Benign v. Malignant
Sepsis v SIRS. Asthma vs COPD
Young v. old patients
In re diet: advised
Re diet. Re Bloods: chase
BP is 34. HR is 88
EF is 34. CK is 340
I visited ICU. I visited A&E
I spoke to PT on the phone
I met OT with her
We saw AF with RVR
PE denies; PT said
I assessed ROM on the ward
CT was removed. NG was removed. IV was removed
JVP was low. ECG gave evidence of
NG appeared in place
GI did not attend. PT did not attend
OT lives nearby
MRI appeared normal
CT gave evidence of a mass
TK inhibitor; TK levels
TV is on
ED denies
I saw GP
Grade II v. III; Stage I v II
C v D
Type A v B
Warfarin v. Apixaban
Real time; Grace period; Hope this helps
Treatment v. control group
Male v. Female patients
Aspirin v. Placebo
Left v. Right kidney
Open v Laparoscopic, n=40
Medical v. Surgical management
Early v. Late treatment
Lithium v. Valproate
Adult v. Paediatric
Stage IV v. V
Lead V vs II. V v VI
Bell's palsy vs Stroke
Wegener vs Churg-Strauss
Gram-positive v Gram-negative
MRI v. CT. PET v SPECT
Home v. SNF
Hospice vs Rehab
Cold v. Flu
Sex: M v F
White v. Black patients
Weber C v B
Propofol v Ketamine for sedation
Brown v. Green sputum
Gold 2 v. Gold 3
HF is 34. EF is 45. RR is 22. BG is 94.
HR was taken into account
PT told that; OT said that she
CT was born
LFT denied; RN said she would
Hb is 34. Na is 34
ACS denied by ECG
MRI has a history
NG was removed. PICC was removed. JP was removed.
DVT was removed
I assessed ROM. I assessed CN II
I spoke to GP. I spoke to MDT.
We met MDT with her
We saw ST in lead II
I met SW at home
PCP's wife; CNA's son; GP's case
ICU's case. ED's case
UTI is the child; SOB is his main
DNR has capacity
In re diet. Re: Labs. Re Bloods
Re Physio: continue\nRe Meds: stop
In re the above
Re Admission
Police v. quickly
""".strip("\n").split("\n")


@pytest.mark.parametrize("row", CHILDREN + PARTIES)
def test_names_are_covered_whole(row: str, leaked: Callable[[str, re.Pattern[str]], list[str]]) -> None:
    """A child's name goes with its parent's and what is between them, a party with its given name."""
    assert not leaked(row, MARK)


@pytest.mark.parametrize("row", LEFT)
def test_what_looks_alike_stays(row: str, taken: Callable[[str], list[str]]) -> None:
    """What suggests an illness, what is without something, disorders and comparisons name nobody."""
    assert not taken(row.replace("\\n", "\n"))
