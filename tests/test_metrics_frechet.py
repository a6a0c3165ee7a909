"""The Fréchet distance agrees with torchmetrics and with closed forms, and refuses what it cannot measure."""

import math

import pytest
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from course_lib.metrics.frechet import (
    frechet_distance,
    gaussian_frechet_distance,
    mean_and_covariance,
    symmetric_square_root,
)
from tests.helpers import seeded


class Projection(nn.Module):
    """Stands for a feature net: random directions of the pixels, then a ReLU."""

    def __init__(self, features, seed=0):
        super().__init__()
        self.features = features
        self.register_buffer("weight", torch.randn(784, features, generator=seeded(seed)) / 10)
        self.num_features = features

    def forward(self, images):
        return (images.flatten(1).to(self.weight.dtype) @ self.weight).relu()


def two_sets(real_count=150, fake_count=220):
    real = torch.rand(real_count, 1, 28, 28, generator=seeded(1))
    return real, torch.rand(fake_count, 1, 28, 28, generator=seeded(2)) ** 1.5


@pytest.mark.filterwarnings("ignore")  # torchmetrics warns of memory and of its own deprecations
@pytest.mark.parametrize("features", [1, 5, 64])
def test_torchmetrics_agrees(features):
    net = Projection(features)
    oracle = FrechetInceptionDistance(feature=net, normalize=True, input_img_size=(1, 28, 28))
    oracle.set_dtype(torch.float64)
    real, fake = two_sets()
    seen = []  # torchmetrics hands bytes to the net: features are compared, so they have to be the same ones
    net.register_forward_hook(lambda module, inputs, output: seen.append(output.double()))
    oracle.update(real, real=True)
    oracle.update(fake, real=False)
    ours = frechet_distance(seen[-2], seen[-1])
    assert ours == pytest.approx(oracle.compute().item(), rel=1e-4)


def test_torchmetrics_agrees_on_correlated_features():
    """The formula by itself, as torchmetrics computes it: eigenvalues of the product, which is not symmetric."""
    from torchmetrics.image.fid import _compute_fid

    mix = torch.randn(40, 40, generator=seeded(3), dtype=torch.float64)
    real = torch.randn(400, 40, generator=seeded(4), dtype=torch.float64) @ mix
    fake = torch.randn(300, 40, generator=seeded(5), dtype=torch.float64) @ mix.T + 0.3
    gaussians = *mean_and_covariance(real), *mean_and_covariance(fake)
    assert gaussian_frechet_distance(*gaussians) == pytest.approx(_compute_fid(*gaussians).item(), rel=1e-6)
    assert frechet_distance(real, fake) == pytest.approx(_compute_fid(*gaussians).item(), rel=1e-6)


@pytest.mark.parametrize(("shift", "std_a", "std_b"), [(0.0, 1, 1), (2.5, 1, 1), (-1.0, 3, 0.5), (1, 0, 2)])
def test_in_one_dimension(shift, std_a, std_b):
    one = torch.ones(1)
    found = gaussian_frechet_distance(shift * one, std_a**2 * one[None], torch.zeros(1), std_b**2 * one[None])
    assert found == pytest.approx(shift**2 + (std_a - std_b) ** 2, abs=1e-12)


def rotation(angle):
    return torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64
    )


def test_covariances_with_common_axes_compare_standard_deviations_axis_by_axis():
    turn, zero = rotation(0.7), torch.zeros(2)
    a = turn @ torch.diag(torch.tensor([9.0, 1.0], dtype=torch.float64)) @ turn.T
    b = turn @ torch.diag(torch.tensor([4.0, 16.0], dtype=torch.float64)) @ turn.T
    assert gaussian_frechet_distance(zero, a, zero, b) == pytest.approx((3 - 2) ** 2 + (1 - 4) ** 2)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2])
def test_covariances_that_do_not_commute(angle):
    """In two dimensions the trace of a root is known: (tr √M)² = tr M + 2 √det M."""
    a = torch.diag(torch.tensor([9.0, 1.0], dtype=torch.float64))
    b = rotation(angle) @ torch.diag(torch.tensor([4.0, 0.25], dtype=torch.float64)) @ rotation(angle).T
    overlap = math.sqrt((a @ b).trace() + 2 * math.sqrt(9 * 1 * 4 * 0.25))
    expected = 10 + 4.25 - 2 * overlap
    zero = torch.zeros(2)
    assert gaussian_frechet_distance(zero, a, zero, b) == pytest.approx(expected, abs=1e-12)
    assert gaussian_frechet_distance(zero, b, zero, a) == pytest.approx(expected, abs=1e-12)


def test_a_covariance_without_full_rank_is_no_difficulty():
    a = torch.diag(torch.tensor([1.0, 0.0, 0.0]))
    b = torch.diag(torch.tensor([0.0, 1.0, 4.0]))
    zero = torch.zeros(3)
    assert gaussian_frechet_distance(zero, a, zero, b) == pytest.approx(1 + 1 + 4)
    assert gaussian_frechet_distance(zero, a, zero, a) == pytest.approx(0, abs=1e-12)


def test_the_square_root_squares_to_the_matrix():
    mix = torch.randn(6, 6, generator=seeded(0), dtype=torch.float64)
    matrix = mix @ mix.T
    root = symmetric_square_root(matrix)
    torch.testing.assert_close(root @ root, matrix)
    torch.testing.assert_close(root, root.T)


def test_a_set_is_at_no_distance_from_itself_and_order_does_not_matter():
    features = torch.randn(200, 12, generator=seeded(0))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(features, features.flip(0)) == pytest.approx(0, abs=1e-10)


def test_two_samples_of_one_distribution_are_apart_and_less_so_if_they_are_larger():
    features = torch.randn(6000, 10, generator=seeded(0))
    small = frechet_distance(features[:100], features[100:200])
    large = frechet_distance(features[:3000], features[3000:])
    assert 0 < 10 * large < small


@pytest.mark.parametrize(("real", "fake"), [(10, 200), (200, 10), (9, 9)])
def test_too_few_samples_are_refused_with_their_number(real, fake):
    with pytest.raises(
        ValueError, match=r"(9|10) (real|generated) samples are too few: more than 10 are needed"
    ):
        frechet_distance(torch.zeros(real, 10), torch.zeros(fake, 10))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_features_that_are_no_numbers_are_refused(bad):
    features = torch.randn(50, 3, generator=seeded(0))
    spoilt = features.clone()
    spoilt[[4, 7], 1] = bad
    with pytest.raises(ValueError, match="2 of 50 generated samples have features that are infinite"):
        frechet_distance(features, spoilt)
    with pytest.raises(ValueError, match="2 of 50 real samples"):
        frechet_distance(spoilt, features)


@pytest.mark.parametrize(("real", "fake"), [((50, 3), (50, 4)), ((50,), (50,)), ((50, 3, 1), (50, 3, 1))])
def test_features_of_other_shapes_are_refused(real, fake):
    with pytest.raises(ValueError, match="need features of shape"):
        frechet_distance(torch.zeros(real), torch.zeros(fake))


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (torch.tensor([[1.0, 2.0], [0.0, 1.0]]), "must be symmetric"),
        (torch.tensor([[1.0, 2.0], [2.0, 1.0]]), "no eigenvalue below 0"),
        (torch.full((2, 2), torch.nan), "not a number"),
        (torch.eye(3), "need two means"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance, message):
    with pytest.raises(ValueError, match=message):
        gaussian_frechet_distance(torch.zeros(2), torch.eye(2), torch.zeros(2), covariance)
