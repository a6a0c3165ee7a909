"""Healthy and sick programs on which the answers to notebook 17 are examined."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.checks.inspection_models import random_images, small_classifier

BATCH = 8  # real samples, and latents, of a GAN's step


def accuracy_cases() -> Iterator[tuple[nn.Sequential, Tensor, Tensor, int]]:
    """Yield model, images, labels and batch size; the last batch is smaller, and right throughout or wrong throughout.

    About two thirds of the labels are what the model says in evaluation mode.
    """
    for seed, count, batch_size, last_is_right in ((0, 23, 10, True), (1, 41, 20, False), (2, 9, 100, True)):
        model, images = small_classifier(seed), random_images(seed, count)
        with torch.no_grad():
            guesses = model(images).argmax(dim=1)
        wrong = torch.arange(count) % 3 == 1
        if count > batch_size:
            wrong[count - count % batch_size :] = not last_is_right
        yield model, images, torch.where(wrong, (guesses + 1) % 4, guesses), batch_size


@dataclass(frozen=True)
class WeightCase:
    """A program with weights that it does not train.

    Attributes:
        make: returns model, a function without arguments that computes the loss, and the names of the silent weights.
        if_missed, if_accused, if_raised: what to tell an answer that overlooks a name, gives one too many, or raises.
    """

    name: str
    make: Callable[[], tuple[nn.Module, Callable[[], Tensor], set[str]]]
    if_missed: str = ""
    if_accused: str = ""
    if_raised: str = ""


def network(seed: int) -> nn.Sequential:
    """Return a random float64 network of two linear layers, 3 → 6 → 2, with a ReLU between them."""
    random = torch.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random, dtype=torch.float64))
    return model


def inputs() -> Tensor:
    """Return four rows of three numbers, float64."""
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def _names(model: nn.Module, *beginnings: str) -> set[str]:
    return {name for name, _ in model.named_parameters() if name.startswith(beginnings)}


def _healthy():
    model = network(0)
    with torch.no_grad():
        model[0].bias[:2] = -100.0  # two of six units are dead, so some rows of the gradient are zero
    return model, lambda: (model(inputs()) ** 2).mean(), set()


def _balanced():
    model = network(1)
    return (
        model,
        lambda: (model(inputs()) * torch.tensor([1.0, -1.0])).sum(),
        set(),
    )  # the slopes add up to zero


def _unused():
    model = network(2)
    model.add_module("spare", nn.Linear(2, 2).double())
    return model, lambda: (model[2](model[1](model[0](inputs()))) ** 2).mean(), _names(model, "spare")


def _dead():
    model = network(3)
    with torch.no_grad():
        model[0].bias.fill_(-100.0)
    return model, lambda: (model(inputs()) ** 2).mean(), _names(model, "0.") | {"2.weight"}


def _cut():
    model = network(4)
    return model, lambda: (model[2](model[1](model[0](inputs())).detach()) ** 2).mean(), _names(model, "0.")


def _all_cut():
    model = network(5)
    return model, lambda: (model(inputs()).detach() ** 2).mean(), _names(model, "")


def _silenced():
    model = network(6)
    return model, lambda: (model(inputs()).detach() ** 2).mean().requires_grad_(), _names(model, "")


def _stale():
    model = network(7)
    (model(inputs()) ** 2).mean().backward()  # gradients of an earlier, healthy step
    return model, lambda: (model[2](model[1](model[0](inputs())).detach()) ** 2).mean(), _names(model, "0.")


WEIGHT_CASES = (
    WeightCase("healthy, but for two units of six", _healthy,
               if_accused="Only some entries of the gradient are zero. Silent is a weight all of whose entries are."),
    WeightCase("healthy, with slopes that add up to zero", _balanced,
               if_accused="A gradient whose entries add up to zero need not be zero: positive and negative cancel. "
               "Count the entries that differ from zero."),
    WeightCase("a layer that is never called", _unused,
               if_missed="Its .grad is None.", if_raised="The .grad of a weight that was not used is None."),
    WeightCase("a layer whose ReLUs are all off", _dead,
               if_missed="There the gradient is a tensor full of zeros, and not None."),
    WeightCase("cut in the middle", _cut, if_missed="What stands before detach() gets no gradient."),
    WeightCase("cut before the loss", _all_cut, if_missed="This loss depends on no weight.",
               if_raised="Look at loss.requires_grad before you call backward(): here nothing hangs on the loss."),
    WeightCase("cut before the loss, and the message silenced", _silenced, if_missed="This loss depends on no weight."),
    WeightCase("cut in the middle, after a healthy step", _stale,
               if_missed="The gradients you see are those of an earlier step. Clear them first.",
               if_accused="Clear the old gradients first."),
)  # fmt: skip


def gan_case(seed: int, scale: float = 1.0):
    """Return generator, discriminator, (its optimiser, the other's), real samples and latents; SGD, no dropout.

    Both models hold gradients of an earlier step. `scale` multiplies the last layer of the discriminator.
    """
    random = torch.Generator().manual_seed(seed)
    generator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 2))
    discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
    with torch.no_grad():
        for parameter in (*generator.parameters(), *discriminator.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=random))
            parameter.grad = torch.randn(parameter.shape, generator=random)
        for parameter in discriminator[2].parameters():
            parameter.mul_(scale)
    real, latent = torch.randn(2, BATCH, 2, generator=random)
    optimizers = tuple(torch.optim.SGD(model.parameters(), lr=0.1) for model in (generator, discriminator))
    return generator, discriminator, optimizers, real, latent
