"""What the drawings of a loss surface contain."""

import matplotlib.pyplot as plt
import pytest
import torch

from course_lib.plots.surfaces import draw_path, draw_surface

ACROSS, UP = torch.linspace(-1, 1, 5), torch.linspace(0, 3, 4)


def test_across_is_the_horizontal_axis_and_up_the_vertical_one():
    losses = ACROSS[None, :] + 0 * UP[:, None]  # rises to the right only
    ax = draw_surface(ACROSS, UP, losses, levels=[-0.5, 0.0, 0.5])
    assert ax.get_xlim() == pytest.approx((-1, 1))
    assert ax.get_ylim() == pytest.approx((0, 3))
    lines = [path.vertices for path in ax.collections[-1].get_paths()]
    assert [set(line[:, 0].round(6)) for line in lines] == [{-0.5}, {0.0}, {0.5}]


def test_the_losses_are_written_on_the_lines():
    ax = draw_surface(ACROSS, UP, UP[:, None] + 0 * ACROSS, levels=[1.0, 2.5])
    lines = [path.vertices for path in ax.collections[-1].get_paths()]
    assert [set(line[:, 1].round(6)) for line in lines] == [{1.0}, {2.5}]
    assert {"1", "2.5"} <= {text.get_text() for text in ax.texts}


def test_a_surface_of_another_shape_is_refused_and_leaves_no_figure():
    with pytest.raises(ValueError, match=r"\(4, 5\)"):
        draw_surface(ACROSS, UP, torch.zeros(5, 4))
    assert plt.get_fignums() == []


def test_a_path_goes_through_its_points_with_its_label():
    ax = plt.figure().add_subplot()
    draw_path(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), "momentum", "s", ax)
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert (line.get_label(), line.get_marker()) == ("momentum", "s")
