"""Typical wrong answers to the exercises of notebook 14, each with the hint that meets it."""

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.dcgan_game import LEARNING_RATE, Game, Outcome, gradients, optimizer_of, weights
from course_lib.checks.report import require

Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes, tolerance: float = 1e-8) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=10 * tolerance)
        same = result.shape == wrong.shape and torch.allclose(result, wrong, atol=tolerance, rtol=1e-5)
        require(not (differs and same), hint)


def of_to_range(pixels: Tensor) -> Mistakes:
    """Return wrong answers to the first half of exercise 14.1, for uint8 pixels."""
    x = pixels.double()
    return [
        ("That lies in [0, 1]. tanh reaches down to -1, so black should be -1: multiply by 2, subtract 1.", x / 255),
        ("That is 0 to 255, less one. Divide by 127.5 before you subtract.", x - 1),
        ("White becomes 0.992. 255 / 128 is not quite 2: divide by 127.5.", x / 128 - 1),
        ("White becomes 1.008, which tanh cannot reach. Divide by 127.5, not by 127.", x / 127 - 1),
        ("That lies in [-0.5, 0.5].", x / 255 - 0.5),
        ("Black and white are exchanged.", 1 - x / 127.5),
    ]  # fmt: skip


def of_to_pixels(images: Tensor) -> Mistakes:
    """Return wrong answers to the second half of exercise 14.1."""
    x = (images.double() + 1) * 127.5
    whole = torch.arange(256, dtype=torch.float64)
    wrapped = whole[x.round().long() % 256]
    return [
        ("The fraction is cut off. .to(torch.uint8) rounds towards 0: call .round() first.", x.clamp(0, 255).floor()),
        ("The fraction is cut off. .to(torch.uint8) rounds towards 0: call .round() first.", whole[x.long() % 256]),
        ("Beyond ±1 it runs over: -1.02 becomes a bright pixel. Call .clamp(0, 255) before .to(torch.uint8).", wrapped),
        ("Everything below 0 is lost, half of the range. Add 1 before you multiply.",
         (images.double() * 255).round().clamp(0, 255)),
    ]  # fmt: skip


def _after(game: Game, side: str, objective: Callable[[Game], Tensor], clear: bool = True) -> Outcome:
    game = copy.deepcopy(game)
    model = getattr(game, side)
    optimizer = optimizer_of(model)
    if clear:
        optimizer.zero_grad()
    loss = objective(game)
    loss.backward()
    optimizer.step()
    return Outcome(weights(model), loss.detach())


def _two_sided(real_loss: Callable[[Tensor], Tensor], fake_loss: Callable[[Tensor], Tensor]):
    def objective(game: Game) -> Tensor:
        fake = game.generator(game.latent).detach()
        return real_loss(game.discriminator(game.real)) + fake_loss(game.discriminator(fake))

    return objective


def _together(game: Game) -> Tensor:
    """Return the discriminator's loss if real and generated images go through it as one batch."""
    fake = game.generator(game.latent).detach()
    real_logits, fake_logits = game.discriminator(torch.cat([game.real, fake])).split(len(game.real))
    return _is_real(real_logits) + _is_fake(fake_logits)


def _is_real(logits: Tensor) -> Tensor:
    return F.softplus(-logits).mean()


def _is_fake(logits: Tensor) -> Tensor:
    return F.softplus(logits).mean()


def _nothing(logits: Tensor) -> Tensor:
    return 0 * logits.sum()


def after_discriminator_step(game: Game) -> Outcome:
    """Return what a right step of the discriminator leads to."""
    return _after(game, "discriminator", _two_sided(_is_real, _is_fake))


def of_discriminator_step(game: Game) -> Mistakes:
    """Return wrong answers to exercise 14.3, as the discriminator's weights after the step."""

    def outcome(real_loss, fake_loss, clear=True) -> Tensor:
        return _after(game, "discriminator", _two_sided(real_loss, fake_loss), clear).weights

    half, batch = (lambda loss: lambda logits: 0.5 * loss(logits)), len(game.real)
    total = lambda loss: lambda logits: batch * loss(logits)  # noqa: E731
    twice = lambda loss: lambda logits: loss(logits.sigmoid())  # noqa: E731
    return [
        ("The discriminator has not moved. Call backward() and then optimizer.step(), and zero_grad() before both.",
         weights(game.discriminator)),
        ("The gradients of an earlier step are still in there and were added. Call optimizer.zero_grad() first.",
         outcome(_is_real, _is_fake, clear=False)),
        ("Real and generated images went through the discriminator as one batch, and its batch normalisation took mean "
         "and spread of both together. Call it twice.", _after(game, "discriminator", _together).weights),
        ("Real and generated images are both labelled real, so the discriminator learns to say yes to everything.",
         outcome(_is_real, _is_real)),
        ("The labels are exchanged: real images should get positive logits and generated ones negative.",
         outcome(_is_fake, _is_real)),
        ("Only the real images count. Add the loss of the generated ones.", outcome(_is_real, _nothing)),
        ("Only the generated images count. Add the loss of the real ones.", outcome(_nothing, _is_fake)),
        ("That is half of the loss. The two means are added, not averaged.", outcome(half(_is_real), half(_is_fake))),
        ("Those are sums over the batch. Take the mean, so that the step does not depend on the batch size.",
         outcome(total(_is_real), total(_is_fake))),
        ("The sigmoid is taken twice: the discriminator returns logits, and this loss takes logits.",
         outcome(twice(_is_real), twice(_is_fake))),
        ("That climbs: the loss is to be minimised, and its sign is reversed.",
         outcome(lambda z: -_is_real(z), lambda z: -_is_fake(z))),
    ]  # fmt: skip


def _through(loss: Callable[[Tensor], Tensor]):
    return lambda game: loss(game.discriminator(game.generator(game.latent)))


def after_generator_step(game: Game) -> Outcome:
    """Return what a right step of the generator leads to."""
    return _after(game, "generator", _through(_is_real))


def of_generator_step(game: Game) -> Mistakes:
    """Return wrong answers to exercise 14.4, as the generator's weights after the step."""

    def outcome(loss, clear=True) -> Tensor:
        return _after(game, "generator", _through(loss), clear).weights

    stale = weights(game.generator) - LEARNING_RATE * gradients(game.generator)
    return [
        ("The generator has not moved. Either optimizer.step() is missing, or the images were detached: here the "
         "gradient has to come back through them.", weights(game.generator)),
        ("The generator moved along the gradients of an earlier step only: none has reached it in this one. Do not "
         "detach here, and call optimizer.zero_grad() first.", stale),
        ("The gradients of an earlier step are still in there and were added. Call optimizer.zero_grad() first.",
         outcome(_is_real, clear=False)),
        ("That trains the generator towards the label 'generated': it helps the discriminator. It should be taken "
         "for real.", outcome(_is_fake)),
        ("That is the saturating loss of the minimax game, log(1 - sigmoid): right in theory, and nearly flat where "
         "the discriminator is sure. Minimise -log(sigmoid).", outcome(lambda z: -_is_fake(z))),
        ("The sign is reversed: that makes the generated images less real.", outcome(lambda z: -_is_real(z))),
        ("Those are sums over the batch. Take the mean.", outcome(lambda z: len(z) * _is_real(z))),
        ("The sigmoid is taken twice: the discriminator returns logits, and this loss takes logits.",
         outcome(lambda z: _is_real(z.sigmoid()))),
    ]  # fmt: skip
