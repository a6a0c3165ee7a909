"""How good a generator is: every measure of the course at one place, and all of them in one table row.

from course_lib.metrics.generative import extract_features, frechet_distance, score_generator
"""

from dataclasses import dataclass

from torch import Tensor

from course_lib.metrics.features import extract_features
from course_lib.metrics.frechet import frechet_distance, gaussian_frechet_distance, mean_and_covariance
from course_lib.metrics.kernel import kernel_distance
from course_lib.metrics.neighbours import (
    density_coverage,
    nearest_neighbours,
    neighbour_radii,
    precision_recall,
)

__all__ = [
    "GenerativeScores",
    "density_coverage",
    "extract_features",
    "frechet_distance",
    "gaussian_frechet_distance",
    "kernel_distance",
    "mean_and_covariance",
    "nearest_neighbours",
    "neighbour_radii",
    "precision_recall",
    "score_generator",
]


@dataclass(frozen=True)
class GenerativeScores:
    """What was measured of a generator, and with how many samples: without the numbers of samples no score means much.

    Attributes:
        frechet: squared Fréchet distance, 0 or more, less is better; biased upwards, the more so the fewer samples.
        kernel: squared kernel distance, unbiased, so it may be a little below 0; less is better.
        precision, recall: in [0, 1], with 3 neighbours.
        density: 0 or more, about 1 for a perfect generator; coverage: in [0, 1]; both with 5 neighbours.
        real_count, fake_count: how many real and generated samples were compared.
    """

    frechet: float
    kernel: float
    precision: float
    recall: float
    density: float
    coverage: float
    real_count: int
    fake_count: int

    def __str__(self) -> str:
        return (
            f"Fréchet {self.frechet:.3f}, kernel {self.kernel:.4f}, precision {self.precision:.3f}, recall "
            f"{self.recall:.3f}, density {self.density:.3f}, coverage {self.coverage:.3f} "
            f"({self.fake_count:,} generated against {self.real_count:,} real)"
        )


def score_generator(real_features: Tensor, fake_features: Tensor) -> GenerativeScores:
    """Return all scores of generated samples against real ones, from the features of one net.

    Args:
        real_features, fake_features: shape (samples, features); more samples than features. Take equally many of
            both, at least some thousand, and the same number for all generators that are compared.

    Raises:
        ValueError: too few samples, features of different widths, infinite or not a number.
    """
    frechet = frechet_distance(real_features, fake_features)  # first: it asks for the most samples
    precision, recall = precision_recall(real_features, fake_features)
    density, coverage = density_coverage(real_features, fake_features)
    return GenerativeScores(
        frechet=frechet,
        kernel=kernel_distance(real_features, fake_features),
        precision=precision,
        recall=recall,
        density=density,
        coverage=coverage,
        real_count=len(real_features),
        fake_count=len(fake_features),
    )
