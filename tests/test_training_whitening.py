"""Whitening filters decorrelate the patches of random images; a model takes them and their negatives."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.models.classifiers import CourseCNN, initialise
from course_lib.training.whitening import patch_whitening_filters, whiten_first_convolution
from tests.helpers import seeded


def smooth_images(count, channels, seed):
    """Return noise that was blurred, so that neighbouring pixels are alike."""
    noise = torch.randn(count, channels, 14, 14, generator=seeded(seed), dtype=torch.float64)
    return F.avg_pool2d(noise, 3, stride=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kernel_size", [2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_responses_are_uncorrelated_with_variance_one(channels, kernel_size, seed):
    images = smooth_images(200, channels, seed)
    filters = patch_whitening_filters(images, kernel_size, epsilon=0.0)
    responses = F.conv2d(images, filters).transpose(0, 1).flatten(1)  # (filters, count · positions)
    torch.testing.assert_close(
        responses.cov(), torch.eye(len(filters), dtype=torch.float64), rtol=0, atol=1e-8
    )


def test_epsilon_leaves_rare_directions_small_and_the_commonest_comes_first():
    images = smooth_images(200, 1, 0)
    responses = F.conv2d(images, patch_whitening_filters(images, 3, epsilon=0.01)).transpose(0, 1).flatten(1)
    variances = responses.var(dim=1)
    assert (variances[:-1] >= variances[1:]).all()
    assert 0.8 < variances[0] < 1
    assert variances[-1] < 0.5


def test_the_model_gets_filters_and_their_negatives_and_keeps_the_rest():
    model = initialise(CourseCNN(widths=(24,)), seeded(0))
    before = model.features[0].weight.detach().clone()
    images = smooth_images(50, 1, 0).float()
    whiten_first_convolution(model, images)
    weight = model.features[0].weight.detach()
    torch.testing.assert_close(weight[:9], patch_whitening_filters(images, 3))
    assert torch.equal(weight[9:18], -weight[:9])
    assert torch.equal(weight[18:], before[18:])
    assert model.features[0].weight.requires_grad


def test_a_narrow_layer_gets_the_commonest_directions():
    model = whiten_first_convolution(nn.Conv2d(1, 6, 3), smooth_images(50, 1, 0).float())
    filters = patch_whitening_filters(smooth_images(50, 1, 0).float(), 3)
    torch.testing.assert_close(model.weight.detach(), torch.cat([filters[:3], -filters[:3]]))
