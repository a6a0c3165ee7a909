"""Checks for notebook 17: repair broken programs, and name what is wrong with others."""

import math

import torch
from torch import Tensor, nn

from course_lib.checks import clinic_mistakes as mistakes
from course_lib.checks.clinic_models import WEIGHT_CASES, accuracy_cases, gan_case
from course_lib.checks.clinic_step import after_step, alike, mistaken_steps, weights
from course_lib.checks.inspection_models import Unchanged
from course_lib.checks.report import NotAttempted, WrongAnswer, attempt, describe, exercise, require


@exercise("17.1")
def check_build_classifier(build_classifier) -> str:
    """Check `build_classifier(image_size)`: a model from (batch, 1, size, size) to logits, for any size and batch."""
    for size, count in ((48, 9), (32, 36), (32, 5), (28, 36), (64, 3)):
        setting = f"{size} × {size} pixels, batch of {count}"
        model = attempt(build_classifier, size)
        require(isinstance(model, nn.Module), f"A model, an nn.Module, is expected; got {describe(model)}.")
        images = torch.randn(count, 1, size, size, generator=torch.Generator().manual_seed(size + count))
        with torch.no_grad():
            model.eval()
            logits = _run(model, images, setting)
            mistakes.examine_logits(logits, count, setting)
            alone = _run(model, images[:1], setting)
        require(
            torch.allclose(logits[:1], alone, atol=1e-4),
            f"({setting}) The logits of the first image change when the others are taken away: images are mixed.",
        )
        mistakes.examine_reach(model, images[:2], setting)
    return (
        "Every size, every batch: as many rows come out as images went in, and each row is of its own image."
    )


def _run(model: nn.Module, images: Tensor, setting: str) -> Tensor:
    try:
        return model(images)
    except Exception as error:
        raise WrongAnswer(
            f"({setting}) The model raises {type(error).__name__}: {str(error).splitlines()[0][:120]} "
            "How many numbers an image has left behind the last pooling follows from image_size."
        ) from error


@exercise("17.2")
def check_accuracy(accuracy) -> str:
    """Check `accuracy(model, images, labels, batch_size)`: a fraction, in evaluation mode, the model left as it was."""
    for number, (model, images, labels, batch_size) in enumerate(accuracy_cases()):
        model.train(number != 1)  # one of the three arrives in evaluation mode, and should stay in it
        before = Unchanged(model)
        expected, wrong = mistakes.of_accuracy(model, images, labels, batch_size)
        setting = f"{len(images)} images in batches of {batch_size}"
        result = attempt(accuracy, model, images, labels, batch_size)
        try:
            value = float(result)
        except (TypeError, ValueError):
            raise WrongAnswer(f"One number is expected, got {describe(result)}.") from None
        if not math.isclose(value, expected, rel_tol=1e-5):
            for hint, other in wrong:
                require(not math.isclose(value, other, rel_tol=1e-5), f"({setting}) {hint}")
            require(False, f"({setting}) {expected:.4f} is right, yours is {value:.4f}.")
        before.require()
    return "Every image counts once, its neighbours do not matter, and the model is as it was."


@exercise("17.3")
def check_silent_weights(silent_weights) -> str:
    """Check `silent_weights(model, compute_loss)` on healthy programs and on sick ones."""
    for case in WEIGHT_CASES:
        model, compute_loss, expected = case.make()
        before = [parameter.detach().clone() for parameter in model.parameters()]
        try:
            result = attempt(silent_weights, model, compute_loss)
        except WrongAnswer as wrong:
            raise WrongAnswer(f"({case.name}) {str(wrong).rstrip('.')}. {case.if_raised}".rstrip()) from wrong
        names = mistakes.as_names(result)
        if set(names) != expected:
            missed, accused = sorted(expected - set(names)), sorted(set(names) - expected)
            told = f"not found: {', '.join(missed)}. {case.if_missed}" if missed else ""
            told = told or f"found without cause: {', '.join(accused)}. {case.if_accused}"
            raise WrongAnswer(f"({case.name}) {told}")
        require(len(names) == len(set(names)), f"({case.name}) A name is there twice.")
        same = all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
        require(same, f"({case.name}) Your function has changed the weights. Look, and do not step.")
    return "It finds what nobody trains, in six sick programs, and leaves two healthy ones in peace."


@exercise("17.4")
def check_gan_step(gan_step) -> str:
    """Check `gan_step(generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent)`."""
    for seed in range(3):
        _examine_step(gan_step, seed)
    _examine_confident(gan_step)
    return (
        "Each side gets its own gradient, of this step only, towards its own aim, at any size of the logits."
    )


def _examine_step(gan_step, seed: int) -> None:
    generator, discriminator, optimizers, real, latent = gan_case(seed)
    expected = after_step(gan_case(seed))
    losses = attempt(gan_step, generator, discriminator, *optimizers, real, latent)
    got = weights(generator), weights(discriminator)
    if not alike(got, expected.weights):
        for hint, options in mistaken_steps():
            if alike(got, after_step(gan_case(seed), **options).weights):
                raise WrongAnswer(hint)
        for name, mine, right in zip(
            ("discriminator", "generator"), reversed(got), reversed(expected.weights), strict=True
        ):
            require(
                alike((mine,), (right,)),
                f"The weights of the {name} are not what they should be. Use real and latent as they are given; "
                "means over the batch, the discriminator's two added.",
            )
    require(
        isinstance(losses, tuple | list) and len(losses) == 2,
        f"Return two losses, the discriminator's and the generator's; got {describe(losses)}.",
    )
    for name, mine, right in zip(("discriminator", "generator"), losses, expected.losses, strict=True):
        value = float(mine.detach() if isinstance(mine, Tensor) else mine)
        require(
            abs(value - right) < 1e-5,
            f"Both have moved rightly, but the {name}'s loss is returned as {value:.4f} and was {right:.4f}.",
        )


def _examine_confident(gan_step) -> None:
    generator, discriminator, optimizers, real, latent = gan_case(3, scale=2000.0)
    attempt(gan_step, generator, discriminator, *optimizers, real, latent)
    finite = all(bool(w.isfinite().all()) for w in (weights(generator), weights(discriminator)))
    require(
        finite,
        "Where logits are large, weights become infinite or NaN: a sigmoid has been rounded to 0 or 1, and its "
        "logarithm is infinite. Compute the losses from logits: F.softplus, or binary_cross_entropy_with_logits.",
    )  # fmt: skip
    expected = after_step(gan_case(3, scale=2000.0))
    require(
        alike((weights(generator), weights(discriminator)), expected.weights),
        "With small logits the step is right, with large ones it is not: the sigmoid is rounded to 0 or 1, and "
        "there its slope is 0. Compute the losses from logits: F.softplus, or binary_cross_entropy_with_logits.",
    )  # fmt: skip


@exercise("17.5")
def check_diagnoses(diagnoses) -> str:
    """Check a list of letters, one for each chart of the exercise."""
    count = len(mistakes.DIAGNOSES)
    require(
        isinstance(diagnoses, list | tuple) and len(diagnoses) == count,
        f"A list of {count} letters is expected, got {describe(diagnoses)}.",
    )
    if any(letter is ... for letter in diagnoses):
        require(all(letter is ... for letter in diagnoses), "Some of the answers are still three dots.")
        raise NotAttempted
    for number, (letter, (right, why, others)) in enumerate(
        zip(diagnoses, mistakes.DIAGNOSES, strict=True), start=1
    ):
        letter = str(letter).strip().upper()
        require(
            letter in mistakes.CAUSES, f"Answer {number} is {describe(letter)}; choose a letter from A to J."
        )
        require(
            letter == right,
            f"Chart {number} is not {letter} ({mistakes.CAUSES[letter]}). {others.get(letter, why)}",
        )
    return "Eight charts, eight causes."
