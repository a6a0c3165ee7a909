"""Measured numbers: printed in one form, asserted in their band."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checks.report import measured


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        ({"at_least": 0.9}, "accuracy: 0.9137 (measured; asserted to be at least 0.9)\n"),
        ({"at_most": 1}, "accuracy: 0.9137 (measured; asserted to be at most 1)\n"),
        (
            {"at_least": 0.9, "at_most": 0.95, "unit": "s"},
            "accuracy: 0.9137 s (measured; asserted to be at least 0.9 and at most 0.95)\n",
        ),
    ],
)
def test_a_number_is_printed_with_its_band_and_nothing_is_returned(capsys, options, printed):
    assert measured("accuracy", 0.91372, **options) is None
    assert capsys.readouterr().out == printed


@given(value=st.floats(-5, 5), low=st.floats(-3, 3), width=st.floats(0, 3))
def test_the_band_is_closed_and_nothing_outside_passes(value, low, width):
    if low <= value <= low + width:
        measured("x", value, at_least=low, at_most=low + width)
    else:
        with pytest.raises(AssertionError, match="^x is .*, but should be at least .* and at most"):
            measured("x", value, at_least=low, at_most=low + width)


@pytest.mark.parametrize("band", [{"at_least": 0.5}, {"at_most": 0.5}, {"at_least": 0, "at_most": 1}])
def test_what_is_no_number_fails_every_band(band, capsys):
    with pytest.raises(AssertionError, match="loss is nan, but should be"):
        measured("loss", math.nan, **band)
    assert capsys.readouterr().out == ""


def test_outside_the_band_the_message_gives_number_unit_and_band():
    with pytest.raises(AssertionError, match=r"^time is 12\.3 s, but should be at most 10$"):
        measured("time", 12.3, at_most=10, unit="s")


def test_infinity_is_no_measured_number():
    with pytest.raises(AssertionError, match="loss is inf"):
        measured("loss", math.inf, at_least=0)


def test_a_number_without_a_band_is_refused():
    with pytest.raises(ValueError, match="loss: a measured number needs a band"):
        measured("loss", 0.3)
