"""What the Spanish rules find and leave, situation by situation: each expected span is marked as `{LABEL value}`."""

from __future__ import annotations

import re

import pytest

from deid_core.detect.checks import dni, nass
from deid_core.detect.patterns import Patterns
from deid_core.policy import Policy, load_policy
from deid_core.ports import TextQuery

MARK = re.compile(r"\{([A-Z_]+) ([^{}]*)\}")

PATIENTS = r"""
Paciente: {NAME Ana María López Gómez}
Nombre: {NAME Víctor}.\nApellidos: {NAME Gallardo Alonso}.\nNHC: {MRN 4960926}.
Apellidos: {NAME De la Puebla Ruiz}.
Apellidos: {NAME Cabeza Salud}\n
Nombre y apellidos: {NAME GARCÍA RUIZ, PEDRO}
La paciente {NAME Carmen Ruiz} ingresa por dolor.
D. {NAME Juan Pérez} acude a consulta.
Dña. {NAME María del Mar Soto} firma.
Don {NAME Ignacio Vidal} y doña {NAME Elvira Soto} son los padres.
Sra. {NAME Iglesias}, buenos días.
Estimada Sra. {NAME Quiroga}:
Se llama {NAME Yolanda Prieto}.
{NAME Marta Ibáñez}, de {AGE 94} años, acude a urgencias.
"""

STAFF_AND_RELATIVES = r"""
Valorada por la Dra. {STAFF_NAME Lourdes Vega}.
Dr. {STAFF_NAME Murillo}: pendiente.
Médico: {STAFF_NAME Samir Aboul-hosn Centenero} NºCol: {LICENSE 08 08 36002}.
Médico: {STAFF_NAME Fernando Lado Lóez} NºCol: {LICENSE 06 06 85940}.
Remitido por: {STAFF_NAME Alexander José Finol Muñoz}. {FACILITY Hospital Universitario de Ceuta}
Fdo.: Dr. {STAFF_NAME Enrique Tomé}. Colegiado n.º {LICENSE 284512345}
Vive con su esposa, {RELATIVE_NAME Rosa Martín}.
Su hijo {RELATIVE_NAME Iker} le acompaña.
{RELATIVE_NAME Nuria Sanz} (hija) firma el consentimiento.
"""

DATES_AND_AGES = r"""
Fecha de nacimiento: {DATE_OF_BIRTH 04/07/1967}.
Nacida el {DATE_OF_BIRTH 3 de mayo de 1950}.
Fecha de Ingreso: {DATE 23-10-2016}.
El {DATE 3 de mayo de 2019} ingresó.
El {DATE tres de mayo} ingresó.
Del {DATE 3 al 15 de mayo de 2019} estuvo ingresada.
En {DATE mayo de 2019} fue operada.
Revisión en {DATE mayo 2019}.
Desde {DATE Agosto 06} está bien.
Cita el {DATE lunes 3} a primera hora.
Analítica del {DATE 12/05}: normal.
Cita el {DATE 12-05} por la tarde.
Mujer de {AGE 94} años con disnea.
Edad: {AGE 103}. Sexo: M.
Anciana de {AGE noventa y dos} años.
"""

PLACES = r"""
Domicilio: {ADDRESS C/ Mirasierra, 14, 2 B}.\nLocalidad/ Provincia: {CITY Madrid}.\nCP: {ZIP 28013}.
Domicilio: {ADDRESS C BIZKARRETA, 1. Bajo A}.
Vive en {ADDRESS Calle Mayor 23, 4º B} desde hace años.
{ADDRESS Avda. de la Constitución, s/n}, {ZIP 41003} {CITY Sevilla}
{ADDRESS C/ Lope de Vega 3, bajo der}
Vive en {ADDRESS C/. Piamonte, 7, 3.o B}, {ZIP 28004} {CITY Madrid}
{ADDRESS Avda. Purísima Concepción 6, 1o A}
{ADDRESS Plaza de España 4}
{ADDRESS Pz de Lugo,2}
Facultad. {CITY Valencia} {ZIP 46021}
{CITY Ontañón} {ZIP 39412} {CITY Cantabria}
{ADDRESS Paseo de Gracia nº 92}
Hospital. {ADDRESS Reyes Godos, 19}. {CITY Sevilla}.
Consulta en {ADDRESS Gaspar Aguilar 90}. {ZIP 46017} {CITY Valencia}
Puerto.{ADDRESS C/ Lope de Vega 3, bajo der.} {ZIP 41500} {CITY Utrera}
Natural de {CITY Badajoz}.
Vive en {CITY La Roda}.
Reside en {CITY Pozuelo de Alarcón}.
Trasladado a {CITY Valencia}.
Seguimiento en el {FACILITY Centro de Salud Chantrea}.
Ingresa en la {FACILITY Clínica Sanza}.
Estudió en la {ORGANISATION Universidad de Chile}.
"""

NUMBERS = r"""
DNI {ID 12345678Z}
el documento {ID 12345678-Z} caducó
NIE: {ID X-1234567-L}
Nº historia clínica: {MRN 123456}
NASS: {SSN 36 47656743 36}.
CIP: {HEALTH_PLAN BBBB123456789012}
Episodio: {ENCOUNTER 364526}.
Tlf. {PHONE 609 518571} / Fax {FAX 93 2607982}
Llamar al {PHONE +34 611 222 333}
llamó desde el {PHONE 915 86 75 76}
Fax: {FAX + 34- 963110022} Correo electrónico: {EMAIL mpaz@clinicasur}
E-mail: {EMAIL ana.lopez@correo.es}
Véase {URL www.hospital.es/citas}
"""

AMERICA = r"""
CURP: {ID QEMR880315HJCNSL07}. RFC {ID QEMR880315AB2}.
CC {ID 1.032.448.719} de {CITY Bogotá}
Cédula de extranjería {ID 771204}.
RUT: {ID 9.481.337-K}
RUN {ID 18.402.771-5}  Ficha {MRN 66.120}
CUIL {ID 20-27418553-9}.
Autogenerado {HEALTH_PLAN 7904121QUHUA004}
Documento: {ID 21 millones 340 mil 918}
Dr. {STAFF_NAME Walter Ibáñez} MN {LICENSE 88.214}
Dra. {STAFF_NAME Nélida Orozco}, R.M. {LICENSE 76543/2009}
Céd. Prof. {LICENSE 4871203}
Ingreso No. {ENCOUNTER 2210458}
Informe N° {ENCOUNTER 204-2023-UCI-HRC}
Placa {VEHICLE B7L-530}
Cel. {PHONE 55 4102 7733} / {PHONE 844 310 22 95}
WhatsApp (hija) {PHONE 11 4417-2093}
Fono: {PHONE 9 7741 2050}, anexo {PHONE 418}
Mi número es {PHONE (667) 301-4418}
Anote {PHONE tres once, ocho cero dos, cuarenta y cinco, doce}
Vive en la {ADDRESS Calle 52 # 19-30 apto 301}
{ADDRESS Cra. 11 No. 90-12}, {CITY Bogotá}
{ADDRESS Mz. C Lt. 7, AA.HH. Villa Clara}
{ADDRESS Jr. Cahuide 233}
{ADDRESS calle 8 e/ 51 y 53 n° 714}
{ADDRESS barrio San Cayetano}
Reside en {ADDRESS Lavalleja 1180, PB "3"}.
Obra social: {ORGANISATION Unión Textil}
Trabaja en {ORGANISATION Molinos Arrieta S.A.}
{ORGANISATION Escuela N.º 31}
Apellido paterno: {NAME Xool}  Apellido materno: {NAME Cauich}
Enf. {STAFF_NAME Brenda Salcedo}
R2 {STAFF_NAME Mondragón}
Soy {NAME Estela}, la mamá.
El {DATE 1.º de octubre de 2020} y el {DATE 14-VII-2021}
{DATE marzo 9 de 2019} y {DATE agosto 2/24}
a los {DATE doce días del mes de junio de dos mil veintitrés}
({DATE 04/09}) Estable.
Ingreso: {DATE 24-10}. Fecha: {DATE 28122011}. FUR {DATE 04 / 12 / 2023}
Tels.: {PHONE 55 4102 7733} / {PHONE 844 310 22 95} ({NAME Irma})
N.º petición: {ENCOUNTER 0091-553172}  Contrato: {ID 16.409.112}
Derivado de {FACILITY UMF 17}
Dirección: {ADDRESS Blvd. Zertuche 2210, int. 604}
{ADDRESS Privada Nogal 118, Col. Vista Azul}
Extubado el {DATE 21}.
La cita es el {DATE martes treinta}.
"""

NOBODY = """
Puntuación de Mayo 6. Regla de Wells 3. Barthel 60. Norton 14. Escala de Norton 12.
Plaquetas 98.000, leucocitos 12.400.000 por litro.
Se administran 500 cc de suero. RM de rodilla: normal. MP 12 mg.
Uno, dos o tres comprimidos. De dos a cuatro semanas.
Hematíes 3-5 por campo. El 20 % de los casos.
Grado II-III. Nivel IV 3. Factor VIII 40 %.
Médico: Respire. Enfermera: Espere, por favor. Paciente: Imagínese.
AV OD 0,8 OI 0,6. Puntaje de Mayo 5. Domicilio: sin datos.
Neumonía tratada con Augmentine Plus. HISTORIA CLÍNICA ELECTRÓNICA.
Vive en la casa. Vive en Residencia.
Actividad Física 3 veces. C.C. de tórax.
Col. LDL 120. Int. normal. Casa propia.
Gracias por derivar al paciente. Saludos cordiales.
Ingreso por neumonía. Orden médica. Ficha de alta.
Enfermedad de Parkinson en tratamiento con Sinemet 25/100 mg.
Signo de Murphy negativo. Tiroiditis de Hashimoto. Sonda Foley.
Síndrome de Guillain-Barré tras infección por Campylobacter.
Se pauta Paracetamol 1 g cada 8 horas, c/ 8 h.
Paseo de 30 minutos al día.
H. Pylori negativo. Hospital de Día. Historia Clínica.
Arteria Coronaria Descendente Anterior. Vena Cava Inferior.
Paciente: refiere cefalea desde hace 3 días.
Paciente: Varón con disnea.
Padre: Hipertensión. Madre: Diabetes.
Vitamina D. Se recomienda exposición al sol.
El doctor recomendó reposo. Dr. Recomienda dieta.
TA 120/80, FC 72, Sat 98 %. Plaquetas 12000 y Leucocitos 7400.
Leucocitos 7400, Plaquetas 90 12000 Linfocitos.
Dolor en 1/3 inferior. Nivel L4-L5. Escala 8/10.
Dosis de 500 mg cada 12 h durante 7 días.
Diagnosticado en 2015. Fumador de 20 cigarrillos.
Colesterol 200, HbA1c 7,2 %. Creatinina 1,1.
Juicio Clínico: neumonía. Plan: Antibiótico.
Mujer de 45 años sin antecedentes.
"""


@pytest.fixture(scope="module")
def spanish() -> Patterns:
    """Give the detector of a Spanish policy."""
    policy = load_policy("safe_harbor").model_dump(exclude={"detectors"})
    return Patterns(Policy.model_validate({**policy, "language": "es"}))


def read(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a text without its marks, and where they were."""
    text, gold, at = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[at : match.start()]
        gold.append((len(text), len(text) + len(match[2]), match[1]))
        text, at = text + match[2], match.end()
    return text + marked[at:], gold


def lines(*tables: str) -> list[str]:
    """Return the lines of tables, with their line ends made real."""
    return [line.replace("\\n", "\n") for table in tables for line in table.strip().splitlines()]


@pytest.mark.parametrize(
    "marked", lines(PATIENTS, STAFF_AND_RELATIVES, DATES_AND_AGES, PLACES, NUMBERS, AMERICA), ids=ascii
)
def test_what_identifies_is_found_and_no_more(spanish: Patterns, marked: str) -> None:
    """Each marked value is found whole, under its label, without its cue."""
    text, gold = read(marked)
    found = spanish.find([TextQuery(text)])[0]
    assert [(span.start, span.end, span.entity_type.value) for span in found] == gold


@pytest.mark.parametrize("sentence", lines(NOBODY), ids=ascii)
def test_what_names_nobody_is_left(spanish: Patterns, sentence: str) -> None:
    """Eponyms, drugs, anatomy, doses and headings in capitals are no identifiers; ages under 90 may stay."""
    found = spanish.find([TextQuery(sentence)])[0]
    assert [span for span in found if span.entity_type != "AGE"] == []


@pytest.mark.parametrize(
    ("check", "number", "valid"),
    [
        (dni, "12345678Z", True),
        (dni, "12345678A", False),
        (dni, "12.345.678-Z", True),
        (dni, "X1234567L", True),
        (dni, "Y1234567X", True),
        (dni, "X1234567A", False),
        (dni, "1234567Z", False),
        (dni, "", False),
        (nass, "281234567840", True),
        (nass, "28 12345678 40", True),
        (nass, "281234567841", False),
        (nass, "280123456742", True),
        (nass, "280123456753", False),
        (nass, "28123456784", False),
    ],
)
def test_check_letters_and_digits(check, number: str, valid: bool) -> None:
    """A DNI's letter is its number modulo 23, a social security number's last two digits are modulo 97."""
    assert check(number) is valid
