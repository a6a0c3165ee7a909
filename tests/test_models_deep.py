"""The deep network: plain and residual differ by the addition alone."""

import pytest
import torch
from torch import nn

from course_lib.models.classifiers import initialise, parameter_count
from course_lib.models.deep import DeepCNN
from tests.helpers import seeded


def images(count=4):
    return torch.randn(count, 1, 28, 28, generator=seeded(5))


@pytest.mark.parametrize("depth", [0, 2, 8])
def test_parameters_by_hand_with_and_without_shortcuts(depth):
    expected = (16 * 16 + 2 * 16) + depth * (9 * 16 * 16 + 2 * 16) + (16 * 10 + 10)
    assert [parameter_count(DeepCNN(depth, shortcuts)) for shortcuts in (False, True)] == [expected] * 2


@pytest.mark.parametrize("shortcuts", [False, True])
def test_it_computes_what_is_written_out(shortcuts):
    model = initialise(DeepCNN(4, shortcuts, channels=3, class_count=5), seeded(0)).eval()
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    x = norms[0](convolutions[0](images())).relu()
    for pair in (1, 3):
        y = norms[pair](convolutions[pair](x)).relu()
        y = norms[pair + 1](convolutions[pair + 1](y))
        x = (x + y if shortcuts else y).relu()
    torch.testing.assert_close(model(images()), model.classify(x.mean(dim=(2, 3))))


def test_the_same_weights_fit_both_and_give_different_answers():
    plain, residual = initialise(DeepCNN(6, False), seeded(0)).eval(), DeepCNN(6, True).eval()
    residual.load_state_dict(plain.state_dict())
    assert (plain(images()) - residual(images())).abs().max() > 0.1


def test_with_silent_branches_only_the_shortcuts_are_left():
    model = initialise(DeepCNN(6, True), seeded(0)).eval()
    for block in model.blocks:
        nn.init.zeros_(block.branch[3].weight)
    stem = model.stem(images())
    torch.testing.assert_close(model.blocks(stem), stem)


@pytest.mark.parametrize("depth", [3, -2])
def test_a_depth_that_makes_no_pairs_is_refused(depth):
    with pytest.raises(ValueError, match="depth must be even and at least 0"):
        DeepCNN(depth, False)


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match="this model takes images of shape"):
        DeepCNN(2, True)(torch.zeros(2, 1, 32, 32))
