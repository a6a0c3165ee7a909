"""What the drawings of GANs in the plane contain."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_lib.plots.dynamics import draw_points, draw_seeds, draw_velocities


def test_arrows_point_along_the_velocities_and_are_equally_long():
    states = torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    ax = draw_velocities(states, torch.tensor([[3.0, 0.0], [0.0, -0.5], [0.0, 0.0]]))
    (arrows,) = ax.collections
    assert arrows.get_offsets().tolist() == [[0.0, 1.0], [2.0, 0.0]]  # nothing where nothing moves
    assert np.stack([arrows.U, arrows.V], axis=1).tolist() == [[1.0, 0.0], [0.0, -1.0]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("generator θ", "discriminator ψ")


def test_a_grid_of_states_is_drawn_too():
    ax = draw_velocities(torch.ones(4, 5, 2), torch.ones(4, 5, 2))
    assert len(ax.collections[0].get_offsets()) == 20


def test_velocities_of_another_shape_are_refused_and_leave_no_figure():
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        draw_velocities(torch.zeros(3, 2), torch.zeros(2, 2))
    assert plt.get_fignums() == []


def test_points_lie_in_front_of_the_centres_and_those_outside_are_counted():
    points = torch.tensor([[0.1, 0.2], [5.0, 0.0], [0.0, -3.0]])
    ax = draw_points(points, torch.tensor([[1.0, 0.0]]), limit=1.5)
    rings, dots = ax.collections
    assert rings.get_offsets().tolist() == [[1.0, 0.0]]
    np.testing.assert_allclose(dots.get_offsets(), points)
    assert dots.get_zorder() > rings.get_zorder()
    assert [text.get_text() for text in ax.texts] == ["2 outside"]
    assert ax.get_xlim() == (-1.5, 1.5)


def test_without_centres_and_with_all_points_inside_there_are_dots_only():
    ax = draw_points(torch.zeros(2, 2))
    assert len(ax.collections) == 1
    assert len(ax.texts) == 0


def test_each_seed_has_a_mark_of_its_own_and_each_method_its_median():
    ax = draw_seeds({"first": [8, 8, 3], "second": [1, 2, 3, 10]}, "modes captured")
    marks = [line.get_xydata()[0].tolist() for line in ax.lines if len(line.get_xdata()) == 1]
    assert len(marks) == 7
    assert len({tuple(mark) for mark in marks}) == 7  # equal scores are spread
    medians = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]
    assert medians == [8, 2.5]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first one on top
    assert ax.get_xlabel() == "modes captured"
