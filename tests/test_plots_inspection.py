"""Maps over pictures are drawn where they belong, and sizes that do not fit are refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_lib.plots.inspection import draw_map, draw_overlay, map_grid


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_an_overlay_shows_the_map_relative_to_its_maximum_without_negative_numbers():
    heat = torch.tensor([[0.0, 2.0], [-4.0, 1.0]])
    ax = draw_overlay(torch.zeros(1, 2, 2), heat)
    assert np.allclose(ax.images[1].get_array(), [[0, 1], [0, 0.5]])
    assert len(ax.images) == 2


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_map_without_positive_numbers_adds_nothing(value):
    assert len(draw_overlay(torch.zeros(1, 4, 4), torch.full((4, 4), value)).images) == 1


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="enlarge it first"):
        draw_overlay(torch.zeros(1, 28, 28), torch.zeros(7, 7))
    assert not plt.get_fignums()


def test_a_grid_has_a_row_of_pictures_and_one_for_each_map():
    images = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    figure = map_grid(images, {"first": images[:, 0], "second": images[:, 0]}, ["a", "b", "c"])
    axes = np.array(figure.axes).reshape(3, 3)
    assert [ax.get_title() for ax in axes[0]] == ["a", "b", "c"]
    assert [row[0].texts[0].get_text() for row in axes[1:]] == ["first", "second"]
    figure.canvas.draw()


def test_a_map_of_numbers_has_a_bar_with_its_unit():
    ax = draw_map(torch.tensor([[1.0, -2.0]]), "fall of p", "title")
    assert ax.figure.axes[1].get_ylabel() == "fall of p"
    assert ax.images[0].get_clim() == (-2, 1)


def test_a_map_of_both_signs_has_zero_in_the_middle_of_its_colours():
    ax = draw_map(torch.tensor([[1.0, -2.0]]), "logit", limit=2.0)
    assert ax.images[0].get_clim() == (-2, 2)
    assert np.allclose(ax.images[0].cmap(0.5)[:3], 0.97, atol=0.02)  # zero is nearly white


def test_a_grid_writes_the_largest_number_of_each_map_if_asked():
    images = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    figure = map_grid(
        images, {"first": torch.tensor([0.25, 3.0]).view(2, 1, 1).expand(2, 4, 4)}, ["a", "b"], maxima=True
    )
    written = [text.get_text() for ax in figure.axes[2:] for text in ax.texts]
    assert sorted(written) == ["0.25", "3.00", "first"]
