"""One step of a GAN with the mistakes that the answers to exercise 17.4 make."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Step:
    """Weights of (generator, discriminator) after a step, and (discriminator's, generator's) loss."""

    weights: tuple[Tensor, Tensor]
    losses: tuple[float, float]


def weights(model: nn.Module) -> Tensor:
    """Return all weights in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def alike(first, second) -> bool:
    """Return whether two sequences of tensors agree up to float32's rounding."""
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(first, second, strict=True))


def after_step(
    case, *, fake_label=0.0, real_label=1.0, aim=1.0, saturating=False, stale=(), detach=True,
    cut=(), generator_first=False, simultaneous=False,
) -> Step:  # fmt: skip
    """Take one step, right by default, with the mistakes that the options name."""
    generator, discriminator, (of_generator, of_discriminator), real, latent = case
    losses = {}

    def loss(logits, label):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    def discriminator_gradients():
        fake = generator(latent).detach() if detach else generator(latent)
        value = loss(discriminator(real), real_label) + loss(discriminator(fake), fake_label)
        losses["discriminator"] = value.item()
        if "discriminator" not in stale:
            of_discriminator.zero_grad()
        if "generator" not in stale:
            of_generator.zero_grad()
        if "discriminator" not in cut:
            value.backward()  # without detach it leaves its mark on the generator's gradients

    def move_generator():
        logits = discriminator(generator(latent))
        value = -loss(logits, 0.0) if saturating else loss(logits, aim)
        losses["generator"] = value.item()
        if "generator" not in cut:
            inputs = list(generator.parameters())
            if simultaneous == "mixed":
                inputs += list(discriminator.parameters())
            value.backward(inputs=inputs)
        of_generator.step()

    if generator_first:
        of_generator.zero_grad()
        move_generator()
        of_generator.zero_grad()
    discriminator_gradients()
    if not simultaneous:
        of_discriminator.step()
    if not generator_first:
        move_generator()
    if simultaneous:
        of_discriminator.step()
    return Step((weights(generator), weights(discriminator)), (losses["discriminator"], losses["generator"]))


OF_GAN_STEP = (
    ("Real and generated samples both have the label one, so the discriminator learns to say yes to everything.",
     {"fake_label": 1.0}),
    ("Both labels of the discriminator are zero.", {"real_label": 0.0}),
    ("The discriminator's labels are exchanged: one is real.", {"real_label": 0.0, "fake_label": 1.0}),
    ("The generator is trained towards the label zero, \"generated\". It wants to be taken for real.", {"aim": 0.0}),
    ("Two faults: generated samples have the label one in the discriminator's loss, and zero in the generator's.",
     {"fake_label": 1.0, "aim": 0.0}),
    ("The gradients of the step before are still there. zero_grad() comes before each backward().",
     {"stale": ("generator", "discriminator")}),
    ("The generator's gradients of the step before are still there. Its optimiser has a zero_grad(), too.",
     {"stale": ("generator",)}),
    ("The discriminator's gradients of the step before are still there. Its optimiser has a zero_grad(), too.",
     {"stale": ("discriminator",)}),
    ("The gradients of the step before are still there, and the discriminator's loss has gone into the generator. "
     "zero_grad() before each backward(), and detach the samples in the discriminator's step.",
     {"stale": ("generator", "discriminator"), "detach": False}),
    ("The generator's gradient holds the one of the step before, and the discriminator's loss as well. Call its "
     "optimiser's zero_grad() right before its own backward().", {"stale": ("generator",), "detach": False}),
    ("The discriminator's loss has gone back into the generator as well. Detach the samples there, or clear the "
     "generator's gradients after it.", {"detach": False}),
    ("The discriminator has not learned: no gradient reaches its weights. Detach the generated samples, and not "
     "the logits.", {"cut": ("discriminator",)}),
    ("The generator has not learned: no gradient reaches its weights. In its own step nothing is detached.",
     {"cut": ("generator",)}),
    ("Neither has learned: what you detach must not be the logits.", {"cut": ("generator", "discriminator")}),
    ("That is the saturating loss of the generator. Take minus log of the probability of real.", {"saturating": True}),
    ("The generator has moved first. The discriminator's turn is before.", {"generator_first": True}),
    ("The generator has met the discriminator as it was before its step. Ask the new one.", {"simultaneous": True}),
    ("The discriminator's step contains the gradient of the generator's loss. Clear its gradients, step, and only then "
     "compute the generator's loss.", {"simultaneous": "mixed"}),
    ("Two faults: both labels are one, and the gradients of the step before are still there.",
     {"fake_label": 1.0, "stale": ("generator", "discriminator")}),
)  # fmt: skip
