"""What the GAN lab draws: the limits of its panels, the warped grid, and what each panel depends on."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.datasets.toy import TwoMoons, mixture, ring
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.training.gan_configuration import GANConfig
from course_lib.widgets.gan_lab_picture import (
    draw_lab,
    latent_lines,
    surface_limits,
    view_of,
    warped_lines,
)
from course_lib.widgets.gan_lab_run import LabRun
from course_lib.widgets.gan_lab_sheet import LEFTS, SIDE, TOP, lab_png

PLANE = (slice(TOP, TOP + SIDE), slice(LEFTS[0], LEFTS[0] + SIDE))
GRID = (slice(TOP, TOP + SIDE), slice(LEFTS[1], LEFTS[1] + SIDE))
CURVES = (slice(TOP, TOP + SIDE), slice(LEFTS[2], None))


@pytest.fixture
def run():
    return LabRun(ring(8, std=0.05), GANConfig())


def pixels(run, probability=True):
    return np.asarray(draw_lab(run, view_of(run.data), probability)).astype(int)


@pytest.mark.parametrize(
    "data", [ring(), TwoMoons(), mixture([(3, 3)], 0.01), mixture([(0, 0), (9, 0)], 2.0)]
)
def test_the_view_is_a_square_with_all_real_points_well_inside(data):
    (left, right), (down, up) = view_of(data)
    assert right - left == pytest.approx(up - down)
    points = data.sample(500, torch.Generator().manual_seed(1))
    margin = 0.08 * (right - left)
    assert points[:, 0].min() > left + margin
    assert points[:, 0].max() < right - margin
    assert points[:, 1].min() > down + margin
    assert points[:, 1].max() < up - margin


def test_each_cell_of_the_grid_of_latents_holds_a_hundredth():
    first, second = latent_lines()
    assert [len(first), len(second)] == [9, 9]
    latents = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0))
    left, right = first[2][0, 0], first[3][0, 0]
    down, up = second[6][0, 1], second[7][0, 1]
    inside = (latents > torch.stack([left, down])) & (latents < torch.stack([right, up]))
    assert inside.all(dim=1).double().mean().item() == pytest.approx(0.01, abs=0.001)
    assert all((line[:, 0] == line[0, 0]).all() for line in first)
    assert first[0][[0, -1], 1].tolist() == [
        second[0][0, 1],
        second[-1][0, 1],
    ]  # lines end at the outermost lines
    assert all((line[:, 1] == line[0, 1]).all() for line in second)


def test_the_warped_lines_are_what_the_generator_makes_of_them():
    generator = initialise_points(PointGenerator(latent_dim=3, hidden=(8,)), torch.Generator().manual_seed(0))
    warped = warped_lines(generator)
    line = latent_lines()[1][4]
    expected = generator(torch.cat([line, torch.zeros(len(line), 1)], dim=1)).detach().numpy()
    assert np.allclose(warped[1][4], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "limits"),
    [(-0.9, 2.8, (-2, 4)), (-9, 7, (-20, 20)), (0.01, 0.07, (0, 0.08)), (5, 5, None)],
)
def test_limits_of_logits_are_round_and_hold_most(low, high, limits):
    found = surface_limits(torch.linspace(low, high, 1000).reshape(50, 20))
    assert found[0] <= low + 0.02 * (high - low)
    assert found[1] >= high - 0.02 * (high - low)
    assert found[0] < found[1]
    if limits:
        assert found == pytest.approx(limits)


def test_the_discriminators_panel_depends_on_the_discriminator_and_the_grid_does_not(run):
    before = pixels(run)
    run.discriminator = initialise_points(PointDiscriminator((64, 64)), torch.Generator().manual_seed(9))
    after = pixels(run)
    assert (before[PLANE] != after[PLANE]).any()
    assert (before[GRID] == after[GRID]).all()


def test_the_grid_depends_on_the_generator(run):
    before = pixels(run)
    run.generator = initialise_points(PointGenerator(2, (64, 64)), torch.Generator().manual_seed(9))
    assert (before[GRID] != pixels(run)[GRID]).any()


def test_the_curves_grow(run):
    before = pixels(run)
    run.train(3, 60)
    assert (before[CURVES] != pixels(run)[CURVES]).any()


def test_bright_is_where_the_discriminator_says_real(run):
    """A discriminator whose logit is 10 times the first coordinate: the right half is brighter than the left one."""

    class Slope(torch.nn.Module):
        def forward(self, points):
            return 10 * points[:, 0]

    run.discriminator = Slope()
    for probability in (True, False):
        plane = pixels(run, probability)[PLANE].mean(axis=2)
        assert plane[:20, -20:].mean() > plane[:20, :20].mean() + 50


def test_points_are_drawn_where_they_are(run):
    run.generated = lambda: torch.tensor([[-1.4, 1.4]]).expand(400, 2)
    picture = pixels(run)
    (left, right), (down, up) = view_of(run.data)
    column = LEFTS[0] + (-1.4 - left) / (right - left) * SIDE
    row = TOP + (up - 1.4) / (up - down) * SIDE
    assert picture[round(row), round(column)].tolist() == [0xC8, 0x52, 0x00]


def test_points_outside_are_counted(run):
    run.generated = lambda: torch.full((400, 2), 1e6)
    outside = pixels(run)
    run.generated = lambda: torch.zeros(400, 2)
    corner = (slice(TOP + SIDE - 25, TOP + SIDE - 5), slice(LEFTS[0] + 5, LEFTS[0] + 220))
    assert (outside[corner] != pixels(run)[corner]).any()


def test_the_file_has_few_colours_and_the_same_look(run):
    picture = draw_lab(run, view_of(run.data))
    file = Image.open(io.BytesIO(lab_png(picture)))
    assert (file.format, file.size, file.mode) == ("PNG", picture.size, "P")
    difference = np.abs(np.asarray(file.convert("RGB")).astype(int) - np.asarray(picture))
    assert difference.mean() < 1
    assert np.quantile(difference, 0.999) <= 48
