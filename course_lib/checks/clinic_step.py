"""One step of a GAN with the mistakes that the answers to exercise 17.4 make."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks.clinic_models import BATCH


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
    case, *, fake_label=0.0, real_label=1.0, aim=1.0, saturating=False, detach=True,
    stale_generator=False, stale_discriminator=False, cut_generator=False, cut_discriminator=False,
    generator_first=False, simultaneous=False, mixed=False, share=1.0, generator_share=1.0,
) -> Step:  # fmt: skip
    """Take one step, right by default, with the mistakes that the options name."""
    generator, discriminator, (of_generator, of_discriminator), real, latent = case
    losses = {}

    def loss(logits, label):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    def discriminator_gradients():
        fake = generator(latent).detach() if detach else generator(latent)
        value = share * (loss(discriminator(real), real_label) + loss(discriminator(fake), fake_label))
        losses["discriminator"] = value.item()
        if not stale_discriminator:
            of_discriminator.zero_grad()
        if not stale_generator:
            of_generator.zero_grad()
        if not cut_discriminator:
            value.backward()  # without detach it leaves its mark on the generator's gradients

    def move_generator():
        logits = discriminator(generator(latent))
        value = generator_share * (-loss(logits, 0.0) if saturating else loss(logits, aim))
        losses["generator"] = value.item()
        if not cut_generator:
            both = [*generator.parameters(), *discriminator.parameters()]
            value.backward(inputs=both if mixed else list(generator.parameters()))
        of_generator.step()

    if generator_first:
        of_generator.zero_grad()
        move_generator()
    discriminator_gradients()
    if not simultaneous:
        of_discriminator.step()
    if not generator_first:
        move_generator()
    if simultaneous:
        of_discriminator.step()
    return Step((weights(generator), weights(discriminator)), (losses["discriminator"], losses["generator"]))


COMBINED = (  # mistakes that often come together
    ("Generated samples have the label one in the discriminator's loss, so it learns to say yes to everything.",
     {"fake_label": 1.0}),
    ("Real samples have the label zero in the discriminator's loss.", {"real_label": 0.0}),
    ("The generator is trained towards the label zero, \"generated\". It wants to be taken for real.", {"aim": 0.0}),
    ("The discriminator still has its gradients of the step before: zero_grad() comes before its backward().",
     {"stale_discriminator": True}),
    ("The generator still has its gradients of the step before: zero_grad() comes before its backward().",
     {"stale_generator": True}),
    ("The discriminator's loss has gone back into the generator. Detach the samples there, or clear the generator's "
     "gradients after it.", {"detach": False}),
)  # fmt: skip
ALONE = (
    ("The discriminator has not learned: no gradient reaches its weights. Detach the generated samples, and not "
     "the logits.", {"cut_discriminator": True}),
    ("The generator has not learned: no gradient reaches its weights. In its own step nothing is detached.",
     {"cut_generator": True}),
    ("Neither has learned: do not detach the logits.", {"cut_generator": True, "cut_discriminator": True}),
    ("That is the saturating loss of the generator. Take minus log of the probability of real.", {"saturating": True}),
    ("The generator has moved first. The discriminator's turn is before.", {"generator_first": True}),
    ("The generator has met the discriminator as it was before its step. Ask the new one.", {"simultaneous": True}),
    ("The discriminator's step contains the gradient of the generator's loss. Clear its gradients, step, and only then "
     "compute the generator's loss.", {"simultaneous": True, "mixed": True}),
    ("The discriminator's loss is half as large as it should be. Add its two means, of real and of generated samples; "
     "one mean over both together is half of that.", {"share": 0.5}),
    ("The losses are sums over the batch. Take means.", {"share": BATCH, "generator_share": BATCH}),
)  # fmt: skip


def mistaken_steps() -> Iterator[tuple[str, dict]]:
    """Yield what to say and the options of `after_step`: single mistakes first, then up to five of them together."""
    yield from (*COMBINED, *ALONE)
    for count in (2, 3, 4, 5):
        for several in itertools.combinations(COMBINED, count):
            hints, options = zip(*several, strict=True)
            yield (
                f"{count} faults. {' '.join(hints)}",
                {key: value for each in options for key, value in each.items()},
            )
