"""Train a GAN: one plain loop, readable from top to bottom."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from course_lib.errors import TrainingError
from course_lib.history import History
from course_lib.losses import gan_loss
from course_lib.training.averaging import WeightAverage
from course_lib.training.gan_configuration import (
    GANConfig,
    learning_rate_factor,
    make_adam,
    make_penalty,
    make_view,
    remaining_rows,
)
from course_lib.training.gan_safeguards import (
    global_generator_from,
    is_finite,
    not_finite,
    resume_or_begin,
)
from course_lib.training.gan_steps import discriminator_step, generator_step, simultaneous_step
from course_lib.training.resume import save_run


def fit_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    sample_real: Callable[[int, torch.Generator], Tensor | tuple[Tensor, Tensor]],
    config: GANConfig,
    *,
    average: WeightAverage | None = None,
    checkpoint: Path | str | None = None,
    on_record: Callable[[int, History], None] | None = None,
    dtype: torch.dtype = torch.float32,
    progress: bool = True,
) -> History:
    """Train both models in place and return, every `config.record_every` steps, the mean loss of each side.

    The losses are those without the penalty. The generator decides the device. The global random
    generators are left as they were.

    Args:
        generator: latents of shape (batch, generator.latent_dim), drawn from N(0, 1) → samples.
        discriminator: samples → logits of shape (batch,).
        sample_real: (count, random) → that many real samples, drawn from a CPU generator; or a pair of these and their
            labels, int64 of shape (count,). Then both models take labels as their second argument: generated
            samples get those of the real batch, in the generator's steps those of the last one.
        average: made from `generator`; updated at the end of each step.
        checkpoint: a file that is written after each row of the history. If it exists, training resumes after the
            rows it holds, and on a CPU ends with the very weights of an uninterrupted run.
        on_record: called after each row with the number of finished steps and the history so far.
        dtype: precision of the networks; losses, penalties and weights are float32 always.
        progress: show a progress bar.

    Raises:
        TrainingError: a loss or weight is not a number; the last checkpoint is kept.
        CheckpointError: there is no folder for the checkpoint, or it is damaged or of another run.
    """
    random = torch.Generator().manual_seed(config.seed)
    optimizers = {
        "discriminator_optimizer": make_adam(discriminator, config.discriminator_learning_rate, config.betas),
        "generator_optimizer": make_adam(generator, config.generator_learning_rate, config.betas),
    }
    models = {"generator_model": generator, "discriminator_model": discriminator}
    if average is not None:
        models["average_model"] = average.model
    settings = {**dataclasses.asdict(config), "average decay": average.decay if average else None}
    settings = json.loads(json.dumps(settings))  # tuples become lists, as they come back from a file
    history = resume_or_begin(checkpoint, models, optimizers, random, settings)

    with tqdm(total=config.steps, initial=len(history) * config.record_every, desc="training", unit="step",
              leave=False, **({} if progress else {"disable": True})) as bar:  # fmt: skip
        for steps in remaining_rows(config, len(history)):
            discriminator_loss, generator_loss = train_steps(
                generator, discriminator, *optimizers.values(), sample_real, config, steps, random,
                average=average, dtype=dtype, after_step=bar.update,
            )  # fmt: skip
            if not (
                math.isfinite(discriminator_loss + generator_loss) and all(map(is_finite, models.values()))
            ):
                raise TrainingError(not_finite(steps, config, checkpoint))
            history.append(
                step=steps.stop, discriminator_loss=discriminator_loss, generator_loss=generator_loss
            )
            if checkpoint is not None:
                save_run(checkpoint, models, optimizers, random, history, settings)
            if on_record is not None:
                on_record(steps.stop, history)
    return history


def train_steps(
    generator: nn.Module,
    discriminator: nn.Module,
    discriminator_optimizer: torch.optim.Optimizer,
    generator_optimizer: torch.optim.Optimizer,
    sample_real: Callable[[int, torch.Generator], Tensor | tuple[Tensor, Tensor]],
    config: GANConfig,
    steps: range,
    random: torch.Generator,
    *,
    average: WeightAverage | None = None,
    dtype: torch.dtype = torch.float32,
    after_step: Callable[[], object] = lambda: None,
) -> tuple[float, float]:
    """Train for the steps of these numbers, counted from 0, and return each side's mean loss."""
    device = next(generator.parameters()).device
    loss, penalty = gan_loss(config.loss), make_penalty(config, random)
    sums = torch.zeros(2, device=device)  # stay on the device: reading them would make a GPU wait

    def real() -> tuple[Tensor, Tensor | None]:
        drawn = sample_real(config.batch_size, random)
        samples, labels = drawn if isinstance(drawn, tuple) else (drawn, None)
        return samples.to(device), labels if labels is None else labels.to(device)

    def latent():
        return torch.randn(config.batch_size, generator.latent_dim, generator=random).to(device)

    generator.train()
    discriminator.train()
    with global_generator_from(random, device):
        for step in steps:
            fall = learning_rate_factor(step, config)
            discriminator_optimizer.param_groups[0]["lr"] = fall * config.discriminator_learning_rate
            generator_optimizer.param_groups[0]["lr"] = fall * config.generator_learning_rate
            both = {"loss": loss, "noise": make_view(step, config, random), "dtype": dtype}
            bounds = {"penalty": penalty, "weight_clip": config.weight_clip}  # on the discriminator's slope
            if config.updates == "simultaneous":
                samples, labels = real()
                sums += simultaneous_step(
                    generator, discriminator, generator_optimizer, discriminator_optimizer,
                    samples, latent(), labels, **both, **bounds,
                )  # fmt: skip
            else:
                for _ in range(config.discriminator_steps):
                    samples, labels = real()
                    sums[0] += discriminator_step(
                        generator, discriminator, discriminator_optimizer,
                        samples, latent(), labels, **both, **bounds,
                    )  # fmt: skip
                for _ in range(config.generator_steps):
                    sums[1] += generator_step(
                        generator, discriminator, generator_optimizer, latent(), labels, **both
                    )
            if average is not None:
                average.update(generator, step + 1)
            after_step()
    discriminator_sum, generator_sum = sums.tolist()
    return (
        discriminator_sum / (len(steps) * config.discriminator_steps),
        generator_sum / (len(steps) * config.generator_steps),
    )
