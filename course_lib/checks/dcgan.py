"""Checks for notebook 14: a DCGAN."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib.checks import dcgan_architecture as architecture
from course_lib.checks import dcgan_game as games
from course_lib.checks import dcgan_mistakes as mistakes
from course_lib.checks.report import NotAttempted, attempt, describe, exercise, require, require_close


@exercise("14.1")
def check_scaling(to_range, to_pixels) -> str:
    """Check `to_range(pixels)`, uint8 to [-1, 1], and `to_pixels(images)`, the way back, with rounding and limits."""
    every = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)
    scaled = attempt(to_range, every)
    require(isinstance(scaled, Tensor), f"to_range should return a tensor, got {describe(scaled)}.")
    require(
        scaled.is_floating_point(),
        f"to_range should return floating-point numbers, got {describe(scaled)}. Whole numbers of 8 bits have no "
        "room for fractions or for -1: call .float() first.",
    )
    expected = every.double() / 127.5 - 1
    mistakes.recognise(scaled.double(), expected, mistakes.of_to_range(every), tolerance=1e-6)
    require_close(scaled, expected, "0 becomes -1, 255 becomes 1, and between them it is a straight line.")
    generator = torch.Generator().manual_seed(0)
    between = (
        2 * torch.rand(3, 1, 5, 4, generator=generator) - 1
    )  # what a generator returns lies between two pixels
    wanted = ((between.double() + 1) * 127.5).round().to(torch.uint8)
    _require_pixels(attempt(to_pixels, between), wanted, "Round to the nearest pixel value", between)
    beyond = torch.tensor([-1.02, -1.0, 1.0, 1.02]).reshape(1, 1, 2, 2)
    wanted = torch.tensor([0, 0, 255, 255], dtype=torch.uint8).reshape(1, 1, 2, 2)
    _require_pixels(attempt(to_pixels, beyond), wanted, "What lies beyond ±1 is cut off: clamp it", beyond)
    back = attempt(to_pixels, expected.float())
    _require_pixels(back, every, "Going there and back should give the very same pixels", expected)
    return "All 256 values there and back, nearest values between them, and nothing runs over at the ends."


def _require_pixels(result, expected: Tensor, hint: str, images: Tensor) -> None:
    require(
        isinstance(result, Tensor) and result.dtype == torch.uint8,
        f"to_pixels should return a tensor of type uint8, got {describe(result)}.",
    )
    require(
        result.shape == expected.shape,
        f"The shape should stay {tuple(expected.shape)}, it is {tuple(result.shape)}.",
    )
    mistakes.recognise(result.double(), expected.double(), mistakes.of_to_pixels(images))
    different = (result != expected).flatten().nonzero().flatten()
    if len(different):
        at = different[0]
        require(
            False,
            f"{hint}: {images.flatten()[at]:.4f} should be {expected.flatten()[at]}, it is {result.flatten()[at]}.",
        )


@exercise("14.2")
def check_discriminator(build_discriminator) -> str:
    """Check `build_discriminator(channels, width)`, which is described in the notebook, for 32×32 images."""
    for channels, width in ((3, 8), (1, 6)):
        with torch.random.fork_rng(devices=[]):
            model = attempt(build_discriminator, channels, width)
            require(
                isinstance(model, nn.Sequential),
                f"An nn.Sequential is expected, whose layers can be looked at; got {describe(model)}.",
            )
            architecture.examine(model, channels, width)
    return (
        "Strided convolutions all the way, normalised and bent where they should be, and one logit an image."
    )


@exercise("14.3")
def check_discriminator_step(discriminator_step) -> str:
    """Check `discriminator_step(generator, discriminator, optimizer, real, latent)` on small networks."""
    for seed, batch in ((0, 6), (1, 5)):
        game = games.Game(seed, batch)
        expected = mistakes.after_discriminator_step(game)
        wrong = mistakes.of_discriminator_step(game)
        played = copy.deepcopy(game)
        optimizer = games.optimizer_of(played.discriminator)
        loss = attempt(
            discriminator_step, played.generator, played.discriminator, optimizer, played.real, played.latent
        )
        moved = games.weights(played.discriminator)
        require(
            torch.equal(games.weights(played.generator), games.weights(game.generator)),
            "The generator's weights have changed. In this step only the discriminator learns.",
        )
        mistakes.recognise(moved, expected.weights, wrong)
        require_close(
            moved, expected.weights, "The discriminator's weights are not those after one right step."
        )
        left = games.gradients(played.generator)
        require(
            torch.equal(left, games.gradients(game.generator)) or not left.any(),  # untouched, or set to zero
            "The discriminator is right, but backward() went on through the images and has written gradients into the "
            "generator, which the next step would have to remove. Detach the generated images.",
        )
        games.require_loss(loss, expected.loss)
    return "One step, on real and generated images, and the generator has not noticed."


@exercise("14.4")
def check_generator_step(generator_step) -> str:
    """Check `generator_step(generator, discriminator, optimizer, latent)` on small networks."""
    for seed, batch in ((0, 6), (1, 5)):
        game = games.Game(seed, batch)
        expected = mistakes.after_generator_step(game)
        wrong = mistakes.of_generator_step(game)
        played = copy.deepcopy(game)
        optimizer = games.optimizer_of(played.generator)
        loss = games.attempt_with_graph(
            generator_step, played.generator, played.discriminator, optimizer, played.latent
        )
        require(
            torch.equal(games.weights(played.discriminator), games.weights(game.discriminator)),
            "The discriminator's weights have changed. In this step only the generator learns.",
        )
        moved = games.weights(played.generator)
        mistakes.recognise(moved, expected.weights, wrong)
        require_close(moved, expected.weights, "The generator's weights are not those after one right step.")
        games.require_loss(loss, expected.loss)
        require(
            all(parameter.requires_grad for parameter in played.discriminator.parameters()),
            "The discriminator's weights are frozen for good. If you set requires_grad to False, set it back.",
        )
    return "The gradient comes back through the discriminator, moves the generator and leaves the judge as it was."


def patients(is_real: Callable, is_fake: Callable) -> dict[str, dict]:
    """Return what `play` of notebook 14 is told in each of the four games of exercise 14.5; its solution is in here.

    Args:
        is_real: loss of logits that should say "real".
        is_fake: loss of logits that should say "generated".
    """
    return {"A": {"for_fake": is_real}, "B": {"to_fool": is_fake}, "C": {"rates": (0.0, 0.0)}, "D": {}}


CAUSES = {
    "A": "real and fake both labelled one",
    "B": "generator trained towards fake",
    "C": "nothing learns",
    "D": "healthy",
}
SIGNS = {
    "A": "Both clouds climb together: the discriminator says yes to everything, and is paid for it.",
    "B": "The clouds part at once, as far as they can, and the generated one never comes back: whom does the "
    "generator help?",
    "C": "The clouds lie where they lay before the first step. Whose weights have moved?",
    "D": "The clouds are apart, but they overlap, and neither runs away.",
}


@exercise("14.5")
def check_diagnosis(diagnosis) -> str:
    """Check a dictionary from the charts "A" to "D" to what was wrong in each run."""
    require(isinstance(diagnosis, dict), f"A dictionary is expected, got {describe(diagnosis)}.")
    require(
        set(diagnosis) == set(CAUSES),
        f"One entry for each of the charts {', '.join(CAUSES)} is expected, got {describe(list(diagnosis))}.",
    )
    if all(cause is ... for cause in diagnosis.values()):
        raise NotAttempted
    names = ", ".join(sorted(CAUSES.values()))
    for chart, cause in diagnosis.items():
        require(cause is not ..., f"Chart {chart} has no diagnosis yet.")
        require(cause in CAUSES.values(), f"Chart {chart}: {describe(cause)} is none of: {names}.")
    for chart, cause in diagnosis.items():
        require(cause == CAUSES[chart], f"Chart {chart} is not '{cause}'. {SIGNS[chart]}")
    return "Four charts, four causes."
