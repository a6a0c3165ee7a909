"""The update rules against torch.optim, over many steps and random settings, to round-off."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.training.update_rules import adam_step, adamw_step, sgd_step
from tests.helpers import seeded

STEPS = 25
LR = st.floats(1e-4, 0.3)
DECAY = st.sampled_from([0.0, 0.01, 0.3])
BETA = st.sampled_from([0.0, 0.5, 0.9, 0.99])


def largest_difference(rule, make_optimizer, options, seed):
    """Take the same steps with both, on a function that is curved and rough, and compare after each."""
    generator = seeded(seed)
    ours = torch.randn(3, 4, generator=generator, dtype=torch.float64)
    theirs = ours.clone().requires_grad_()
    optimizer, state, largest = make_optimizer([theirs], **options), None, 0.0
    for _ in range(STEPS):
        noise = torch.randn(3, 4, generator=generator, dtype=torch.float64)
        theirs.grad = theirs.detach().sin() + noise
        ours, state = rule(ours, ours.sin() + noise, state, **options)
        optimizer.step()
        largest = max(largest, (ours - theirs.detach()).abs().max().item())
    return largest


@given(lr=LR, momentum=BETA, decay=DECAY, nesterov=st.booleans(), seed=st.integers(0, 99))
def test_sgd_equals_torch(lr, momentum, decay, nesterov, seed):
    options = {"lr": lr, "momentum": momentum, "weight_decay": decay, "nesterov": nesterov and momentum > 0}
    assert largest_difference(sgd_step, torch.optim.SGD, options, seed) < 1e-12


@pytest.mark.parametrize(
    ("rule", "make_optimizer"), [(adam_step, torch.optim.Adam), (adamw_step, torch.optim.AdamW)]
)
@given(lr=LR, first=BETA, second=st.sampled_from([0.9, 0.999]), eps=st.sampled_from([1e-8, 1e-3]), decay=DECAY,
       seed=st.integers(0, 99))  # fmt: skip
def test_adam_and_adamw_equal_torch(rule, make_optimizer, lr, first, second, eps, decay, seed):
    options = {"lr": lr, "betas": (first, second), "eps": eps, "weight_decay": decay}
    assert largest_difference(rule, make_optimizer, options, seed) < 1e-12


@pytest.mark.parametrize(
    ("rule", "make_optimizer"),
    [(sgd_step, torch.optim.SGD), (adam_step, torch.optim.Adam), (adamw_step, torch.optim.AdamW)],
)
def test_the_defaults_are_those_of_torch(rule, make_optimizer):
    assert largest_difference(rule, make_optimizer, {"lr": 0.1}, seed=0) < 1e-12


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(scale):
    gradient = scale * torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    weight, _ = adam_step(torch.zeros(3, dtype=torch.float64), gradient, lr=0.01)
    torch.testing.assert_close(weight, -0.01 * gradient.sign(), rtol=1e-4, atol=0)


def test_the_weight_decay_of_adamw_does_not_ask_the_gradient():
    weight = torch.tensor([2.0, -3.0], dtype=torch.float64)
    for _ in range(10):
        weight, _ = adamw_step(weight, torch.zeros(2, dtype=torch.float64), lr=0.1, weight_decay=0.5)
    torch.testing.assert_close(weight, torch.tensor([2.0, -3.0], dtype=torch.float64) * 0.95**10)


@pytest.mark.parametrize("rule", [sgd_step, adam_step, adamw_step])
def test_what_is_handed_over_is_not_changed(rule):
    weight, gradient = torch.ones(3), torch.full((3,), 2.0)
    _, state = rule(weight, gradient, lr=0.1)
    before = [part.clone() if isinstance(part, torch.Tensor) else part for part in state]
    rule(weight, gradient, state, lr=0.1)
    assert torch.equal(weight, torch.ones(3))
    assert torch.equal(gradient, torch.full((3,), 2.0))
    assert all(
        torch.equal(torch.as_tensor(a), torch.as_tensor(b)) for a, b in zip(before, state, strict=True)
    )


@pytest.mark.parametrize(
    ("rule", "options", "message"),
    [
        (sgd_step, {"lr": -1.0}, "lr must be at least 0"),
        (sgd_step, {"lr": 0.1, "momentum": 1.0}, "momentum must be in"),
        (adam_step, {"lr": 0.1, "betas": (0.9, 1.0)}, "beta_2 must be in"),
        (adamw_step, {"lr": 0.1, "betas": (-0.1, 0.9)}, "beta_1 must be in"),
    ],
)
def test_numbers_out_of_range_are_refused(rule, options, message):
    with pytest.raises(ValueError, match=message):
        rule(torch.ones(2), torch.ones(2), **options)


def test_shapes_that_would_be_broadcast_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        sgd_step(torch.ones(2, 1), torch.ones(2), lr=0.1)
