"""Features of images: batches do not matter, the net's mode is kept, wrong images are refused."""

import pytest
import torch
from torch import nn

from course_lib.metrics.features import extract_features
from course_lib.models.classifiers import initialise
from course_lib.models.features import FeatureNet
from tests.helpers import seeded


@pytest.fixture
def net():
    return initialise(FeatureNet(widths=(4, 8)), seeded(0))


@pytest.fixture
def images():
    return torch.rand(7, 1, 28, 28, generator=seeded(1)) * 2 - 1


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_features_do_not_depend_on_the_batch_and_the_mode_is_kept(net, images, batch_size):
    net.train()
    features = extract_features(net, images, batch_size)
    assert net.training
    assert net.stages[0][0][2].training
    assert not features.requires_grad
    torch.testing.assert_close(features, net.eval()(images).detach())


def test_raw_images_are_mapped_to_minus_one_to_one(net):
    raw = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 1, 28, 28)
    expected = torch.stack([torch.full((1, 28, 28), -1.0), torch.ones(1, 28, 28)])
    torch.testing.assert_close(extract_features(net, raw), extract_features(net, expected))


def test_pixels_can_be_the_features(images):
    torch.testing.assert_close(extract_features(nn.Flatten(), images), images.flatten(1))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: x * 3, r"must lie in \[-1, 1\]"),
        (lambda x: x.where(x < 0.99, torch.nan), r"must lie in \[-1, 1\], got nan"),
        (lambda x: x[0], "need images of shape"),
        (lambda x: x[:0], "need images of shape"),
    ],
)
def test_wrong_images_are_refused_and_the_mode_is_kept(net, images, spoil, message):
    images[0, 0, 0, 0] = 1
    net.train()
    with pytest.raises(ValueError, match=message):
        extract_features(net, spoil(images))
    assert net.training


def test_a_net_without_rows_of_features_is_refused(images):
    with pytest.raises(ValueError, match="one row of features an image"):
        extract_features(nn.Identity(), images)
