"""What GAN training makes sure of: random numbers that are ours, finite weights, runs that go on where they were."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from course_lib.errors import CheckpointError
from course_lib.history import History
from course_lib.training.gan_configuration import GANConfig
from course_lib.training.resume import resume_run


@contextmanager
def global_generator_from(random: torch.Generator, device: torch.device) -> Iterator[None]:
    """Lend the global generator, which dropout draws from, a seed of ours, and give it back afterwards."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(torch.randint(2**62, (), generator=random).item())
        yield


def resume_or_begin(
    checkpoint: Path | str | None,
    models: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    random: torch.Generator,
    settings: dict,
) -> History:
    """Return the history of the run in `checkpoint`, restored into all these, or an empty one if there is no file.

    Raises:
        CheckpointError: there is no folder for the checkpoint, or it is damaged or of another run.
    """
    if checkpoint is None:
        return History()
    if not Path(checkpoint).parent.is_dir():  # now, not after the first row
        raise CheckpointError(
            f"{Path(checkpoint).parent} is not a folder. Remedy: make it, or name another one."
        )
    return (
        resume_run(checkpoint, models, optimizers, random, settings)
        if Path(checkpoint).exists()
        else History()
    )


def is_finite(model: nn.Module) -> bool:
    """Return whether all weights are finite numbers."""
    return all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def not_finite(steps: range, config: GANConfig, checkpoint: Path | str | None) -> str:
    """Return what to say of losses or weights that became infinite or NaN during these steps."""
    kept = (
        f" {checkpoint} still holds the first {steps.start} steps." if checkpoint and steps.start > 0 else ""
    )
    bounded = config.penalty != "none" or config.weight_clip > 0
    return (
        f"a loss or a weight became infinite or not a number between steps {steps.start} and {steps.stop} of "
        f"{config.steps}.{kept} Remedy: lower discriminator_learning_rate (it is {config.discriminator_learning_rate}) "
        f"and generator_learning_rate (it is {config.generator_learning_rate})"
        f"{'' if bounded else ', or set a penalty'}, and check the real samples for wrong values."
    )
