"""The picture of the course."""

import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

from course_lib.plots.course_map import PARTS, draw_course_map


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


def test_the_map_names_the_four_parts_and_each_notebook_once():
    ax = draw_course_map()
    written = [text.get_text() for text in ax.texts]
    notebooks = [notebook for part in PARTS.values() for notebook in part]
    assert [notebook[:2] for notebook in notebooks] == [f"{number:02}" for number in range(1, 18)]
    for name in (*PARTS, *notebooks):
        assert written.count(name) == 1
    assert len(boxes(ax)) == len(notebooks)
    assert all(box.get_linewidth() == 0 for box in boxes(ax))


@pytest.mark.parametrize("here", ["01", "05", "17"])
def test_the_notebook_that_is_read_is_outlined(here):
    outlined = [box for box in boxes(draw_course_map(here=here)) if box.get_linewidth() > 0]
    assert len(outlined) == 1


def test_the_map_fits_its_axes_and_is_drawn_where_it_is_asked_for():
    figure, ax = plt.subplots()
    assert draw_course_map(ax) is ax
    assert plt.get_fignums() == [figure.number]
    low, high = sorted(ax.get_ylim())
    for box in boxes(ax):
        assert low <= box.get_y() <= box.get_y() + box.get_height() <= high
