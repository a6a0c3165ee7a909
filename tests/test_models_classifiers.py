"""LeNet-5 and the course's CNN: counts, shapes, initial weights, and what they refuse."""

import pytest
import torch
from torch import nn

from course_lib.models.classifiers import (
    CourseCNN,
    LeNet5,
    check_model_input,
    initialise,
    parameter_count,
)


def test_parameters_of_lenet_by_hand():
    convolutions = (6 * (1 * 5 * 5) + 6) + (16 * (6 * 5 * 5) + 16)
    linear = (400 * 120 + 120) + (120 * 84 + 84) + (84 * 10 + 10)
    assert parameter_count(LeNet5()) == convolutions + linear == 61_706


def test_parameters_of_the_course_cnn_by_hand():
    convolutions = 16 * 1 * 9 + 32 * 16 * 9 + 64 * 32 * 9
    normalisation = 2 * (16 + 32 + 64)
    assert parameter_count(CourseCNN()) == convolutions + normalisation + (64 * 3 * 3 * 10 + 10) == 29_178


def test_only_what_is_trained_is_counted():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    assert parameter_count(layer) == 6


@pytest.mark.parametrize(
    ("model", "shape", "classes"),
    [
        (LeNet5(), (2, 1, 28, 28), 10),
        (LeNet5(class_count=4), (3, 1, 28, 28), 4),
        (CourseCNN(), (2, 1, 28, 28), 10),
        (CourseCNN(channels=3, widths=(4, 8), image_size=32, class_count=7), (2, 3, 32, 32), 7),
        (CourseCNN(widths=(4,), image_size=9), (5, 1, 9, 9), 10),
    ],
)
def test_one_logit_a_class_for_each_image(model, shape, classes):
    logits = model(torch.zeros(shape))
    assert logits.shape == (shape[0], classes)


def test_the_maps_of_the_course_cnn_shrink_as_its_documentation_says():
    features = CourseCNN().features
    x, sizes = torch.zeros(2, 1, 28, 28), [28]
    for layer in features:
        x = layer(x)
        if isinstance(layer, nn.MaxPool2d):
            sizes.append(x.shape[-1])
    assert sizes == [28, 14, 7, 3]
    assert x.shape == (2, 64, 3, 3)


def test_logits_are_not_squashed():
    model = initialise(CourseCNN(), torch.Generator().manual_seed(0)).eval()
    logits = model(10 * torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(1)))
    assert logits.min() < -1
    assert logits.max() > 1


@pytest.mark.parametrize("model", [LeNet5(), CourseCNN()])
@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (2, 3, 28, 28), (1, 28, 28), (2, 1, 28, 27)])
def test_images_of_another_size_are_refused_with_both_shapes(model, shape):
    with pytest.raises(
        ValueError, match=r"takes images of shape \(batch, 1, 28, 28\), got .*; resize or crop"
    ):
        model(torch.zeros(shape))


@pytest.mark.parametrize("model", [LeNet5(), CourseCNN()])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_raw_images_are_refused_with_the_remedy(model, dtype):
    with pytest.raises(ValueError, match=f"got {dtype}; use course_lib.datasets.batches.normalise first"):
        model(torch.zeros(2, 1, 28, 28, dtype=dtype))


def test_images_that_fit_pass_in_any_floating_point_type():
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        check_model_input(torch.zeros(0, 3, 4, 5, dtype=dtype), 3, 4, 5)


def test_more_blocks_than_the_image_can_be_halved_are_refused():
    with pytest.raises(ValueError, match="4 blocks halve 8 pixels to nothing"):
        CourseCNN(widths=(2, 2, 2, 2), image_size=8)


def test_equal_generators_give_equal_weights_and_others_do_not():
    def weights(seed):
        return nn.utils.parameters_to_vector(
            initialise(LeNet5(), torch.Generator().manual_seed(seed)).parameters()
        )

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_initial_weights_have_variance_two_over_fan_in_and_biases_are_zero(random):
    convolution, linear = nn.Conv2d(8, 400, 5), nn.Linear(300, 400)
    initialise(nn.Sequential(convolution, linear), random)
    for layer, fan_in in ((convolution, 8 * 5 * 5), (linear, 300)):
        share = layer.weight.var().item() * fan_in / 2
        # of some 100,000 weights the variance is known to about 0.5 percent
        assert abs(share - 1) < 0.03
        assert abs(layer.weight.mean().item()) < 0.002
        assert layer.bias.count_nonzero() == 0


def test_normalisation_starts_as_the_identity_again(random):
    layer = nn.BatchNorm2d(3)
    layer(torch.rand(8, 3, 4, 4, generator=random) * 9)
    nn.init.uniform_(layer.weight)
    nn.init.uniform_(layer.bias)
    initialise(layer, random)
    x = torch.randn(5, 3, 2, 2, generator=random)
    assert torch.allclose(layer.eval()(x), x, atol=1e-4)
    assert layer.num_batches_tracked == 0


def test_initialising_returns_the_model_and_leaves_the_global_generator_alone(random):
    model = CourseCNN()
    before = torch.get_rng_state()
    assert initialise(model, random) is model
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.requires_grad for parameter in model.parameters())
