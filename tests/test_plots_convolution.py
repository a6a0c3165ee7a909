"""Matrices as squares with numbers."""

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course_lib.plots.convolution import FRAME, as_figure, beside_each_other, draw_matrix, short_number

ORANGE = tuple(int(FRAME[i : i + 2], 16) for i in (1, 3, 5))


def cell_colours(picture, row, column, cell):
    pixels = np.asarray(picture)[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
    return {tuple(colour) for colour in pixels.reshape(-1, 3).tolist()}


@pytest.mark.parametrize(
    ("number", "text"), [(3.0, "3"), (-2, "-2"), (1 / 3, "0.33"), (-0.001, "0"), (1234567, "1.23457e+06")]
)
def test_numbers_are_short(number, text):
    assert short_number(number) == text


def test_black_is_the_smallest_number_and_white_the_largest():
    picture = draw_matrix(torch.tensor([[-5.0, 0.0], [0.0, 5.0]]), largest_cell=40)
    assert picture.size == (81, 81)
    pixels = np.asarray(picture)
    assert pixels[5, 5].tolist() == [0] * 3
    assert pixels[75, 75].tolist() == [255] * 3
    assert pixels[5, 75].tolist() == [128] * 3


def test_a_constant_matrix_is_grey():
    assert np.asarray(draw_matrix(torch.zeros(1, 1), 40))[5, 5].tolist() == [128] * 3


def test_only_marked_squares_have_a_frame():
    picture = draw_matrix(torch.arange(9.0).view(3, 3), 40, marked=[(1, 2)])
    framed = [(r, c) for r in range(3) for c in range(3) if ORANGE in cell_colours(picture, r, c, 40)]
    assert framed == [(1, 2)]


def test_numbers_and_notes_are_written_where_there_is_room():
    values = torch.zeros(2, 2)
    plain, noted = draw_matrix(values, 60), draw_matrix(values, 60, notes={(0, 0): "×2"})
    assert len(cell_colours(plain, 0, 0, 60)) > 3  # the shades of a letter's edges
    assert plain.tobytes() != noted.tobytes()
    assert len(cell_colours(draw_matrix(torch.zeros(30, 30)), 5, 5, 12)) <= 3


def test_padding_is_hatched_and_the_image_is_not():
    picture = draw_matrix(torch.zeros(4, 4), 40, margin=1)
    assert (128, 128, 128) not in cell_colours(picture, 0, 2, 40)
    assert (128, 128, 128) in cell_colours(picture, 1, 2, 40)


def test_large_matrices_are_as_wide_as_small_ones():
    assert draw_matrix(torch.zeros(25, 25)).width <= 380


def test_a_sheet_holds_its_pictures_in_a_row_and_keeps_its_height():
    small, large = draw_matrix(torch.zeros(1, 1)), draw_matrix(torch.zeros(5, 5))
    sheet = beside_each_other([small, large], ["a", "b"])
    assert sheet.width > small.width + large.width
    assert sheet.height > large.height
    heights = {beside_each_other([picture], ["a"], height=400).height for picture in (small, large)}
    assert len(heights) == 1


def test_a_picture_becomes_a_figure_pixel_by_pixel():
    picture = draw_matrix(torch.eye(3), 40)
    figure = as_figure(picture)
    assert isinstance(figure, Figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[:, :, :3]
    assert drawn.shape == np.asarray(picture).shape
    assert np.abs(drawn.astype(int) - np.asarray(picture)).mean() < 3
