"""Confusion matrix and reliability diagram show the numbers they were given."""

import pytest
import torch

from course_lib.plots.evaluation import draw_confusion, draw_reliability


def test_a_confusion_matrix_shows_its_counts_true_classes_downwards():
    ax = draw_confusion(torch.tensor([[7, 3, 0], [0, 9, 1], [0, 0, 0]]), ["a", "b", "c"])
    texts = {(text.get_position()): text.get_text() for text in ax.texts}
    assert texts == {(0, 0): "7", (1, 0): "3", (1, 1): "9", (2, 1): "1"}  # (column, row); no zeros
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    shades = ax.images[0].get_array()
    assert shades[0, 0] == pytest.approx(0.7**0.5)
    assert shades[2].tolist() == [0, 0, 0]  # a class that does not occur


@pytest.mark.parametrize("shape", [(2, 3), (3, 3)])
def test_a_matrix_that_does_not_fit_its_names_is_refused(shape):
    with pytest.raises(ValueError, match="a name for each class"):
        draw_confusion(torch.zeros(shape, dtype=torch.int64), ["a", "b"])


def test_a_reliability_diagram_leaves_empty_bins_out():
    ax = draw_reliability(
        torch.tensor([0.0, 0.5, 0.9]), torch.tensor([0.0, 0.7, 0.8]), torch.tensor([0, 10, 90]), title="t"
    )
    points = ax.collections[-1]
    assert points.get_offsets().data.ravel().tolist() == pytest.approx([0.5, 0.7, 0.9, 0.8])
    assert points.get_sizes()[0] < points.get_sizes()[1]
    gaps = ax.collections[0].get_segments()
    assert [segment[:, 1].tolist() for segment in gaps] == [
        pytest.approx([0.5, 0.7]),
        pytest.approx([0.9, 0.8]),
    ]
    assert ax.get_title() == "t"
