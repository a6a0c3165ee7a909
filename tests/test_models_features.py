"""The feature net: counts, shapes, what it normalises, what it refuses, and the weights that come with the course."""

import pytest
import torch

from course_lib.datasets.batches import normalise
from course_lib.models.classifiers import initialise, parameter_count
from course_lib.models.features import FeatureNet
from course_lib.models.residual import SmallResNet
from course_lib.training.bundled import load_bundled
from tests.helpers import seeded


def some_images(count=3):
    return torch.rand(count, 1, 28, 28, generator=seeded(0)) * 2 - 1


def test_parameters_by_hand():
    head = 128 * 10 + 10  # the mean leaves 128 numbers where SmallResNet has 1,152
    assert parameter_count(FeatureNet()) == parameter_count(SmallResNet()) - 128 * 9 * 10 - 10 + head


def test_features_and_logits_have_their_shapes():
    net = FeatureNet(widths=(4, 8), class_count=3)
    assert net(some_images()).shape == (3, 8)
    assert net.feature_count == 8
    assert net.logits(some_images()).shape == (3, 3)


def test_logits_are_the_last_layer_of_the_features():
    net = initialise(FeatureNet(), seeded(1)).eval()
    features = net(some_images())
    assert (features >= 0).all()
    torch.testing.assert_close(
        net.logits(some_images()), features @ net.classify.weight.T + net.classify.bias
    )


def test_the_pixels_are_normalised_inside_as_the_course_does_it():
    net = initialise(FeatureNet(), seeded(1)).eval()
    raw = torch.randint(0, 256, (3, 1, 28, 28), generator=seeded(2), dtype=torch.uint8)
    expected = net.stages(normalise(raw, [net.mean], [net.std])).mean(dim=(2, 3))
    torch.testing.assert_close(net(normalise(raw, [0.5], [0.5])), expected)


def test_where_something_is_does_not_matter_behind_the_mean():
    """Global average pooling: the same maps in other places give the same features."""
    net = FeatureNet()
    net.stages = torch.nn.Identity()
    maps = torch.rand(2, 1, 28, 28, generator=seeded(3))
    torch.testing.assert_close(net(maps), net(maps.roll((5, 3), dims=(2, 3))))


@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (2, 3, 28, 28), (1, 28, 28)])
def test_images_of_another_size_are_refused(shape):
    with pytest.raises(ValueError, match="this model takes images of shape"):
        FeatureNet()(torch.zeros(shape))


def test_integers_are_refused():
    with pytest.raises(ValueError, match="floating-point"):
        FeatureNet()(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))


def test_more_stages_than_the_image_can_halve_are_refused():
    with pytest.raises(ValueError, match="5 blocks halve 28 pixels to nothing"):
        FeatureNet(widths=(2, 2, 2, 2, 2))


def test_the_course_s_own_weights_are_whole_and_recognise_clothes():
    net = FeatureNet()
    card = load_bundled("fashion_features", net)
    assert card["test_accuracy"] >= 0.92
    assert card["features"] == net.feature_count == 128
    assert not net.training
