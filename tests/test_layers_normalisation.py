"""Batch normalisation against torch.nn.BatchNorm2d: both modes, running averages, gradients."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.normalisation import BatchNorm2d, batch_norm2d
from tests.helpers import seeded


def pair_of_layers(channels, generator, **options):
    """Return ours and torch's with the same random scale and shift, in float64."""
    ours, theirs = (
        BatchNorm2d(channels, **options).double(),
        torch.nn.BatchNorm2d(channels, **options).double(),
    )
    with torch.no_grad():
        for name in ("weight", "bias"):
            values = torch.randn(channels, generator=generator, dtype=torch.float64)
            getattr(ours, name).copy_(values)
            getattr(theirs, name).copy_(values)
    return ours, theirs


@given(batch=st.integers(1, 5), channels=st.integers(1, 4), size=st.integers(2, 5),
       momentum=st.sampled_from([0.1, 0.3, 1.0]), eps=st.sampled_from([1e-5, 0.1]), seed=st.integers(0, 99)
)  # fmt: skip
def test_training_evaluation_running_averages_and_gradients_equal_torch(
    batch, channels, size, momentum, eps, seed
):
    generator = seeded(seed)
    ours, theirs = pair_of_layers(channels, generator, momentum=momentum, eps=eps)
    for training in (True, True, True, False, True, False):
        ours.train(training)
        theirs.train(training)
        images = (
            3 * torch.randn(batch, channels, size, size + 1, generator=generator, dtype=torch.float64) + 1
        )
        upstream = torch.randn(images.shape, generator=generator, dtype=torch.float64)
        inputs = images.clone().requires_grad_(), images.clone().requires_grad_()
        outputs = ours(inputs[0]), theirs(inputs[1])
        torch.testing.assert_close(*outputs, rtol=1e-10, atol=1e-10)
        gradients = [
            torch.autograd.grad(output, [x, layer.weight, layer.bias], upstream)
            for output, x, layer in zip(outputs, inputs, (ours, theirs), strict=True)
        ]
        torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(ours.running_mean, theirs.running_mean, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=1e-12, atol=1e-12)


def test_the_gradient_agrees_with_small_differences():
    generator = seeded(0)
    images, weight, bias = (
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((3, 2, 2, 2), (2,), (2,))
    )
    running = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda x, w, b: batch_norm2d(x, w, b, *running, training=True)[0], (images, weight, bias)
    )


def test_the_function_leaves_its_running_averages_alone_and_no_graph_in_the_new_ones():
    mean, var = torch.zeros(3), torch.ones(3)
    images = torch.randn(4, 3, 5, 5, generator=seeded(0), requires_grad=True)
    _, new_mean, new_var = batch_norm2d(images, torch.ones(3), torch.zeros(3), mean, var, training=True)
    assert torch.equal(mean, torch.zeros(3))
    assert torch.equal(var, torch.ones(3))
    assert not new_mean.requires_grad
    assert not new_var.requires_grad


def test_the_weights_and_averages_of_torch_can_be_loaded_and_the_averages_are_saved():
    generator = seeded(1)
    ours, theirs = pair_of_layers(3, generator)
    theirs(torch.randn(4, 3, 5, 5, generator=generator, dtype=torch.float64))
    state = {name: values for name, values in theirs.state_dict().items() if name != "num_batches_tracked"}
    ours.load_state_dict(state)
    images = torch.randn(2, 3, 4, 4, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(ours.eval()(images), theirs.eval()(images))


def test_a_single_number_for_each_channel_is_refused_in_training_as_torch_does():
    layer = BatchNorm2d(3)
    with pytest.raises(ValueError, match="more than one number"):
        layer(torch.zeros(1, 3, 1, 1))
    with pytest.raises(ValueError, match="more than 1 value"):
        torch.nn.BatchNorm2d(3)(torch.zeros(1, 3, 1, 1))
    assert layer.eval()(torch.zeros(1, 3, 1, 1)).shape == (1, 3, 1, 1)


def test_other_than_four_dimensions_are_refused():
    with pytest.raises(ValueError, match="batch, channels, height, width"):
        BatchNorm2d(3)(torch.zeros(2, 3))
