"""The waterfall and the shares draw the numbers they are given."""

import pytest
from matplotlib import pyplot as plt

from course_lib.plots.waterfall import GAIN, LOSS, draw_shares, draw_waterfall

RATES = [("start", 100.0), ("gain", 150.0), ("loss", 120.0), ("nothing", None), ("last", 240.0)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_step_hangs_between_the_rates_before_and_after_it():
    ax = draw_waterfall(RATES)
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in ax.patches]
    assert spans == [(0, 100), (100, 150), (120, 150), (120, 240), (0, 240)]
    middles = [round(bar.get_x() + bar.get_width() / 2) for bar in ax.patches]
    assert middles == [0, 1, 2, 4, 5]  # the change that is not used leaves its place empty


def test_factors_are_written_and_multiply_to_the_whole():
    ax = draw_waterfall(RATES)
    assert texts(ax) == ["100", "× 1.50", "× 0.80", "not used\nhere", "× 2.00", "240\n× 2.40 in all"]
    factors = [float(text[2:]) for text in texts(ax) if text.startswith("×")]
    assert factors == [1.5, 0.8, 2.0]
    assert RATES[-1][1] / RATES[0][1] == pytest.approx(2.4)


def test_gains_and_losses_differ_in_colour_and_in_hatch():
    gain, loss = draw_waterfall(RATES).patches[1:3]
    assert plt.matplotlib.colors.to_hex(gain.get_facecolor()) == GAIN
    assert plt.matplotlib.colors.to_hex(loss.get_facecolor()) == LOSS
    assert (gain.get_hatch(), loss.get_hatch()) == (None, "//")


def test_axes_are_labelled_and_taken_if_given():
    _, ax = plt.subplots()
    assert draw_waterfall(RATES, "steps per second", ax) is ax
    assert ax.get_ylabel() == "steps per second"
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["start", "gain", "loss", "nothing", "last", "all changes"]
    assert ax.get_ylim()[0] == 0


def test_the_lines_join_each_step_to_the_rate_before_it():
    ax = draw_waterfall(RATES)
    assert [line.get_ydata()[0] for line in ax.lines] == [100, 150, 120, 120, 240]


@pytest.mark.parametrize("rates", [[], [("start", None)], [("start", 1.0), ("stop", 0.0)], [("start", -1.0)]])
def test_rates_that_make_no_waterfall_are_refused(rates):
    with pytest.raises(ValueError, match="rate"):
        draw_waterfall(rates)


def test_shares_add_up_and_the_first_is_on_top():
    ax = draw_shares({"data": 3.0, "forward": 1.0})
    assert [bar.get_width() for bar in ax.patches] == [0.75, 0.25]
    assert texts(ax) == ["75%", "25%"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["data", "forward"]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize("amounts", [{}, {"a": 0.0}, {"a": 2.0, "b": -1.0}])
def test_amounts_that_cannot_be_shares_are_refused(amounts):
    with pytest.raises(ValueError, match="at least 0 and not all 0"):
        draw_shares(amounts)
