"""Find images that occur in two sets: exactly, or nearly."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Pairs = list[tuple[int, int]]
BLOCK = 50  # images of the second set that are compared at once; 50 · 60,000 distances are 12 MB


def _check(first: Tensor, second: Tensor) -> None:
    for images in (first, second):
        if images.dtype != torch.uint8 or images.ndim != 4:
            raise ValueError(
                "images must be uint8 of shape (count, channels, height, width), got "
                f"{images.dtype} of shape {tuple(images.shape)}"
            )
    if first.shape[1:] != second.shape[1:]:
        raise ValueError(
            f"images of shapes {tuple(first.shape[1:])} and {tuple(second.shape[1:])} cannot be compared"
        )


def exact_duplicates(first: Tensor, second: Tensor) -> Pairs:
    """Return all pairs (i, j) with `first[i]` equal to `second[j]` in every pixel, ordered by j, then i.

    The bytes of an image are the key of a dictionary, so each image is looked at once: n + m looks
    instead of n · m comparisons.

    Args:
        first, second: uint8, shapes (n, channels, height, width) and (m, channels, height, width).

    Raises:
        ValueError: images of another type, or of two sizes.
    """
    _check(first, second)
    places: dict[bytes, list[int]] = {}
    for i, image in enumerate(first.flatten(1).cpu().numpy()):
        places.setdefault(image.tobytes(), []).append(i)
    keys = (image.tobytes() for image in second.flatten(1).cpu().numpy())
    return [(i, j) for j, key in enumerate(keys) for i in places.get(key, [])]


def root_mean_square_distance(first: Tensor, second: Tensor) -> float:
    """Return the root of the mean squared difference of two uint8 images, in grey values from 0 to 255."""
    return (first.double() - second.double()).square().mean().sqrt().item()


def near_duplicates(first: Tensor, second: Tensor, distance: float, *, pool: int = 4) -> Pairs:
    """Return all pairs (i, j) whose root mean square distance is at most `distance`, ordered by j, then i.

    Comparing n · m pairs in all pixels is slow. Means over squares of `pool` × `pool` pixels are never
    farther apart than the pixels are (the square of a mean is at most the mean of the squares), so
    pairs whose small versions are farther apart than `distance` are out, and only the few others are
    compared pixel by pixel. No pair is missed.

    Args:
        first, second: as in `exact_duplicates`.
        distance: in grey values from 0 to 255; 0 finds exact duplicates.
        pool: side of the squares in pixels; height and width should be multiples of it.

    Raises:
        ValueError: images of another type, of two sizes, of a size that `pool` does not divide, or
            a negative distance.
    """
    _check(first, second)
    if distance < 0 or first.shape[-2] % pool or first.shape[-1] % pool:
        raise ValueError(
            f"distance must be at least 0, and pool a divisor of {tuple(first.shape[-2:])}; got {distance} and {pool}"
        )
    small_first, small_second = (
        F.avg_pool2d(images.float() - 128, pool).flatten(1) for images in (first, second)
    )  # (n, features), (m, features)
    features = small_first.shape[1]
    limit = features * (distance + 0.5) ** 2  # half a grey value more, since float32 rounds
    squares = small_first.square().sum(dim=1)
    pairs = []
    for start, chunk in enumerate(small_second.split(BLOCK)):
        # |a - b|² = |a|² + |b|² - 2 a·b, for a whole block of pairs at once; shape (block, n)
        squared = torch.addmm(squares[None], chunk, small_first.T, alpha=-2)
        candidates = squared <= limit - chunk.square().sum(dim=1, keepdim=True)
        for j, i in candidates.nonzero().tolist():
            if root_mean_square_distance(first[i], second[BLOCK * start + j]) <= distance:
                pairs.append((i, BLOCK * start + j))
    return pairs


@dataclass(frozen=True)
class OverlapReport:
    """Which images two sets have in common.

    Attributes:
        exact: pairs (i, j) of equal images.
        near: pairs (i, j) of images that nearly agree, the exact ones left out.
        second_count: how many images the second set has.
    """

    exact: Pairs
    near: Pairs
    second_count: int

    @property
    def share(self) -> float:
        """The fraction of the second set, in [0, 1], that occurs in the first, exactly or nearly."""
        return len({j for _, j in self.exact + self.near}) / max(1, self.second_count)

    def __str__(self) -> str:
        return (
            f"{len(self.exact)} exact and {len(self.near)} near pairs; "
            f"{100 * self.share:.2f} % of {self.second_count} images are affected"
        )


def overlap_report(first: Tensor, second: Tensor, distance: float = 5.0) -> OverlapReport:
    """Search two sets of images for common ones; the arguments are those of `near_duplicates`.

    >>> images = torch.arange(3 * 16, dtype=torch.uint8).view(3, 1, 4, 4)
    >>> print(overlap_report(images, images[:2]))
    2 exact and 0 near pairs; 100.00 % of 2 images are affected
    """
    exact = exact_duplicates(first, second)
    known = set(exact)
    near = [pair for pair in near_duplicates(first, second, distance) if pair not in known]
    return OverlapReport(exact, near, len(second))
