"""The kernel distance: how different two samples are, by the mean of a kernel over pairs. Unbiased, at any size."""

import torch
from torch import Tensor

from course_lib.metrics.features import check_features

CHUNK = 2**20  # pairs at a time: in float64 8 MB, which stay near the processor


def cubic_kernel(a: Tensor, b: Tensor) -> Tensor:
    """Return (a·b / features + 1)³ for all pairs of rows, shape (rows of a, rows of b).

    Reference: Bińkowski et al. 2018, arXiv:1801.01401.

    >>> import torch
    >>> cubic_kernel(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    tensor([[8., 1.]])
    """
    return (a @ b.T / a.shape[1] + 1) ** 3


def kernel_distance(real_features: Tensor, fake_features: Tensor) -> float:
    """Return the unbiased estimate of the squared maximum mean discrepancy with the cubic kernel, in float64.

    The mean kernel of two real ones plus that of two generated ones, minus twice that of a real and a generated
    one. No sample is paired with itself: that makes the estimate right on average at any number of samples, and
    for equal distributions it is often below 0. With the features of Inception-v3 it is called KID.

    Args:
        real_features, fake_features: shape (samples, features), of the same net; two samples at least.

    Raises:
        ValueError: too few samples, features of different widths, infinite or not a number.

    Reference: Bińkowski et al. 2018, arXiv:1801.01401; the estimate: Gretton et al. 2012, JMLR 13, equation 3.
    """
    check_features(real_features, fake_features, more_than=1, why="the distance compares pairs")
    real, fake = real_features.double(), fake_features.double()
    return _mean_within(real) + _mean_within(fake) - 2 * _sum_between(real, fake) / (len(real) * len(fake))


def _sum_between(a: Tensor, b: Tensor) -> float:
    """Return the sum of the kernel over all pairs, a few rows at a time."""
    total = 0.0
    for rows in a.split(max(1, CHUNK // len(b))):
        table = (rows @ b.T).div_(a.shape[1]).add_(1).flatten()
        total += torch.dot(table * table, table).item()  # the sum of cubes, with one pass less than by **
    return total


def _mean_within(a: Tensor) -> float:
    """Return the mean of the kernel over all pairs of different rows."""
    itself = ((a.square().sum(dim=1) / a.shape[1] + 1) ** 3).sum().item()
    return (_sum_between(a, a) - itself) / (len(a) * (len(a) - 1))
