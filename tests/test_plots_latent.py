"""Images between latents: in their places, with their names, corners framed."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import Rectangle

from course_lib.plots.latent import corner_grid, draw_generated, interpolation_rows


@pytest.fixture
def images():
    """Three rows of four images, each of one grey: row and column can be read from it."""
    values = torch.arange(12).reshape(3, 4) / 6 - 1
    return values[..., None, None, None].expand(3, 4, 1, 8, 8)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_image_is_in_its_place(images):
    ax = draw_generated(images)
    shown = ax.images[0].get_array()
    assert shown.shape == (24, 32)
    assert ax.images[0].get_extent() == [-0.5, 3.5, 2.5, -0.5]
    assert ax.images[0].get_clim() == (0, 255)
    assert shown[8 + 4, 16 + 4] == pytest.approx(255 * 6 / 12, abs=0.5)  # row 1, column 2
    assert shown[0, 0] == 0


def test_it_draws_where_it_is_told_and_colour_too(images):
    ax = plt.figure().add_subplot()
    assert draw_generated(images.expand(3, 4, 3, 8, 8), ax) is ax
    assert ax.images[0].get_array().shape == (24, 32, 3)


def test_the_corners_are_framed(images):
    figure = corner_grid(images, "between four")
    frames = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    middles = {(round(frame.get_x() + 0.47), round(frame.get_y() + 0.47)) for frame in frames}
    assert middles == {(0, 0), (3, 0), (0, 2), (3, 2)}
    assert figure.axes[0].get_title() == "between four"


def test_walks_have_names_and_positions(images):
    ax = interpolation_rows(images[:, :3], ["linear", "spherical", "another"]).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["linear", "spherical", "another"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.5", "1"]
    even = interpolation_rows(images, ["a", "b", "c"]).axes[0]
    assert [label.get_text() for label in even.get_xticklabels()] == ["0", "1"]
    assert even.get_xticks().tolist() == [0, 3]


def test_wrong_shapes_values_and_names_are_refused(images):
    with pytest.raises(ValueError, match="need images of shape"):
        draw_generated(images[0])
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        draw_generated(2 * images)
    with pytest.raises(ValueError, match="3 walks and 2 names"):
        interpolation_rows(images, ["a", "b"])
