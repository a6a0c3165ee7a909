"""The numbers a training loop records."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.history import History


def two_rows():
    return History([{"loss": 0.9, "accuracy": 0.5}, {"loss": 0.4, "accuracy": 0.8}])


def test_rows_come_back_as_series():
    history = two_rows()
    assert history["loss"] == [0.9, 0.4]
    assert history.last("accuracy") == 0.8
    assert history.names == ["loss", "accuracy"]
    assert len(history) == 2
    assert list(history) == [{"loss": 0.9, "accuracy": 0.5}, {"loss": 0.4, "accuracy": 0.8}]
    assert repr(history) == "History(2 rows of loss, accuracy)"


def test_an_empty_history_has_no_last_value():
    history = History()
    assert (len(history), history.names, history["loss"]) == (0, [], [])
    assert repr(history) == "History(0 rows of nothing yet)"
    with pytest.raises(IndexError):
        history.last("loss")


@pytest.mark.parametrize("row", [{"loss": 1.0}, {"loss": 1.0, "accuracy": 0.1, "new": 2.0}])
def test_a_row_with_a_missing_or_new_name_is_refused(row):
    history = two_rows()
    with pytest.raises(ValueError, match=r"records \['accuracy', 'loss'\], got"):
        history.append(**row)
    assert len(history) == 2


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(KeyError, match=r"'los' was not recorded; there are \['accuracy', 'loss'\]"):
        two_rows()["los"]


def test_values_become_plain_numbers():
    history = History()
    history.append(count=3)
    assert isinstance(history.last("count"), float)


def test_a_history_equals_one_with_the_same_rows_only():
    assert two_rows() == two_rows()
    assert two_rows() != History([{"loss": 0.9, "accuracy": 0.5}])
    assert two_rows() != two_rows().rows


def test_a_history_does_not_share_its_rows_with_what_it_was_made_from():
    rows = [{"loss": 1.0}]
    history = History(rows)
    rows[0]["loss"] = 2.0
    assert history["loss"] == [1.0]


@given(st.lists(st.floats(), min_size=1, max_size=5))
def test_json_keeps_every_number_to_the_last_bit(values):
    history = History([{"x": value} for value in values])
    back = History.from_json(history.to_json())
    assert back == history
    for old, new in zip(values, back["x"], strict=True):
        assert old == new or (math.isnan(old) and math.isnan(new))
