"""The small residual network: counts, shapes, and what it refuses."""

import pytest
import torch

from course_lib.layers.blocks import ResidualBlock
from course_lib.models.classifiers import initialise, parameter_count
from course_lib.models.residual import SmallResNet
from tests.helpers import seeded


def test_parameters_by_hand():
    stages = 0
    for in_channels, out_channels in ((1, 32), (32, 64), (64, 128)):
        stages += 9 * in_channels * out_channels + 2 * out_channels  # pooling block
        stages += 9 * out_channels * out_channels + 2 * out_channels  # residual block
    assert parameter_count(SmallResNet()) == stages + (128 * 3 * 3 * 10 + 10) == 298_410


@pytest.mark.parametrize(
    ("model", "shape", "classes"),
    [
        (SmallResNet(), (2, 1, 28, 28), 10),
        (SmallResNet(channels=3, widths=(4, 8), image_size=32, class_count=7), (2, 3, 32, 32), 7),
        (SmallResNet(widths=(4,), image_size=9), (5, 1, 9, 9), 10),
    ],
)
def test_one_logit_a_class_for_each_image(model, shape, classes):
    assert model(torch.zeros(shape)).shape == (shape[0], classes)


def test_the_maps_shrink_as_the_documentation_says():
    model, x, shapes = SmallResNet(), torch.zeros(2, 1, 28, 28), []
    for stage in model.stages:
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(32, 14, 14), (64, 7, 7), (128, 3, 3)]


def test_without_its_shortcuts_it_answers_otherwise():
    model = initialise(SmallResNet(), seeded(0)).eval()
    images = torch.randn(4, 1, 28, 28, generator=seeded(1))
    with_shortcuts = model(images)
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            module.forward = module.branch.forward
    assert (model(images) - with_shortcuts).abs().max() > 0.1


@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (2, 3, 28, 28), (1, 28, 28)])
def test_images_of_another_size_are_refused(shape):
    with pytest.raises(ValueError, match="this model takes images of shape"):
        SmallResNet()(torch.zeros(shape))


def test_more_stages_than_the_image_can_halve_are_refused():
    with pytest.raises(ValueError, match="5 blocks halve 28 pixels to nothing"):
        SmallResNet(widths=(2, 2, 2, 2, 2))
