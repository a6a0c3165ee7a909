"""R1 and WGAN-GP: closed forms for a linear discriminator, and second-order gradients against finite differences."""

import pytest
import torch
from torch import nn

from course_lib.losses import input_gradients, r1_penalty, wgan_gp_penalty
from tests.helpers import seeded


def linear(weight):
    layer = nn.Linear(len(weight), 1, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([weight]))
    return nn.Sequential(layer, nn.Flatten(0))


def smooth_discriminator(seed=0):
    """Return a network with curvature everywhere, in float64, so that finite differences are exact to many digits."""
    model = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=seeded(seed), dtype=torch.float64))
    return model


def points(seed, count=5):
    return torch.randn(count, 2, generator=seeded(seed), dtype=torch.float64)


PENALTIES = {
    "r1": lambda model: r1_penalty(model, points(1)),
    "wgan-gp": lambda model: wgan_gp_penalty(model, points(1), points(2), seeded(3)),
}


def test_of_a_linear_discriminator_r1_is_half_its_slope_squared():
    assert r1_penalty(linear([3.0, 4.0]), points(0)).item() == pytest.approx(12.5)


def test_of_a_linear_discriminator_wgan_gp_is_the_slope_s_distance_from_1_squared():
    value = wgan_gp_penalty(linear([3.0, 4.0]), points(0), points(1), seeded(0))
    assert value.item() == pytest.approx(16.0)
    assert wgan_gp_penalty(linear([0.6, 0.8]), points(0), points(1), seeded(0)).item() == pytest.approx(
        0, abs=1e-12
    )


def test_of_images_all_pixels_count():
    class Sum(nn.Module):
        def forward(self, images):
            return 2 * images.sum(dim=(1, 2, 3))

    images = torch.zeros(3, 1, 4, 4)
    assert r1_penalty(Sum(), images).item() == pytest.approx(0.5 * 4 * 16)
    assert wgan_gp_penalty(Sum(), images, images, seeded(0)).item() == pytest.approx((2 * 4 - 1) ** 2)


@pytest.mark.parametrize("name", PENALTIES)
def test_the_second_order_gradient_equals_finite_differences(name):
    model, step = smooth_discriminator(), 1e-5
    PENALTIES[name](model).backward()
    compared = 0
    for parameter in model.parameters():
        if parameter.grad is None:  # the last bias moves no slope
            assert parameter is model[2].bias
            continue
        for number in range(parameter.numel()):
            place = parameter.data.view(-1)
            before = place[number].item()
            place[number] = before + step
            above = PENALTIES[name](model).item()
            place[number] = before - step
            below = PENALTIES[name](model).item()
            place[number] = before
            assert parameter.grad.view(-1)[number].item() == pytest.approx(
                (above - below) / (2 * step), abs=1e-7
            )
            compared += 1
    assert compared == 12 + 6 + 6


def test_the_gradients_are_those_of_each_sample_alone():
    model, x = smooth_discriminator(), points(4)
    together = input_gradients(model, x)
    for number in range(len(x)):
        torch.testing.assert_close(together[number], input_gradients(model, x[number : number + 1])[0])
    assert together.requires_grad  # it can be trained through


def test_the_samples_and_the_generator_get_no_gradient():
    real, fake = points(1).requires_grad_(), points(2).requires_grad_()
    model = smooth_discriminator()
    (r1_penalty(model, real) + wgan_gp_penalty(model, real, fake, seeded(0))).backward()
    assert real.grad is None
    assert fake.grad is None


def test_the_points_between_are_drawn_from_the_generator_one_position_a_sample():
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(x.detach().clone())
            return x.sum(1)

    real, fake = torch.zeros(200, 2), torch.ones(200, 2)
    for seed in (0, 0, 1):
        wgan_gp_penalty(Spy(), real, fake, seeded(seed))
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])
    assert torch.equal(seen[0][:, 0], seen[0][:, 1])  # on the line between the two
    assert 0 <= seen[0].min() < 0.05
    assert 0.95 < seen[0].max() <= 1


def test_where_the_slope_is_zero_the_gradient_is_still_a_number():
    model = linear([0.0, 0.0])
    value = wgan_gp_penalty(model, points(0), points(1), seeded(0))
    value.backward()
    assert value.item() == pytest.approx(1, abs=1e-5)
    assert model[0].weight.grad.isfinite().all()
