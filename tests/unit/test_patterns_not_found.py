"""Clinical sentences that name nobody: eponyms, drugs, scores, doses, vitals, laboratory values, anatomy, devices."""

import pytest

from deid_core.detect.patterns import Patterns
from deid_core.policy import load_policy
from deid_core.ports import TextQuery

SENTENCES = """
BP 120/80, HR 72, RR 16, SpO2 98% on 2 L nasal cannula.
Pain 5/10 at rest and 8/10 with movement.
Strength 4/5 in the left lower extremity, 5/5 elsewhere.
Grade 3/6 systolic ejection murmur at the apex.
Disc herniation at L4/5 and T11/12 without cord compression.
Take 1/2 tab by mouth twice daily for 3 days.
Potassium 3.5-5.0 mmol/L, sodium 135-145.
Vitamin B12 and folate were normal; HbA1c 7.2%.
Visual acuity 20/40 in the right eye and 20/25 in the left.
He smokes 1 pack per day and has a 30 pack-year history.
Parkinson's disease, on carbidopa/levodopa 25/100 three times daily.
A Foley catheter was placed and a Jackson-Pratt drain removed.
Crohn disease with a positive Murphy sign and McBurney tenderness.
Hashimoto thyroiditis and Graves disease run in the family.
Babinski is downgoing and Romberg is negative bilaterally.
Holter monitor showed no atrial fibrillation.
Patient: Presents with cough and fever.
Patient: Denies nausea, vomiting or diarrhea.
Patient: Yes, I took it this morning.
Doctor: How long have you had this pain?
Dr. Recommended rest and fluids.
He smoked for 91 years within a pack; a Christmas tree pattern rash.
It was typed up. Blood was typed and crossmatched; typed on the ward.
The District Court held that the High Court had erred.
The State Police and the Public Prosecutor's Office were told.
Seen by the District Nurse; Social Services and the Fire Department came.
The doctor said to come back in two weeks.
Mother: Diabetes and hypertension.
Father: Died of a stroke.
Brother: CAD and COPD.
Sister with breast cancer.
The mother reports that he is eating well.
Her husband states she snores.
CC: Chest pain for two days.
Attending: to be determined.
Signed by the patient.
Seen by Cardiology and Physical Therapy this morning.
Reviewed by Radiology.
MS exacerbation treated with steroids; MR angiogram was normal.
MR brain without contrast shows no acute infarct.
DR chest: no pneumothorax.
CT of the abdomen and pelvis with IV contrast.
The hospital course was uncomplicated.
She was taken to the Emergency Department.
Follow up in the Cardiology Clinic in two weeks.
Referred to the Pain Clinic and the Wound Care Center.
He lives in a nursing home and uses a walker.
Discharged to home with home health services.
She was diagnosed in 2015 and had surgery in 2018.
History of hypertension since the 1980s.
Symptoms began 3 weeks ago and lasted 10 days.
He may return to work in 2 to 3 weeks.
She may march in place for exercise.
Will follow up in 6 months with repeat labs.
He used to work 12-hour shifts, 5 days a week.
Hemoglobin 10.2, hematocrit 31, platelets 250,000.
WBC 11.5 x 10^3/uL, creatinine 1.2 mg/dL.
INR 2.5 (goal 2.0-3.0), PTT 35.
ICD-10 E11.9 and CPT 99213 were coded.
Gravida 2 para 1-0-0-1 at 34 weeks.
Apgar scores were 8 and 9.
A 7-French sheath and an 18-gauge needle were used.
A 3 x 4 cm mass in the right upper lobe.
Ejection fraction 55-60%, LVIDd 4.8 cm.
Lisinopril 10 mg daily, metformin 500 mg BID, aspirin 81 mg.
Insulin glargine 20 units at bedtime.
Tylenol 650 mg q6h prn; morphine 2-4 mg IV every 4 hours.
Augmentin 875/125 mg for 10 days.
Advair 250/50 one puff twice daily.
D5 1/2 NS at 75 mL/hr.
Temperature 98.6 F, weight 180 lbs, height 5'10".
Glasgow Coma Scale 15; NIH stroke scale 2.
T1 and T2 weighted images; STIR sequence.
C3-C4, C5-6 and L5-S1 facet arthropathy.
BIRADS 2, Bosniak II cyst, TNM T2N0M0.
Gleason 3+4=7 adenocarcinoma.
Factor V Leiden and protein C deficiency.
Epstein-Barr virus and Lyme serology were negative.
COVID-19 and influenza A/B swabs negative.
Software version 2.1.10 was installed.
Firmware v4.2.1.8 on the console.
Ringer's lactate 1000 mL bolus.
Kerley B lines and a Swan-Ganz catheter.
The Patient Health Questionnaire score was 12.
Review of Systems: Negative except as above.
Name of procedure: colonoscopy with biopsy.
Drug name: Metoprolol succinate.
ALLERGIES: Penicillin, Sulfa, Latex.
IMPRESSION: No acute cardiopulmonary process.
HISTORY OF PRESENT ILLNESS: AS ABOVE.
PATIENT DENIES CHEST PAIN OR SHORTNESS OF BREATH.
Non-Hodgkin lymphoma in remission.
Mother: Non-Hodgkin lymphoma.
Range of motion 0-120 degrees.
He ran 3 miles in 25 minutes.
Ratio 3:1, titre 1:160, odds 2/3.
The Mayo stand was draped.
Oxygen at 2-3 L/min; FiO2 0.40.
QTc 440 ms, PR 160 ms, QRS 90 ms.
Calcium 9.1, albumin 4.0, AST 25, ALT 30.
A sum of 1200-1500 kcal per day was advised.
Nurse to call if pain persists.
Time 14:30 on the clock was noted by nobody.
Exercise for 30 minutes at 10:30 am.
Sinus rhythm at 75 with first degree AV block.
""".strip().split("\n")


@pytest.fixture(scope="module")
def patterns() -> Patterns:
    """Make the detector of the shipped policy."""
    return Patterns(load_policy("safe_harbor"))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_names_nobody_yields_nothing(patterns: Patterns, sentence: str) -> None:
    """No rule fires on clinical language alone."""
    assert patterns.find([TextQuery(sentence)]) == [[]]


def test_there_are_eighty_sentences_or_more() -> None:
    """The table is large enough to mean something, and repeats nothing."""
    assert len(set(SENTENCES)) == len(SENTENCES) >= 80
