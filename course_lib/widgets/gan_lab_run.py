"""A GAN on points in the plane that is trained update by update, and what there is to see of it. No widget in here."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from course_lib.errors import TrainingError
from course_lib.losses import gan_loss
from course_lib.metrics.modes import high_quality_share, modes_captured
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.training.gan_configuration import GANConfig, make_adam, make_penalty
from course_lib.training.gan_safeguards import is_finite
from course_lib.training.gan_steps import discriminator_step, generator_step
from course_lib.widgets.gan_lab_curve import Curve

SHOWN, SCORED = 400, 2000  # points that are drawn of each kind; generated points that are scored
SURFACE = 56  # points along each side of the grid on which the discriminator is asked
LARGEST_LOSS = 1e6  # beyond it the numbers mean nothing any more
Models = tuple[nn.Module, nn.Module]


class PlaneData(Protocol):
    """What can be learned: see `course_lib.datasets.toy`."""

    centres: Tensor | None
    std: float

    def sample(self, count: int, generator: torch.Generator) -> Tensor: ...


def point_models(random: torch.Generator) -> Models:
    """Return a generator and a discriminator of points with weights drawn from the CPU generator `random`."""
    return (
        initialise_points(PointGenerator(latent_dim=2, hidden=(64, 64)), random),
        initialise_points(PointDiscriminator(hidden=(64, 64)), random),
    )


@dataclass(frozen=True)
class Score:
    """What the generator has found of a mixture: modes captured, how many there are, share of good points in [0, 1]."""

    captured: int
    modes: int
    quality: float


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: for networks as small as these, a second one costs more than it brings."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class LabRun:
    """One run: networks, their optimisers, the random numbers and the curves. On the CPU, where it is fastest.

    Args:
        data: what is to be learned.
        config: losses, penalty, rates, updates of each side, batch size and seed; the rest is not used.
        make_models: CPU generator → generator and discriminator, with `latent_dim` of at least 2.
    """

    def __init__(
        self,
        data: PlaneData,
        config: GANConfig,
        make_models: Callable[[torch.Generator], Models] = point_models,
    ):
        self.data, self.make_models = data, make_models
        self.restart(config)

    def restart(self, config: GANConfig) -> None:
        """Begin anew: with the same configuration, the same weights, samples and latents come again."""
        random = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):  # layers draw first weights from the global generator
            torch.manual_seed(config.seed)
            self.generator, self.discriminator = self.make_models(random)
        if self.generator.latent_dim < 2:
            raise ValueError("the lab draws a grid of latents, so latent_dim must be at least 2")
        self.random = random  # goes on to draw batches
        to_show = torch.Generator().manual_seed(
            config.seed + 1
        )  # what is shown must not depend on the batches
        self.real = self.data.sample(SHOWN, to_show)  # (SHOWN, 2)
        self.latent = torch.randn(SCORED, self.generator.latent_dim, generator=to_show)
        self.updates = 0  # of either side
        self.losses = {"discriminator": Curve(), "generator": Curve()}
        self.scores = {"modes": Curve(), "quality": Curve()}
        self.optimizers = {
            name: make_adam(model, 0.0, config.betas)
            for name, model in (("discriminator", self.discriminator), ("generator", self.generator))
        }
        self.configure(config)
        self.record_score()

    def configure(self, config: GANConfig) -> None:
        """Go on with other settings; networks, averages of Adam and curves stay."""
        self.config, self.loss = config, gan_loss(config.loss)
        self.penalty = make_penalty(config, self.random)
        self.optimizers["discriminator"].param_groups[0]["lr"] = config.discriminator_learning_rate
        self.optimizers["generator"].param_groups[0]["lr"] = config.generator_learning_rate

    def update_discriminator(self) -> None:
        """Update the discriminator once.

        Raises:
            TrainingError: the loss is beyond all bounds or not a number.
        """
        real = self.data.sample(self.config.batch_size, self.random)
        value = discriminator_step(
            self.generator, self.discriminator, self.optimizers["discriminator"], real, self._latents(),
            loss=self.loss, penalty=self.penalty,
        )  # fmt: skip
        self._record("discriminator", value.item())

    def update_generator(self) -> None:
        """Update the generator once; raises a TrainingError as `update_discriminator` does."""
        value = generator_step(
            self.generator, self.discriminator, self.optimizers["generator"], self._latents(), loss=self.loss
        )
        self._record("generator", value.item())

    def step(self) -> None:
        """Do one step: the configured number of updates of the discriminator, then of the generator."""
        for _ in range(self.config.discriminator_steps):
            self.update_discriminator()
        for _ in range(self.config.generator_steps):
            self.update_generator()

    def train(self, steps: int, seconds: float) -> int:
        """Do at most so many steps, begin none after so many seconds, at least one; return how many.

        Raises:
            TrainingError: a loss is beyond all bounds or not a number.
        """
        end, done = time.perf_counter() + seconds, 0
        while done == 0 or (done < steps and time.perf_counter() < end):
            self.step()
            done += 1
        return done

    def record_score(self) -> None:
        """Add a point to the curves of the score.

        Raises:
            TrainingError: a weight is not a number.
        """
        if not (is_finite(self.generator) and is_finite(self.discriminator)):
            raise TrainingError("a weight is not a finite number any more")
        score = self.score()
        if score is not None:
            self.scores["modes"].append(self.updates, score.captured / score.modes)
            self.scores["quality"].append(self.updates, score.quality)

    @torch.no_grad()
    def generated(self) -> Tensor:
        """Return what the generator makes of the same latents each time, shape (SCORED, 2)."""
        return self.generator(self.latent)

    def score(self) -> Score | None:
        """Return how much of the mixture is found; None if the data have no modes, or points are not finite.

        A mode is captured if 1 % of the points lie within 3 standard deviations of it. Half its own share is enough
        where that is less. Modes of weight 0 do not count.
        """
        points = self.generated()
        if self.data.centres is None or not points.isfinite().all():
            return None
        present = self.data.weights > 0
        centres, least = self.data.centres[present], self.data.weights[present].min().item() / 2
        captured = modes_captured(points, centres, self.data.std, least_share=min(0.01, least))
        return Score(captured, len(centres), high_quality_share(points, centres, self.data.std))

    @torch.no_grad()
    def surface(self, across: tuple[float, float], up: tuple[float, float]) -> Tensor:
        """Return the discriminator's logits on a grid over a part of the plane, shape (rows, columns), upwards."""
        columns, rows = torch.linspace(*across, SURFACE), torch.linspace(*up, SURFACE)
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)  # (rows, columns, 2)
        return self.discriminator(grid.reshape(-1, 2)).reshape(SURFACE, SURFACE)

    def _latents(self) -> Tensor:
        return torch.randn(self.config.batch_size, self.generator.latent_dim, generator=self.random)

    def _record(self, side: str, value: float) -> None:
        self.updates += 1
        if not abs(value) <= LARGEST_LOSS:  # NaN fails this, too
            raise TrainingError(f"the {side}'s loss is {value:.3g}")
        self.losses[side].append(self.updates, value)
