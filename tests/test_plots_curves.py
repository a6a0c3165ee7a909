"""Curves of what a training loop recorded."""

import pytest
from matplotlib import pyplot as plt

from course_lib.history import History
from course_lib.plots.curves import draw_series, learning_curves

HISTORY = History(
    [
        {"train_loss": 0.9, "validation_loss": 1.0, "validation_accuracy": 0.5},
        {"train_loss": 0.4, "validation_loss": 0.6, "validation_accuracy": 0.7},
    ]
)


def test_each_series_is_drawn_over_the_epochs_with_a_marker_of_its_own():
    ax = draw_series(HISTORY, ["train_loss", "validation_loss"], "loss (nats per image)")
    lines = ax.get_lines()
    assert [list(line.get_xdata()) for line in lines] == [[1, 2], [1, 2]]
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.4], [1.0, 0.6]]
    assert lines[0].get_marker() != lines[1].get_marker()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats per image)")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["train loss", "validation loss"]


def test_epochs_are_whole_numbers_on_the_axis():
    ax = draw_series(HISTORY, ["train_loss"], "loss")
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_series_are_drawn_where_they_are_asked_for():
    _, axes = plt.subplots(1, 2)
    assert draw_series(HISTORY, ["train_loss"], "loss", axes[1]) is axes[1]
    assert len(axes[0].get_lines()) == 0


def test_an_unknown_series_is_refused():
    with pytest.raises(KeyError, match="was not recorded"):
        draw_series(HISTORY, ["accuracy"], "fraction")


def test_learning_curves_show_losses_beside_accuracy():
    left, right = learning_curves(HISTORY).axes
    assert [line.get_label() for line in left.get_lines()] == ["train loss", "validation loss"]
    assert [line.get_label() for line in right.get_lines()] == ["validation accuracy"]
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss (nats per image)", "fraction correct")
