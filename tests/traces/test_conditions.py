"""The language of stop conditions, which command line and gdb share."""

from __future__ import annotations

import pytest

from decoders.stores import Filters
from decoders.stores.conditions import ConditionError, parse_conditions, to_text


def number(text: str) -> int:
    return int(text, 0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ProgIf", [Filters(field="ProgIf")]),
        ("PciDeviceInfo.ProgIf=0x13", [Filters(field="PciDeviceInfo.ProgIf", value=19)]),
        ("A.B = -1 by Bind", [Filters(field="A.B", value=-1, method="Bind")]),
        ("A.B of 0x1000 by *::Bind", [Filters(field="A.B", object=0x1000, method="*::Bind")]),
        ("A.B of 8 or C.*=1 or D", [
            Filters(field="A.B", object=8), Filters(field="C.*", value=1), Filters(field="D"),
        ]),
        ("Map<int, string>.Count by Map<int, string>::Add", [
            Filters(field="Map<int, string>.Count", method="Map<int, string>::Add"),
        ]),
    ],
)  # fmt: skip
def test_conditions(text: str, wanted: list[Filters]) -> None:
    found = parse_conditions(text, number)
    assert found == wanted
    assert parse_conditions(" or ".join(map(to_text, found)), number) == wanted


@pytest.mark.parametrize(
    "text", ["", "Type.", "=5", "A=", "A by", "by B", "A of", "A by B by C", "A or", "A =  by B"]
)
def test_no_conditions(text: str) -> None:
    with pytest.raises(ConditionError, match=r"is no store to stop at: write \[TYPE\.\]FIELD"):
        parse_conditions(text, number)


def test_no_number() -> None:
    with pytest.raises(ConditionError, match="'x' is not a number to stop at"):
        parse_conditions("A=x", number)
