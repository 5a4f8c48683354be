"""Several years, decades and short forms of them in one cell are bounds, never a guess."""

import math

import pytest

from layers.typed.days import read_year


@pytest.mark.parametrize(("typed", "first", "last"), [
    ("80年代、90年代", 1980, 1999), ("1980年代-1990年代", 1980, 1999), ("（1980年代）", 1980, 1989),
    ("90年代—80年代", 1980, 1999), ("80年代和1995年", 1980, 1995), ("1979年、80年代", 1979, 1989),
    ("98-99年", 1998, 1999), ("98年、99年", 1998, 1999), ("(1998、2001)", 1998, 2001)])
def test_several_decades_and_short_years_are_bounds(typed, first, last):
    said = read_year(typed, 2026)
    assert (said.low, said.high, said.why) == (first, last, None)


@pytest.mark.parametrize("typed", ["05-06年", "99-01年", "80年代、年代", "1980年代至今", "(1998)(2001)", "98-99"])
def test_what_may_mean_two_things_is_no_year(typed):
    assert read_year(typed, 2026).why is not None


@pytest.mark.parametrize("typed", ["0", "0000", "0.0"])
def test_a_year_0_is_one_that_nobody_knows(typed):
    said = read_year(typed, 2026)
    assert math.isnan(said.value)
    assert said.why is None


@pytest.mark.parametrize(("typed", "value"), [("198805", 1988), ("201512", 2015)])
def test_a_year_with_its_month_in_digits_is_that_year(typed, value):
    assert read_year(typed, 2026).value == value


@pytest.mark.parametrize("typed", ["201105", "198813"])  # the first may be a day of 2020
def test_six_digits_that_may_be_a_day_or_are_no_month_are_no_year(typed):
    assert read_year(typed, 2026).why is not None
