"""The pair for points in the plane: shapes, initial weights from the generator that is passed, spectral norm."""

import pytest
import torch

from course_lib.models.classifiers import parameter_count
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from tests.helpers import assert_same_state, copy_of_state, seeded

PAIR = [
    PointGenerator,
    PointDiscriminator,
    lambda: PointDiscriminator(spectral_norm=True),
]


def test_shapes_and_counts():
    generator, discriminator = PointGenerator(latent_dim=3, hidden=(16, 8)), PointDiscriminator(hidden=(16,))
    assert generator.latent_dim == 3
    points = generator(torch.zeros(5, 3))
    assert points.shape == (5, 2)
    assert discriminator(points).shape == (5,)
    assert parameter_count(generator) == (3 + 1) * 16 + (16 + 1) * 8 + (8 + 1) * 2
    assert parameter_count(discriminator) == (2 + 1) * 16 + (16 + 1)


@pytest.mark.parametrize("make", PAIR)
def test_initial_weights_come_from_the_passed_generator_alone(make):
    first, again, other = (initialise_points(make(), seeded(seed)) for seed in (0, 0, 1))
    assert_same_state(copy_of_state(first), copy_of_state(again))
    assert not torch.equal(next(first.parameters()), next(other.parameters()))
    model, before = make(), torch.get_rng_state()
    initialise_points(model, seeded(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_initial_weights_have_the_size_that_the_documentation_says():
    model = initialise_points(PointGenerator(hidden=(400, 300)), seeded(0))
    weight, bias = model.layers[2].weight, model.layers[2].bias
    assert weight.std().item() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert bias.abs().max() <= 1 / 20
    assert bias.std().item() == pytest.approx(1 / 20 / 3**0.5, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_with_spectral_norm_the_slope_is_at_most_1(seed):
    model = initialise_points(PointDiscriminator((32, 32), spectral_norm=True), seeded(seed)).eval()
    points = 3 * torch.randn(500, 2, generator=seeded(seed)).requires_grad_()
    (slopes,) = torch.autograd.grad(model(points).sum(), points)
    assert slopes.norm(dim=1).max() <= 1 + 1e-5
    scaled = initialise_points(
        PointDiscriminator((32, 32), spectral_norm=True, scale=20.0), seeded(seed)
    ).eval()
    torch.testing.assert_close(scaled(points), 20 * model(points))
    plain = initialise_points(PointDiscriminator((32, 32)), seeded(seed))
    (slopes,) = torch.autograd.grad(plain(points).sum(), points)
    assert slopes.norm(dim=1).max() > 1.2


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        (
            PointGenerator(latent_dim=2),
            torch.zeros(4, 3),
            r"takes latents of shape \(batch, 2\), got \(4, 3\)",
        ),
        (PointGenerator(latent_dim=2), torch.zeros(2), "takes latents of shape"),
        (PointDiscriminator(), torch.zeros(4, 3), r"takes points of shape \(batch, 2\), got \(4, 3\)"),
    ],
)
def test_other_shapes_are_refused(model, x, message):
    with pytest.raises(ValueError, match=message):
        model(x)
