"""Pictures: what is drawn is what was given, and what cannot be shown truly is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.plots.images import displayable, draw_image, draw_pixel_values, image_grid

GREY = torch.arange(6, dtype=torch.uint8).view(1, 2, 3) * 51


@given(st.sampled_from([1, 3]), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_an_image_keeps_its_values_and_gets_its_channels_last(channels, height, width, as_bytes):
    image = torch.randint(0, 256, (channels, height, width), dtype=torch.uint8)
    shown = displayable(image if as_bytes else image / 255)
    expected = image.numpy() / 255
    assert shown.shape == ((height, width) if channels == 1 else (height, width, 3))
    for channel in range(channels):
        found = shown if channels == 1 else shown[:, :, channel]
        assert np.allclose(found, expected[channel], atol=1e-6)


def test_a_matrix_is_a_grey_image():
    assert np.array_equal(displayable(GREY[0]), displayable(GREY))


def test_an_image_that_is_part_of_a_graph_can_be_shown():
    assert displayable(torch.full((2, 2), 0.5, requires_grad=True)).max() == 0.5


@pytest.mark.parametrize(
    "image",
    [
        torch.tensor([[0.0, 1.1]]),
        torch.tensor([[-0.2, 1.0]]),
        torch.tensor([[0.0, float("nan")]]),
        torch.tensor([[0, 255]]),
    ],
)
def test_values_out_of_range_are_refused(image):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\] to be shown, got .*undo the normalisation"):
        displayable(image)


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4, 3), (1, 1, 4, 4), (4,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="an image has shape"):
        displayable(torch.zeros(shape))


def test_one_image_is_drawn_from_black_to_white_with_its_title():
    ax = draw_image(GREY, "a title")
    assert isinstance(ax, Axes)
    (picture,) = ax.get_images()
    assert picture.get_clim() == (0, 1)
    assert np.allclose(picture.get_array(), displayable(GREY))
    assert ax.get_title() == "a title"
    assert not ax.axison


@pytest.mark.parametrize("draw", [draw_image, lambda image, ax: draw_pixel_values(image[0], ax)])
def test_a_picture_is_drawn_where_it_is_asked_for(draw):
    figure, axes = plt.subplots(1, 2)
    assert draw(GREY, ax=axes[1]) is axes[1]
    assert axes[0].get_images() == []
    assert plt.get_fignums() == [figure.number]


def test_pixel_values_are_written_in_their_squares_in_a_colour_that_can_be_read():
    ax = draw_pixel_values(GREY[0])
    texts = {text.get_position(): (text.get_text(), text.get_color()) for text in ax.texts}
    assert len(texts) == 6
    for row in range(2):
        for column in range(3):
            value = GREY[0, row, column].item()
            assert texts[column, row] == (str(value), "black" if value > 127 else "white")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")


def test_a_constant_array_and_another_number_format_can_be_drawn():
    ax = draw_pixel_values(torch.full((1, 2), 0.25), number_format="{:.2f}")
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.25"]
    assert [text.get_color() for text in ax.texts] == ["white", "white"]


def test_a_part_of_an_image_is_labelled_with_its_place_there():
    ax = draw_pixel_values(GREY[0], first=(10, 20))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["10", "11"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["20", "21", "22"]


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 8, 1), (8, 8, 1), (9, 8, 2), (5, 2, 3)])
def test_a_grid_holds_all_images_in_reading_order(count, columns, rows):
    images = torch.arange(count, dtype=torch.uint8).view(count, 1, 1, 1).expand(-1, 1, 2, 2) * 10
    figure = image_grid(images, [f"number {n}" for n in range(count)], columns=columns)
    assert isinstance(figure, Figure)
    assert len(figure.axes) == rows * min(columns, count)
    for number, ax in enumerate(figure.axes):
        if number < count:
            assert np.allclose(ax.get_images()[0].get_array(), number * 10 / 255)
            assert ax.get_title() == f"number {number}"
        else:
            assert ax.get_images() == []
        assert not ax.axison


def test_a_grid_takes_a_list_of_images_of_different_sizes_without_titles():
    figure = image_grid([torch.zeros(2, 3), torch.zeros(3, 4, 5)])
    assert [ax.get_title() for ax in figure.axes] == ["", ""]


def test_an_image_that_is_refused_leaves_no_empty_figure_behind():
    open_before = plt.get_fignums()
    with pytest.raises(ValueError, match="must lie in"):
        draw_image(torch.full((1, 4, 4), 2.0))
    assert plt.get_fignums() == open_before
