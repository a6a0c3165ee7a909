"""One update of each side: who changes, who does not, what is detached, what happens to batch statistics."""

import pytest
import torch
from torch import nn

from course_lib.losses import LOSSES, r1_penalty
from course_lib.training.gan_steps import (
    clip_weights,
    discriminator_gradients,
    discriminator_step,
    generator_gradients,
    generator_step,
    simultaneous_step,
)
from tests.helpers import assert_same_state, copy_of_state, seeded


def pair(dtype=torch.float32):
    """Return a generator and a discriminator with batch normalisation, and an optimiser for each."""
    generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    discriminator = nn.Sequential(
        nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)
    )
    for number, model in enumerate((generator, discriminator)):
        model.to(dtype)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=seeded(number)))
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in (generator, discriminator)]
    return generator, discriminator, *optimizers


def batch(seed, features, dtype=torch.float32, count=16):
    return torch.randn(count, features, generator=seeded(seed)).to(dtype)


def r1(discriminator, real, fake):
    return r1_penalty(discriminator, real)


def weights(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def statistics(model):
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def differ(first, second):
    return [name for name in first if not torch.equal(first[name], second[name])]


def test_a_discriminator_step_changes_no_generator_weight_and_leaves_it_no_gradient():
    generator, discriminator, _, optimizer = pair()
    before, opponent = weights(generator), weights(discriminator)
    real, latent = batch(0, 2), batch(1, 3)
    discriminator_step(generator, discriminator, optimizer, real, latent, penalty=r1)
    assert_same_state(weights(generator), before)
    assert all(parameter.grad is None for parameter in generator.parameters())
    moved = differ(weights(discriminator), opponent)  # a bias before batch normalisation has no effect
    assert set(moved) >= {"0.weight", "1.weight", "1.bias", "3.weight", "3.bias"}


def test_a_generator_step_changes_no_discriminator_weight_and_leaves_it_no_gradient():
    generator, discriminator, optimizer, _ = pair()
    before, opponent = weights(discriminator), weights(generator)
    generator_step(generator, discriminator, optimizer, batch(1, 3))
    assert_same_state(weights(discriminator), before)
    assert all(parameter.grad is None for parameter in discriminator.parameters())
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    moved = differ(weights(generator), opponent)
    assert set(moved) >= {"0.weight", "1.weight", "1.bias", "3.weight"}


def test_gradients_of_the_other_side_s_last_step_are_left_as_they_were():
    generator, discriminator, generator_optimizer, discriminator_optimizer = pair()
    discriminator_step(generator, discriminator, discriminator_optimizer, batch(0, 2), batch(1, 3))
    kept = [parameter.grad.clone() for parameter in discriminator.parameters()]
    generator_step(generator, discriminator, generator_optimizer, batch(2, 3))
    for parameter, gradient in zip(discriminator.parameters(), kept, strict=True):
        assert torch.equal(parameter.grad, gradient)


def test_in_training_mode_both_steps_move_both_running_statistics_and_in_evaluation_mode_none():
    """What batch normalisation does on the side: a network that only looks on still takes note of the batch."""
    for training in (True, False):
        for step in ("discriminator", "generator"):
            generator, discriminator, generator_optimizer, discriminator_optimizer = pair()
            generator.train(training)
            discriminator.train(training)
            before = statistics(generator), statistics(discriminator)
            if step == "discriminator":
                discriminator_step(
                    generator, discriminator, discriminator_optimizer, batch(0, 2), batch(1, 3)
                )
            else:
                generator_step(generator, discriminator, generator_optimizer, batch(1, 3))
            for model, statistic in zip((generator, discriminator), before, strict=True):
                assert bool(differ(statistics(model), statistic)) == training
                if training and (model is generator or step == "generator"):
                    assert model[1].num_batches_tracked == 1
            if training and step == "discriminator":
                assert discriminator[1].num_batches_tracked == 2  # real and generated, a batch each


class Spy(nn.Module):
    """A discriminator that notes whether what it is shown is attached to a graph."""

    def __init__(self):
        super().__init__()
        self.layer, self.attached = nn.Linear(2, 1), []

    def forward(self, x):
        self.attached.append(x.requires_grad)
        return self.layer(x).squeeze(1)


def test_generated_samples_are_detached_in_one_step_and_not_in_the_other():
    generator, spy = pair()[0], Spy()
    optimizer = torch.optim.SGD(spy.parameters(), lr=0.1)
    discriminator_step(generator, spy, optimizer, batch(0, 2), batch(1, 3))
    assert spy.attached == [False, False]  # real, generated
    spy.attached.clear()
    generator_step(generator, spy, torch.optim.SGD(generator.parameters(), lr=0.1), batch(1, 3))
    assert spy.attached == [True]


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradients_are_those_of_the_losses(name):
    """Against autograd on the whole expression, in one piece, in float64."""
    loss = LOSSES[name]
    generator, discriminator, *_ = pair(torch.float64)
    generator.eval()
    discriminator.eval()
    real, latent = batch(0, 2, torch.float64), batch(1, 3, torch.float64)
    expected = torch.autograd.grad(
        loss.discriminator(discriminator(real), discriminator(generator(latent))) + r1_penalty(discriminator, real),
        list(discriminator.parameters()), allow_unused=True,
    )  # fmt: skip
    value = discriminator_gradients(generator, discriminator, real, latent, loss=loss, penalty=r1)
    plain = loss.discriminator(discriminator(real), discriminator(generator(latent)))
    assert value.item() == pytest.approx(plain.item(), rel=1e-5)  # without the penalty
    compare(discriminator, expected)
    expected = torch.autograd.grad(
        loss.generator(discriminator(generator(latent))), list(generator.parameters())
    )
    value = generator_gradients(generator, discriminator, latent, loss=loss)
    assert value.item() == pytest.approx(loss.generator(discriminator(generator(latent))).item(), rel=1e-5)
    compare(generator, expected)


def compare(model, expected):
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["discriminator", "generator", "simultaneous"])
def test_gradients_of_earlier_steps_do_not_add_up(kind):
    """A step moves the weights alike whether or not there are gradients from before."""
    ends = []
    for left_behind in (False, True):
        generator, discriminator, generator_optimizer, discriminator_optimizer = pair()
        if left_behind:
            for parameter in (*generator.parameters(), *discriminator.parameters()):
                parameter.grad = torch.full_like(parameter, 5.0)
        real, latent = batch(0, 2), batch(1, 3)
        if kind == "discriminator":
            discriminator_step(generator, discriminator, discriminator_optimizer, real, latent)
        elif kind == "generator":
            generator_step(generator, discriminator, generator_optimizer, latent)
        else:
            simultaneous_step(
                generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent
            )
        ends.append((weights(generator), weights(discriminator)))
    torch.testing.assert_close(ends[0], ends[1])


def test_the_loss_is_returned_without_a_graph():
    generator, discriminator, generator_optimizer, discriminator_optimizer = pair()
    first = discriminator_step(generator, discriminator, discriminator_optimizer, batch(0, 2), batch(1, 3))
    second = generator_step(generator, discriminator, generator_optimizer, batch(1, 3))
    for value in (first, second):
        assert value.shape == ()
        assert not value.requires_grad


def test_simultaneous_means_against_the_other_as_it_was():
    """Both move as if each had moved alone from the same weights; alternating, the generator moves otherwise."""
    real, latent = batch(0, 2), batch(1, 3)
    generator, discriminator, generator_optimizer, discriminator_optimizer = pair()
    simultaneous_step(generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent)
    alone = pair()
    discriminator_step(alone[0], alone[1], alone[3], real, latent)
    torch.testing.assert_close(weights(discriminator), weights(alone[1]))
    alternated = generator_step(alone[0], alone[1], alone[2], latent)
    assert differ(weights(generator), weights(alone[0]))
    alone = pair()
    value = generator_step(alone[0], alone[1], alone[2], latent)
    torch.testing.assert_close(weights(generator), weights(alone[0]))
    assert value != alternated


def test_noise_lies_over_all_that_the_discriminator_sees():
    generator, spy = pair()[0], Spy()
    seen = []
    spy.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().clone()))
    generator.eval()
    real, latent = batch(0, 2), batch(1, 3)
    discriminator_gradients(generator, spy, real, latent, noise=lambda x: x + 100)
    generator_gradients(generator, spy, latent, noise=lambda x: x + 100)
    fake = generator(latent).detach()
    for found, plain in zip(seen, (real, fake, fake), strict=True):
        torch.testing.assert_close(found, plain + 100)


def test_weights_are_clipped_after_the_step():
    generator, discriminator, _, optimizer = pair()
    discriminator_step(generator, discriminator, optimizer, batch(0, 2), batch(1, 3), weight_clip=0.05)
    assert max(parameter.abs().max() for parameter in discriminator.parameters()) <= 0.05
    assert max(parameter.abs().max() for parameter in generator.parameters()) > 0.05
    clip_weights(discriminator, 0.01)
    assert max(parameter.abs().max() for parameter in discriminator.parameters()) <= 0.01


def test_the_networks_run_in_the_precision_that_is_asked_for_and_the_loss_does_not():
    generator, spy = pair()[0], Spy()
    logits = []
    spy.register_forward_hook(lambda module, inputs, output: logits.append(output.dtype))
    value = discriminator_gradients(generator, spy, batch(0, 2), batch(1, 3), dtype=torch.bfloat16)
    assert logits == [torch.bfloat16] * 2
    assert value.dtype == torch.float32


def test_nothing_else_is_left_behind():
    generator, discriminator, generator_optimizer, _ = pair()
    state = torch.get_rng_state()
    before = copy_of_state(discriminator.eval())
    generator_step(generator, discriminator, generator_optimizer, batch(1, 3))
    assert_same_state(copy_of_state(discriminator), before)
    assert torch.equal(torch.get_rng_state(), state)
