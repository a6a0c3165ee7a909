"""Each objective equals its formula, and is finite with finite gradients at logits of ±10,000."""

import math

import pytest
import torch

from course_lib.losses import LOSSES, gan_loss


def sigmoid(logit):
    return 1 / (1 + math.exp(-logit))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


# the formulas as the papers write them, in plain Python, on (real logit, fake logit) and on fake logits
DISCRIMINATOR = {
    "saturating": lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
    "non-saturating": lambda r, f: -math.log(sigmoid(r)) - math.log(1 - sigmoid(f)),
    "hinge": lambda r, f: max(0, 1 - r) + max(0, 1 + f),
    "least-squares": lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * f**2,
    "wasserstein": lambda r, f: f - r,
}
GENERATOR = {
    "saturating": lambda f: math.log(1 - sigmoid(f)),
    "non-saturating": lambda f: -math.log(sigmoid(f)),
    "hinge": lambda f: -f,
    "least-squares": lambda f: 0.5 * (f - 1) ** 2,
    "wasserstein": lambda f: -f,
}
# their derivatives by one logit, for a batch of one: by the real logit, by the fake one, and the generator's
DERIVATIVES = {
    "saturating": (lambda r: sigmoid(r) - 1, sigmoid, lambda f: -sigmoid(f)),
    "non-saturating": (lambda r: sigmoid(r) - 1, sigmoid, lambda f: -(1 - sigmoid(f))),
    "hinge": (lambda r: -1.0 * (r < 1), lambda f: 1.0 * (f > -1), lambda f: -1.0),
    "least-squares": (lambda r: r - 1, lambda f: f, lambda f: f - 1),
    "wasserstein": (lambda r: -1.0, lambda f: 1.0, lambda f: -1.0),
}


def test_every_loss_has_a_formula_here():
    assert LOSSES.keys() == DISCRIMINATOR.keys() == GENERATOR.keys()
    assert all(loss.name == name for name, loss in LOSSES.items())


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_loss_is_the_mean_of_its_formula(name, dtype, random):
    real = torch.randn(7, generator=random, dtype=dtype) * 3
    fake = torch.randn(7, generator=random, dtype=dtype) * 3
    loss = gan_loss(name)
    found = loss.discriminator(real, fake)
    assert found.dtype == dtype
    expected = mean(DISCRIMINATOR[name](r, f) for r, f in zip(real.tolist(), fake.tolist(), strict=True))
    assert found.item() == pytest.approx(expected, rel=1e-5)
    expected = mean(map(GENERATOR[name], fake.tolist()))
    assert loss.generator(fake).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_batches_of_different_sizes_are_each_averaged(name):
    loss = gan_loss(name)
    one, many = torch.tensor([0.3]), torch.full((5,), -0.7)
    assert loss.discriminator(one, many).item() == pytest.approx(DISCRIMINATOR[name](0.3, -0.7), rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("logit", [-4.0, -0.5, 0.0, 0.5, 4.0])
def test_derivatives_by_the_logits(name, logit):
    by_real, by_fake, by_generator = DERIVATIVES[name]
    real, fake, alone = (torch.tensor([logit], dtype=torch.float64, requires_grad=True) for _ in range(3))
    gan_loss(name).discriminator(real, fake).backward()
    gan_loss(name).generator(alone).backward()
    assert real.grad.item() == pytest.approx(by_real(logit), abs=1e-12)
    assert fake.grad.item() == pytest.approx(by_fake(logit), abs=1e-12)
    assert alone.grad.item() == pytest.approx(by_generator(logit), abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_finite_at_huge_logits(name, dtype):
    real, fake = (
        torch.tensor([-1e4, 1e4, 0.0, 100.0, -100.0], dtype=dtype, requires_grad=True) for _ in range(2)
    )
    loss = gan_loss(name)
    for value in (loss.discriminator(real, fake), loss.generator(fake)):
        real.grad = fake.grad = None
        value.backward()
        assert value.isfinite()
        assert fake.grad.isfinite().all()
        assert real.grad is None or real.grad.isfinite().all()


def test_the_formula_through_the_sigmoid_is_not():
    """What the module's first lines say: this is why the losses are written on logits."""
    logit = torch.tensor([-200.0], requires_grad=True)
    value = torch.log(torch.sigmoid(logit)).mean()
    value.backward()
    assert value.item() == -math.inf
    assert not logit.grad.isfinite().any()


def test_the_generator_s_slopes_differ_by_the_factor_exp_of_minus_the_logit():
    logits = torch.linspace(-6, 6, 13, dtype=torch.float64, requires_grad=True)
    (saturating,) = torch.autograd.grad(gan_loss("saturating").generator(logits), logits)
    (non_saturating,) = torch.autograd.grad(gan_loss("non-saturating").generator(logits), logits)
    torch.testing.assert_close(non_saturating / saturating, torch.exp(-logits.detach()))


def test_at_balance_the_cross_entropy_is_twice_log_2():
    zeros = torch.zeros(10, dtype=torch.float64)
    assert gan_loss("saturating").discriminator(zeros, zeros).item() == pytest.approx(
        2 * math.log(2), abs=1e-12
    )


def test_an_unknown_loss_is_refused_with_the_names_there_are():
    with pytest.raises(
        ValueError, match="no GAN loss called 'minmax'; there are saturating, non-saturating, hinge"
    ):
        gan_loss("minmax")


def test_the_wasserstein_loss_of_the_best_critic_is_minus_the_distance():
    """Two point masses 3 apart; the critic D(x) = x has slope 1 and is optimal."""
    real, fake = torch.full((4,), 3.0), torch.zeros(4)
    assert gan_loss("wasserstein").discriminator(real, fake).item() == -3.0
