"""Check digits and ranges: numbers that can be what they look like, and the same with one digit wrong."""

from collections.abc import Callable

import pytest

from deid_core.detect import checks

ROWS = [
    (checks.luhn, "79927398713", "79927398710"),
    (checks.credit_card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
    (checks.credit_card, "378282246310005", "378282246310006"),
    (checks.credit_card, "5555-5555-5555-4444", "9555-5555-5555-4444"),
    (checks.credit_card, "6011111111111117", "0000000000000000"),
    (checks.npi, "1234567893", "1234567890"),
    (checks.npi, "1245319599", "3245319599"),
    (checks.dea, "AB1234563", "AB1234564"),
    (checks.dea, "F91234563", "1B1234563"),
    (checks.mbi, "1EG4-TE5-MK73", "1SG4-TE5-MK73"),
    (checks.mbi, "1EG4TE5MK72", "0EG4TE5MK72"),
    (checks.vin, "1HGCM82633A004352", "1HGCM82633A004353"),
    (checks.vin, "1M8GDM9AXKP042788", "1M8GDM9AXKP04278O"),
    (checks.ssn, "123-45-6789", "000-45-6789"),
    (checks.ssn, "899 45 6789", "900 45 6789"),
    (checks.ssn, "665456789", "666456789"),
    (checks.ssn, "123-45-0001", "123-45-0000"),
    (checks.ssn, "123-01-6789", "123-00-6789"),
    (checks.iban, "DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"),
    (checks.iban, "GB82WEST12345698765432", "GB82WEST1234569876543"),
    (checks.imei, "490154203237518", "490154203237519"),
    (checks.address, "192.168.0.1", "192.168.0.256"),
    (checks.address, "2001:db8::1", "2001:db8::g"),
]


@pytest.mark.parametrize(("check", "good", "bad"), ROWS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_number_checks_and_with_one_character_wrong_does_not(
    check: Callable[[str], bool], good: str, bad: str
) -> None:
    """Each check tells a valid number from the like with a wrong digit, prefix or letter."""
    assert check(good)
    assert not check(bad)


@pytest.mark.parametrize("check", sorted({row[0] for row in ROWS}, key=lambda check: check.__name__))
@pytest.mark.parametrize("text", ["", " ", "٣٤٥", "²³", "A" * 17, "é1234567", "1" * 4001])
def test_a_check_refuses_what_is_no_number_without_raising(check: Callable[[str], bool], text: str) -> None:
    """Hostile text is refused, never an error."""
    assert not check(text)


@pytest.mark.parametrize(
    ("day", "real"),
    [
        ((2021, 3, 14), True),
        ((2021, 2, 29), False),
        ((2020, 2, 29), True),
        ((1799, 1, 1), False),
        ((2021, 13, 1), False),
    ],
)
def test_only_days_that_exist_are_real(day: tuple[int, int, int], real: bool) -> None:
    """Months have their lengths, February its leap years."""
    assert checks.real_date(*day) is real


@pytest.mark.parametrize(
    ("numbers", "real"),
    [
        ("3 14 2021", True),
        ("14 3 2021", True),
        ("2021 03 14", True),
        ("2 29 04", True),
        ("2 30 2021", False),
        ("14 14 2021", False),
        ("120 80 20", False),
        ("3 14", False),
        ("3 14 021", False),
    ],
)
def test_three_numbers_are_a_date_in_either_order(numbers: str, real: bool) -> None:
    """Month and day may change places; the year has two digits or four."""
    assert checks.real_numbers(numbers.split()) is real
