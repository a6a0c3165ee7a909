"""Penalties against SGD's weight decay, autograd and brute-force minimisation."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.training.penalties import (
    l1_penalty,
    l2_penalty,
    penalised_weights,
    share_of_zeros,
    shrink_,
    soft_threshold,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def network():
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))


def test_only_the_weights_of_linear_and_convolution_layers_are_penalised():
    model = network()
    found = penalised_weights(model)
    assert [id(weight) for weight in found] == [id(model[0].weight), id(model[3].weight)]


@given(seed=st.integers(0, 50), strength=st.sampled_from([0.0, 0.01, 0.7]))
def test_an_l2_penalty_in_the_loss_is_weight_decay_in_sgd(seed, strength):
    ours = nn.Linear(4, 3).double()
    with torch.no_grad():
        ours.weight.copy_(torch.randn(3, 4, generator=seeded(seed), dtype=torch.float64))
    theirs = copy.deepcopy(ours)
    inputs = torch.randn(5, 4, generator=seeded(seed + 1), dtype=torch.float64)
    for model, decay in ((ours, 0.0), (theirs, strength)):
        groups = [{"params": [model.weight], "weight_decay": decay}, {"params": [model.bias]}]
        optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
        for _ in range(5):
            loss = model(inputs).square().mean()
            if model is ours:
                loss = loss + strength * l2_penalty(penalised_weights(model))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert torch.allclose(ours.weight, theirs.weight, rtol=0, atol=1e-12)
    assert torch.allclose(ours.bias, theirs.bias, rtol=0, atol=1e-12)


def test_the_gradients_are_the_weight_and_its_sign():
    weight = torch.randn(3, 4, generator=seeded(), dtype=torch.float64).requires_grad_()
    (of_l2,) = torch.autograd.grad(l2_penalty([weight]), weight)
    (of_l1,) = torch.autograd.grad(l1_penalty([weight]), weight)
    assert torch.allclose(of_l2, weight)
    assert torch.equal(of_l1, weight.sign())


def test_penalties_add_over_tensors():
    first, second = torch.tensor([1.0, -2.0]), torch.tensor([[3.0]])
    assert l2_penalty([first, second]) == 7
    assert l1_penalty([first, second]) == 6
    assert l1_penalty([]) == l2_penalty([]) == 0


@given(weight=st.floats(-3, 3), amount=st.floats(0, 2))
def test_soft_thresholding_minimises_its_objective(weight, amount):
    grid = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    objective = (grid - weight) ** 2 / 2 + amount * grid.abs()
    found = soft_threshold(torch.tensor(weight, dtype=torch.float64), amount)
    value = (found - weight) ** 2 / 2 + amount * found.abs()
    assert value <= objective.min() + 1e-12
    assert found.item() == pytest.approx(grid[objective.argmin()].item(), abs=1e-3)


def test_shrinking_makes_exact_zeros_in_place():
    weights = [torch.tensor([0.5, -0.05, 2.0, -1.0], requires_grad=True), torch.zeros(4)]
    shrink_(weights, 0.1)
    assert torch.allclose(weights[0].detach(), torch.tensor([0.4, 0.0, 1.9, -0.9]))
    assert share_of_zeros(weights) == 5 / 8


def test_a_negative_amount_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        soft_threshold(torch.ones(2), -0.1)
