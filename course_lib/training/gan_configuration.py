"""How a GAN is trained: the settings, what changes over time, and what the settings name."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib.losses import gan_loss, r1_penalty, wgan_gp_penalty
from course_lib.training.augmentation import check_augmentations, make_augmentation

PENALTIES = ("none", "r1", "wgan-gp")
UPDATES = ("alternating", "simultaneous")


@dataclass(frozen=True)
class GANConfig:
    """How to train.

    Attributes:
        steps: each is `discriminator_steps` updates of the discriminator and then `generator_steps` of the generator.
        batch_size: real samples, and generated ones, an update.
        loss: a name in `course_lib.losses.LOSSES`.
        updates: "alternating": the generator meets the discriminator that was just updated; or
            "simultaneous": both gradients are taken at the same weights, then both sides move.
        discriminator_steps, generator_steps: updates of each side in one step; 1 if simultaneous.
        discriminator_learning_rate, generator_learning_rate: of Adam.
        betas: of Adam: how much the averages of gradient and squared gradient keep a step, each in [0, 1).
        constant_share: share of the steps, in [0, 1], after which both learning rates begin to fall, in a straight
            line towards 0. With 1 they stay.
        penalty: "none", "r1" or "wgan-gp", see `course_lib.losses`.
        penalty_weight: the γ of R1 (which counts γ/2 · |∇D|²) or the λ of WGAN-GP.
        weight_clip: after each of its updates the discriminator's weights are clipped to ± this; 0 for never.
        instance_noise: standard deviation, in the samples' units, of noise that is added to all the discriminator sees.
            It falls in a straight line. Reference: Sønderby et al. 2016, arXiv:1610.04490.
        noise_share: share of the steps, in (0, 1], after which it has fallen to 0.
        augmentation: what is done to all images the discriminator sees, real and generated: names in
            `course_lib.training.augmentation.AUGMENTATIONS`, in this order.
        record_every: steps a row of the history; checkpoints are written and the hook is called as often.
        seed: draws real samples, latents and noise.
    """

    steps: int = 1000
    batch_size: int = 128
    loss: str = "non-saturating"
    updates: str = "alternating"
    discriminator_steps: int = 1
    generator_steps: int = 1
    discriminator_learning_rate: float = 1e-3
    generator_learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)
    constant_share: float = 1.0
    penalty: str = "none"
    penalty_weight: float = 0.0
    weight_clip: float = 0.0
    instance_noise: float = 0.0
    noise_share: float = 1.0
    augmentation: tuple[str, ...] = ()
    record_every: int = 100
    seed: int = 0

    def __post_init__(self):
        gan_loss(self.loss)
        check_augmentations(self.augmentation)
        for name, names in (("penalty", PENALTIES), ("updates", UPDATES)):
            if getattr(self, name) not in names:
                raise ValueError(f"{name} must be one of {', '.join(names)}, got {getattr(self, name)!r}")
        if self.updates == "simultaneous" and (self.discriminator_steps, self.generator_steps) != (1, 1):
            raise ValueError("simultaneous updates are one of each side; several need updates='alternating'")
        for name in ("batch_size", "discriminator_steps", "generator_steps", "record_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")


def learning_rate_factor(step: int, config: GANConfig) -> float:
    """Return what both learning rates are multiplied by at `step`, counted from 0: 1, then a line towards 0.

    >>> config = GANConfig(steps=4, constant_share=0.5)
    >>> [learning_rate_factor(step, config) for step in range(4)]
    [1.0, 1.0, 1.0, 0.5]
    """
    falling = config.steps * (1 - config.constant_share)
    return min(1.0, (config.steps - step) / falling) if falling > 0 else 1.0


def instance_noise_at(step: int, config: GANConfig) -> float:
    """Return the standard deviation of the instance noise at `step`, counted from 0.

    >>> config = GANConfig(steps=4, instance_noise=1.0, noise_share=0.5)
    >>> [instance_noise_at(step, config) for step in range(4)]
    [1.0, 0.5, 0.0, 0.0]
    """
    return config.instance_noise * max(0.0, 1 - step / (config.noise_share * config.steps))


def make_view(step: int, config: GANConfig, random: torch.Generator) -> Callable[[Tensor], Tensor] | None:
    """Return what is done at `step` to all samples that the discriminator sees: augmentation, then noise."""
    augment = make_augmentation(config.augmentation, random)
    noise = make_noise(instance_noise_at(step, config), random)
    if augment is None or noise is None:
        return augment or noise
    return lambda samples: noise(augment(samples))


def make_noise(std: float, random: torch.Generator) -> Callable[[Tensor], Tensor] | None:
    """Return a function that adds normal noise of this standard deviation to a batch; None for a std of 0."""
    if std == 0:
        return None
    return lambda samples: samples + std * torch.randn(samples.shape, generator=random).to(samples)


def make_penalty(
    config: GANConfig, random: torch.Generator
) -> Callable[[nn.Module, Tensor, Tensor], Tensor] | None:
    """Return the weighted penalty that `config` names, a function of discriminator, real and fake samples."""
    if config.penalty == "r1":
        return lambda discriminator, real, fake: config.penalty_weight * r1_penalty(discriminator, real)
    if config.penalty == "wgan-gp":
        return lambda discriminator, real, fake: (
            config.penalty_weight * wgan_gp_penalty(discriminator, real, fake, random)
        )
    return None


def make_adam(model: nn.Module, learning_rate: float, betas: tuple[float, float]) -> torch.optim.Adam:
    """Return Adam over all weights in one pass, which for small networks saves most of its time."""
    return torch.optim.Adam(model.parameters(), lr=learning_rate, betas=tuple(map(float, betas)), fused=True)


def remaining_rows(config: GANConfig, done: int) -> list[range]:
    """Return the numbers of the steps, counted from 0, of each row of the history after the first `done` rows.

    >>> remaining_rows(GANConfig(steps=250, record_every=100), done=1)
    [range(100, 200), range(200, 250)]
    """
    starts = range(done * config.record_every, config.steps, config.record_every)
    return [range(start, min(start + config.record_every, config.steps)) for start in starts]
