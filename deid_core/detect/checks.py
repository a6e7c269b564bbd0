"""Check digits and ranges: which numbers can be what they look like.

Every function takes the text of a number, ignores what separates its digits, and never raises.
"""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address

SEPARATORS = str.maketrans("", "", " -./\t\u00a0\u00b7\u2010\u2011\u2012\u2013")
VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)  # 49 CFR 565.15(c)
VIN_LENGTH, CARD_LENGTHS, NPI_LENGTH, SSN_LENGTH = 17, range(12, 20), 10, 9
# Letters that an MBI uses; S L O I B Z are left out. CMS, "Understanding the MBI format" (2017).
MBI_LETTERS, MBI_SHAPE = frozenset("ACDEFGHJKMNPQRTUVWXY"), "1CX9CX9CC99"
CARD_PREFIXES = (
    "4",
    *map(str, range(51, 56)),
    *map(str, range(2221, 2721)),
    "30",
    "35",
    "36",
    "38",
    "50",
    "56",
    "57",
    "58",
    "6",
)
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
AMEX = ("34", "37", "1800", "2131")  # fifteen digits are American Express or an old JCB; others are an IMEI
FIRST_YEAR, LAST_YEAR = 1800, 2099


def bare(text: str) -> str:
    """Return a number without separators, in capitals."""
    return text.translate(SEPARATORS).upper()


def is_digits(text: str) -> bool:
    """Say whether a text is ASCII digits only, and at least one."""
    return text.isascii() and text.isdigit()


def luhn(text: str) -> bool:
    """Say whether the last digit checks the others: ISO/IEC 7812-1, annex B."""
    number = bare(text)
    if not is_digits(number):
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in number[-1::-2])) % 10 == 0


def credit_card(text: str) -> bool:
    """Say whether a number can be a payment card's: a known prefix, 12 to 19 digits, Luhn."""
    number = bare(text)
    prefixes = AMEX if len(number) == 15 else CARD_PREFIXES
    return len(number) in CARD_LENGTHS and number.startswith(prefixes) and len(set(number)) > 1 and luhn(number)


def npi(text: str) -> bool:
    """Say whether a number can be a National Provider Identifier: Luhn over 80840 and it, 45 CFR 162.406."""
    number = bare(text)
    return len(number) == NPI_LENGTH and number[0] in "12" and luhn("80840" + number)


def dea(text: str) -> bool:
    """Say whether a number can be a DEA registration: two letters (or a letter and 9), six digits and a check digit."""
    number = bare(text)
    if len(number) != 9 or not number[0].isalpha() or not (number[1].isalpha() or number[1] == "9"):
        return False
    if not is_digits(number[2:]):
        return False
    digits = [int(digit) for digit in number[2:]]
    return (digits[0] + digits[2] + digits[4] + 2 * (digits[1] + digits[3] + digits[5])) % 10 == digits[6]


def _fits(kind: str, char: str) -> bool:
    """Say whether a character fits a place of an MBI: 1 a digit but 0, 9 any digit, C a letter, X either."""
    if kind == "1":
        return char in "123456789"
    return (kind != "C" and is_digits(char)) or (kind != "9" and char in MBI_LETTERS)


def mbi(text: str) -> bool:
    """Say whether a text has the shape of a Medicare Beneficiary Identifier: 11 places, each of its own kind."""
    number = bare(text)
    return len(number) == len(MBI_SHAPE) and all(map(_fits, MBI_SHAPE, number))


def vin(text: str) -> bool:
    """Say whether a text can be a vehicle identification number by its check digit: 49 CFR 565.15(c)."""
    number = text.upper()
    if len(number) != VIN_LENGTH or any(char not in VIN_VALUES for char in number):
        return False
    rest = sum(VIN_VALUES[char] * weight for char, weight in zip(number, VIN_WEIGHTS, strict=True)) % 11
    return number[8] == "0123456789X"[rest]


def ssn(text: str) -> bool:
    """Say whether a number can be a Social Security number: no area 000, 666 or 9xx, group 00 or serial 0000."""
    number = bare(text)
    if len(number) != SSN_LENGTH or not is_digits(number):
        return False
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"


def dni(text: str) -> bool:
    """Say whether a text can be a Spanish DNI or NIE: eight digits, or X, Y or Z and seven, and their letter modulo 23.

    Real Decreto 1553/2005, article 11; Real Decreto 557/2011, article 206.
    """
    number = bare(text)
    digits, letter = number[:-1].replace("X", "0", 1).replace("Y", "1", 1).replace("Z", "2", 1), number[-1:]
    shaped = len(number) == 9 and is_digits(digits) and is_digits(number[1:-1])
    return shaped and letter == DNI_LETTERS[int(digits) % len(DNI_LETTERS)]


def nass(text: str) -> bool:
    """Say whether twelve digits can be a Spanish social security number: two of the province, eight, two modulo 97.

    Where the eight begin with 0 they count as seven after the province.
    """
    number = bare(text)
    if len(number) != 12 or not is_digits(number):
        return False
    province, serial = int(number[:2]), int(number[2:10])
    base = serial + province * 10_000_000 if serial < 10_000_000 else int(number[:10])
    return base % 97 == int(number[10:])


def iban(text: str) -> bool:
    """Say whether a text can be an international bank account number: ISO 13616, modulo 97."""
    number = bare(text)
    if not 15 <= len(number) <= 34 or not number.isascii() or not number.isalnum() or not number[:2].isalpha():
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def imei(text: str) -> bool:
    """Say whether a number can be a mobile device's: 15 digits, Luhn (3GPP TS 23.003)."""
    number = bare(text)
    return len(number) == 15 and luhn(number)


def address(text: str) -> bool:
    """Say whether a text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def real_date(year: int, month: int, day: int) -> bool:
    """Say whether a day exists, in the years 1800 to 2099."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def real_numbers(numbers: list[str]) -> bool:
    """Say whether three numbers are a real date, year first or last, month and day in either order.

    A year of two digits stands for one that has a 29 February.
    """
    if len(numbers) != 3 or not all(is_digits(number) for number in numbers):
        return False
    first, second, third = numbers
    if len(first) == 4:
        return real_date(int(first), int(second), int(third)) or real_date(int(first), int(third), int(second))
    year = int(third) if len(third) == 4 else 2000
    return len(third) in {2, 4} and (
        real_date(year, int(first), int(second)) or real_date(year, int(second), int(first))
    )
