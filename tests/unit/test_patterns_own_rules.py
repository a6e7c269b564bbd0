"""Rules by policy file: what the how-to page shows does what the page says, from text to text."""

import re
from pathlib import Path

import pytest

from deid_core.decide import decide
from deid_core.detect.patterns import Patterns
from deid_core.errors import PolicyError
from deid_core.model import Finding, Span, TextSpan, Verdict
from deid_core.policy import Policy, parse_policy
from deid_core.ports import TextQuery

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "own-rules.md"
TEXT = "HR-004471, 93 years old, of the HAUS  AM SEE, Brandvold, under the Lakeside Protocol since 3/4/2021."


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Read the policy that the page shows."""
    [block] = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return parse_policy(block)


def found(policy: Policy, text: str) -> list[Span]:
    """Return what the rules find in a text."""
    return Patterns(policy).find([TextQuery(text)])[0]


def test_own_patterns_and_denied_values_are_found_and_allowed_ones_are_not(policy: Policy) -> None:
    """The registry's number, the denied house and name, and the shipped rules beside them."""
    spans = {TEXT[span.start : span.end]: (str(span.entity_type), span.rule) for span in found(policy, TEXT)}
    assert spans.pop("93") == ("AGE", "age")
    assert spans.pop("3/4/2021")[0] == "DATE"
    assert spans == {
        "HR-004471": ("ID", "registry_number"),
        "HAUS  AM SEE": ("FACILITY", "deny"),
        "Brandvold": ("NAME", "deny"),
    }


def test_an_excluded_label_is_found_and_kept(policy: Policy) -> None:
    """Under `keep` an age over 89 stays in the text, and the decision says why."""
    verdicts = {}
    for span in found(policy, TEXT):
        place = TextSpan("text", span.start, span.end)
        finding = Finding(span.entity_type, place, span.score, "patterns", "1", span.rule)
        verdicts[TEXT[span.start : span.end]] = decide(finding, policy).verdict
    assert verdicts.pop("93") is Verdict.KEEP
    assert set(verdicts.values()) == {Verdict.TRANSFORM}


@pytest.mark.parametrize(
    ("line", "said"),
    [("[[patterns]]\nname = 'x'\nentity_type = 'SHOE'\nregex = 'a'", "entity_type"), ("[deny]\nSHOE = ['a']", "deny")],
)
def test_a_rule_of_no_label_is_refused_with_its_field(line: str, said: str) -> None:
    """A policy that names no label of ours is refused when it is read."""
    head = 'name = "x"\nversion = "1"\ntitle = "x"\nbasis = "x"\nrelease_class = "de-identified"\n'
    with pytest.raises(PolicyError, match=said):
        parse_policy(f'{head}[default]\naction = "mask_label"\n{line}\n')


def test_many_denied_values_are_found_each() -> None:
    """Of a list of four hundred names, each is found where it stands."""
    names = [f"Zq{place:04d}x".translate(str.maketrans("0123456789", "abcdefghij")) for place in range(400)]
    head = 'name = "x"\nversion = "1"\ntitle = "x"\nbasis = "x"\nrelease_class = "de-identified"\n'
    policy = parse_policy(f'{head}[default]\naction = "mask_label"\n[deny]\nNAME = {names}\n')
    text = " and ".join(names[::8])
    assert [text[span.start : span.end] for span in found(policy, text) if span.rule == "deny"] == names[::8]
