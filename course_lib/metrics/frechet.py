"""The Fréchet distance between two Gaussians, and between two sets of features that are taken for Gaussian.

It is squared, as is usual since Heusel et al.: 0 for equal means and covariances, no upper end. With the features of
Inception-v3 it is called FID; with other features the numbers are others and must not be called so.
"""

import torch
from torch import Tensor

from course_lib.metrics.features import check_features


def mean_and_covariance(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean, shape (features,), and the unbiased covariance, (features, features), in float64."""
    features = features.double()
    return features.mean(dim=0), features.T.cov().reshape(features.shape[1], features.shape[1])


def symmetric_square_root(matrix: Tensor) -> Tensor:
    """Return the symmetric root R with R·R = matrix, by the eigenvectors; eigenvalues below 0 count as 0.

    A covariance has none below 0; round-off makes some, of the size of 1e-16 of the largest.

    >>> symmetric_square_root(torch.tensor([[4.0, 0.0], [0.0, 9.0]], dtype=torch.float64))
    tensor([[2., 0.],
            [0., 3.]], dtype=torch.float64)
    """
    eigenvalues, eigenvectors = torch.linalg.eigh(matrix)
    return (eigenvectors * eigenvalues.clamp(min=0).sqrt()) @ eigenvectors.T


def gaussian_frechet_distance(
    mean_a: Tensor, covariance_a: Tensor, mean_b: Tensor, covariance_b: Tensor
) -> float:
    """Return the squared Fréchet distance (2-Wasserstein distance) between two Gaussians, computed in float64.

    ‖μ_a - μ_b‖² + tr Σ_a + tr Σ_b - 2 tr (Σ_a^½ Σ_b Σ_a^½)^½. The matrix under the last root is symmetric, so that
    its eigenvalues are real whatever the round-off; Σ_a Σ_b, which is more often seen there, is not.

    Args:
        mean_a, mean_b: shape (features,).
        covariance_a, covariance_b: symmetric, shape (features, features).

    Raises:
        ValueError: other shapes, a covariance that is not symmetric or has an eigenvalue below 0, or not a number.

    Reference: Dowson and Landau 1982, Journal of Multivariate Analysis 12; on features: Heusel et al. 2017,
    arXiv:1706.08500.

    >>> mean, zero = torch.zeros(1), torch.zeros(1, 1)
    >>> gaussian_frechet_distance(mean + 3, zero + 4, mean, zero + 1)  # (3 - 0)² + (2 - 1)²
    10.0
    """
    means = [torch.as_tensor(mean).double() for mean in (mean_a, mean_b)]
    covariances = [torch.as_tensor(covariance).double() for covariance in (covariance_a, covariance_b)]
    _check_gaussians(means, covariances)
    root = symmetric_square_root(covariances[0])
    between = root @ covariances[1] @ root
    # symmetric but for round-off, of which eigvalsh reads one triangle only
    overlap = torch.linalg.eigvalsh((between + between.T) / 2).clamp(min=0).sqrt().sum()
    squared_shift = (means[0] - means[1]).square().sum()
    distance = squared_shift + covariances[0].trace() + covariances[1].trace() - 2 * overlap
    return max(distance.item(), 0.0)  # of equal Gaussians round-off leaves a few 1e-14, of either sign


def _check_gaussians(means: list[Tensor], covariances: list[Tensor]) -> None:
    size = means[0].shape
    if len(size) != 1 or means[1].shape != size or any(c.shape != size * 2 for c in covariances):
        raise ValueError(
            "need two means of shape (features,) and two covariances of shape (features, features), got "
            f"{[tuple(t.shape) for t in (*means, *covariances)]}"
        )
    if not all(t.isfinite().all() for t in (*means, *covariances)):
        raise ValueError("a mean or covariance is infinite or not a number; the features are broken")
    for covariance in covariances:
        scale = covariance.abs().max()
        if (covariance - covariance.T).abs().max() > 1e-6 * scale:
            raise ValueError("a covariance must be symmetric")
        if torch.linalg.eigvalsh(covariance)[0] < -1e-6 * scale:
            raise ValueError("a covariance must have no eigenvalue below 0; was a correlation handed over?")


def frechet_distance(real_features: Tensor, fake_features: Tensor) -> float:
    """Return the squared Fréchet distance between Gaussians with the samples' means and covariances.

    It is biased: of two samples of one distribution it is above 0, the more so the fewer there are, by about
    a constant over the number of samples. Compare only numbers of equally many samples, and name their number.

    Args:
        real_features, fake_features: shape (samples, features), of the same net; more samples than features.

    Raises:
        ValueError: not more samples than features, features of different widths, infinite or not a number.

    Reference: Heusel et al. 2017, arXiv:1706.08500; the bias: Chong and Forsyth 2020, arXiv:1911.07023.
    """
    check_features(
        real_features,
        fake_features,
        more_than=real_features.shape[-1],
        why="there are as many features, and fewer points span no covariance",
    )
    return gaussian_frechet_distance(*mean_and_covariance(real_features), *mean_and_covariance(fake_features))
