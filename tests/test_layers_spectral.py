"""Spectral normalisation: against the singular values, against torch's, and in training."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from course_lib.layers.spectral import SpectralNorm, normalise_spectrally
from tests.helpers import seeded


def layer(kind="linear", seed=0):
    made = nn.Linear(7, 5) if kind == "linear" else nn.Conv2d(3, 4, 3)
    with torch.no_grad():
        made.weight.copy_(torch.randn(made.weight.shape, generator=seeded(seed)))
        made.bias.zero_()
    return made


@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_the_largest_singular_value_is_1_and_the_directions_stay(kind):
    plain = layer(kind)
    normed = normalise_spectrally(copy.deepcopy(plain)).eval()
    largest = torch.linalg.svdvals(plain.weight.flatten(1))[0]
    torch.testing.assert_close(normed.weight, plain.weight / largest)
    assert torch.linalg.svdvals(normed.weight.flatten(1))[0].item() == pytest.approx(1, abs=1e-5)


def test_power_iteration_follows_weights_that_change():
    normed = normalise_spectrally(layer())
    with torch.no_grad():
        normed.parametrizations.weight.original.copy_(torch.randn(5, 7, generator=seeded(9)))
    far = abs(torch.linalg.svdvals(normed.eval().weight)[0].item() - 1)
    normed.train()
    for _ in range(200):
        normed(torch.zeros(1, 7))
    assert far > 0.01
    assert torch.linalg.svdvals(normed.eval().weight)[0].item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_weights_and_gradients_are_those_of_torch(training):
    ours, theirs = normalise_spectrally(layer()), parametrizations.spectral_norm(layer())
    module = theirs.parametrizations.weight[0]
    module._u.copy_(ours.parametrizations.weight[0].left)
    module._v.copy_(ours.parametrizations.weight[0].right)
    x = torch.randn(4, 7, generator=seeded(1))
    for model in (ours, theirs):
        model.train(training)
        (model(x) ** 3).sum().backward()
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(
        ours.parametrizations.weight.original.grad, theirs.parametrizations.weight.original.grad
    )
    torch.testing.assert_close(ours.parametrizations.weight[0].left, module._u)


def test_evaluation_changes_no_buffer_and_training_does():
    normed = normalise_spectrally(layer())
    with torch.no_grad():
        normed.parametrizations.weight.original.add_(torch.randn(5, 7, generator=seeded(2)))
    before = normed.parametrizations.weight[0].left.clone()
    normed.eval()(torch.zeros(1, 7))
    assert torch.equal(normed.parametrizations.weight[0].left, before)
    normed.train()(torch.zeros(1, 7))
    assert not torch.equal(normed.parametrizations.weight[0].left, before)


def test_two_passes_before_one_backward():
    """The discriminator sees real and generated samples before its gradient is taken; each pass moves the vectors."""
    normed = normalise_spectrally(layer())
    total = normed(torch.ones(1, 7)).sum() + normed(-2 * torch.ones(1, 7)).square().sum()
    total.backward()
    assert normed.parametrizations.weight.original.grad.isfinite().all()


def test_no_random_number_is_drawn():
    weight, before = torch.ones(3, 2), torch.get_rng_state()
    SpectralNorm(weight)(weight)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_is_a_parametrization_that_torch_knows():
    assert parametrize.is_parametrized(normalise_spectrally(layer()), "weight")
