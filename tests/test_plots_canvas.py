"""Points, lines and surfaces of a panel: in the right place, in the right colour, cut off outside."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.plots.canvas import Panel, as_small_png, colour_map, nice_ticks, number_text, palette

RED, BLACK = (255, 0, 0), (0, 0, 0)
TWO_COLOURS = np.array([RED, BLACK], dtype=np.uint8)


def panel(size=(100, 50), across=(-1, 1), up=(0, 1)):
    return Panel(size, across, up)


def coloured(drawn, least=128):
    """Return rows and columns of the pixels that are far from white."""
    return np.argwhere(np.asarray(drawn.image).astype(int).min(axis=2) < 255 - least)


@pytest.mark.parametrize(("point", "pixel"), [((-1, 1), (0, 0)), ((1, 0), (100, 50)), ((0, 0.5), (50, 25))])
def test_coordinates_grow_to_the_right_and_upwards(point, pixel):
    assert panel().pixels(np.array([point])).tolist() == [list(pixel)]


def test_what_is_not_finite_is_left_out_and_what_is_far_is_moved_nearer():
    points = np.array([(np.nan, 0), (0, np.inf), (1e30, 0.5), (0, 0.5)])
    pixels = panel().pixels(points)
    assert len(pixels) == 2
    assert np.abs(pixels).max() < 1000
    drawn = panel()
    drawn.points(points[:3], "red")
    drawn.lines([points[:3]], "red")
    assert len(coloured(drawn)) == 0


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("radius", [1.0, 2.0, 4.5])
def test_a_point_is_as_large_as_asked_and_around_its_centre(square, radius):
    drawn = panel()
    drawn.points(np.array([(0, 0.5)]), "red", radius, square)
    cover = (255 - np.asarray(drawn.image)[..., 1]) / 255
    expected = (2 * radius) ** 2 if square else np.pi * radius**2
    assert cover.sum() == pytest.approx(expected, rel=0.1, abs=0.5)
    assert np.average(np.arange(100) + 0.5, weights=cover.sum(axis=0)) == pytest.approx(50, abs=0.1)
    assert np.average(np.arange(50) + 0.5, weights=cover.sum(axis=1)) == pytest.approx(25, abs=0.1)


def test_a_rim_is_white_and_around_the_mark():
    drawn = panel()
    drawn.surface(np.zeros((2, 2)), (0, 1), TWO_COLOURS)
    drawn.points(np.array([(0, 0.5)]), "black", 3, rim=2)
    pixels = np.asarray(drawn.image)
    assert (pixels[25, 50] == 0).all()
    assert pixels[25, 54].min() > 240
    assert (pixels[25, 57] == RED).all()


def test_a_point_at_the_edge_is_cut_and_does_not_appear_on_the_other_side():
    drawn = panel()
    drawn.points(np.array([(1, 0.5)]), "red", 3)
    assert set(coloured(drawn)[:, 1]) == {97, 98, 99}


def test_a_line_goes_through_its_points_and_is_as_wide_as_asked():
    drawn = panel()
    drawn.lines([np.array([(-0.5, 0.5), (0.5, 0.5)])], "black", 2)
    columns = coloured(drawn)[:, 1]
    assert (columns.min(), columns.max()) in {(25, 74), (25, 75), (24, 75)}
    cover = 1 - np.asarray(drawn.image)[:, 50, 0] / 255
    assert cover.sum() == pytest.approx(2, abs=0.05)
    assert np.average(np.arange(50) + 0.5, weights=cover) == pytest.approx(25, abs=0.3)
    drawn = panel()
    drawn.lines([np.zeros((0, 2)), np.array([(0, 0.5)])], "black")  # no line at all
    assert len(coloured(drawn)) == 0


def test_a_surface_has_its_low_colour_where_the_values_are_low():
    drawn = panel()
    drawn.surface(np.array([[0.0, 0.0], [1.0, 1.0]]), (0, 1), TWO_COLOURS)  # 0 in the lower row
    assert drawn.image.getpixel((50, 45)) == RED
    assert drawn.image.getpixel((50, 5)) == BLACK


def test_values_beyond_the_limits_get_the_outermost_colours_and_nan_breaks_nothing():
    drawn = panel()
    drawn.surface(np.array([[-1e9, -1e9], [1e9, 1e9]]), (0, 1), TWO_COLOURS)
    assert {colour for _, colour in drawn.image.getcolors()} == {RED, BLACK}
    drawn.surface(np.array([[np.nan, np.inf], [-np.inf, 0]]), (0, 1), TWO_COLOURS)
    assert drawn.image.size == (100, 50)


def test_the_level_is_drawn_where_the_values_pass_it():
    values = np.tile(np.linspace(0, 1, 100), (50, 1))
    drawn = panel()
    drawn.surface(values, (0, 1), TWO_COLOURS[:1].repeat(4, axis=0), level=0.25)
    others = {column for column in range(100) if drawn.image.getpixel((column, 20)) != RED}
    assert others <= {24, 25, 26}
    assert others
    drawn.surface(values, (0, 1), TWO_COLOURS[:1].repeat(4, axis=0), level=None)
    assert drawn.image.getcolors() == [(5000, RED)]


def test_ticks_and_frame_are_outside_of_the_panel():
    sheet = Image.new("RGB", (200, 120), "white")
    drawn = panel()
    drawn.surface(np.zeros((2, 2)), (0, 1), TWO_COLOURS)
    drawn.draw_axes(sheet, (60, 20))
    sheet.paste(drawn.image, (60, 20))
    pixels = np.asarray(sheet)
    assert (pixels[20:70, 60:160] == RED).all()
    assert (pixels[71:100, 40:180] < 255).any()  # numbers below
    assert (pixels[20:70, 20:58] < 255).any()  # numbers at the left
    assert (pixels[:12] == 255).all()


@pytest.mark.parametrize(
    ("low", "high", "about", "ticks"),
    [
        (0, 20, 3, [0, 10, 20]),
        (0, 1, 4, [0, 0.5, 1]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.001, 0.0011, 4, [-0.001, 0, 0.001]),
        (1000, 9000, 4, [2000, 4000, 6000, 8000]),
    ],
)
def test_ticks_are_round_and_within(low, high, about, ticks):
    assert nice_ticks(low, high, about) == pytest.approx(ticks)


def test_numbers_are_short():
    assert [number_text(value) for value in (0.0, -0.0, 0.25, -3, 12000)] == [
        "0",
        "0",
        "0.25",
        "−3",
        "12,000",
    ]


def test_a_paler_map_is_lighter():
    plain, pale = colour_map("cividis", 8), colour_map("cividis", 8, 0.5)
    assert plain.shape == (8, 3)
    assert (pale >= plain).all()
    assert (colour_map("cividis", 8, 1.0) == 255).all()


def test_a_small_png_has_the_colours_of_its_palette_and_what_lies_between():
    colours = palette(("#c85200",), (RED, BLACK))
    picture = Image.new("RGB", (40, 40), RED)
    picture.paste("#c85200", (0, 0, 20, 40))
    picture.paste("white", (0, 0, 40, 10))
    file = Image.open(io.BytesIO(as_small_png(picture, colours)))
    assert (file.format, file.mode) == ("PNG", "P")
    assert (np.asarray(file.convert("RGB")) == np.asarray(picture)).all()
