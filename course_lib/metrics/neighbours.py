"""Generators judged by nearest neighbours: precision and recall, density and coverage, and what was memorised.

All of them put a ball around each sample of one set, as wide as the distance to its k-th nearest neighbour in the
same set, and count which samples of the other set fall into balls. A sample on the rim counts as inside.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from course_lib.metrics.features import check_features

CHUNK = 2**22  # pairs at a time: in float64 32 MB


def _offset_rows(queries: Tensor, references: Tensor, offsets: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Yield (start, offsets - 2 queries·references) for a few queries at a time, shape (rows, references).

    ‖a - b‖² = ‖a‖² + ‖b‖² - 2a·b: a matrix product does most of the work, and what is the same for a whole row is left
    to the caller. In float64 round-off stays below a millionth of the features' spread if they are centred.
    """
    rows = max(1, CHUNK // len(references))
    for start in range(0, len(queries), rows):
        yield start, torch.addmm(offsets, queries[start : start + rows], references.T, alpha=-2)


def _centred(queries: Tensor, references: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return both in float64 with the mean of the references as origin, and their squared norms."""
    centre = references.double().mean(dim=0)
    queries, references = queries.double() - centre, references.double() - centre
    return queries, references, queries.square().sum(dim=1), references.square().sum(dim=1)


def nearest_neighbours(
    queries: Tensor, references: Tensor, count: int = 1, *, same_set: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the distances to the `count` nearest references of each query and their numbers, nearest first.

    Args:
        queries: shape (queries, features).
        references: shape (references, features).
        same_set: queries and references are the same rows, and no row counts as its own neighbour.

    Returns:
        float64 distances and int64 numbers, both of shape (queries, count).

    Raises:
        ValueError: fewer references than neighbours, other shapes, infinite or not a number.

    >>> points = torch.tensor([[0.0], [1.0], [10.0]])
    >>> nearest_neighbours(points, points, same_set=True)[0].flatten()
    tensor([1., 1., 9.], dtype=torch.float64)
    """
    check_features(references, queries, more_than=0, why="there is nothing to compare")
    if same_set and len(queries) != len(references):
        raise ValueError("same_set is for queries and references that are the same rows")
    if not 1 <= count <= len(references) - same_set:
        raise ValueError(f"{len(references)} references are too few for {count} neighbours")
    queries, references, query_norms, reference_norms = _centred(queries, references)
    nearest = []
    for start, squares in _offset_rows(queries, references, reference_norms):
        if same_set:
            rows = torch.arange(len(squares), device=squares.device)
            squares[rows, start + rows] = torch.inf
        nearest.append(squares.topk(count, dim=1, largest=False))
    squares = torch.cat([part.values for part in nearest]) + query_norms[:, None]
    return squares.clamp(min=0).sqrt(), torch.cat([part.indices for part in nearest])


def neighbour_radii(features: Tensor, neighbours: int) -> Tensor:
    """Return the distance of each sample to its `neighbours`-th nearest other sample, float64, shape (samples,)."""
    return nearest_neighbours(features, features, neighbours, same_set=True)[0][:, -1]


def ball_counts(points: Tensor, centres: Tensor, radii: Tensor) -> Tensor:
    """Return in how many of the balls each point lies, int64, shape (points,).

    Args:
        points: shape (points, features).
        centres: shape (balls, features). radii: shape (balls,).
    """
    points, centres, point_norms, centre_norms = _centred(points, centres)
    reach = _with_rim(radii).square() + 1e-12 * centre_norms.max()
    counts = [
        (squares <= -point_norms[start : start + len(squares), None]).sum(dim=1)
        for start, squares in _offset_rows(points, centres, centre_norms - reach)
    ]
    return torch.cat(counts)


def _with_rim(radii: Tensor) -> Tensor:
    """Return the radii a millionth larger, so that round-off does not decide who lies on the rim."""
    return radii.double() * (1 + 1e-6)


def precision_recall(
    real_features: Tensor, fake_features: Tensor, neighbours: int = 3
) -> tuple[float, float]:
    """Return precision and recall, both in [0, 1].

    Precision: the share of generated samples that lie in a ball around any real sample. Recall: the share of real
    samples that lie in a ball around any generated sample. One far-off sample has a large ball, and can spoil either.

    Args:
        real_features, fake_features: shape (samples, features), of the same net; more samples than neighbours.
        neighbours: the number whose distance is the radius; 3 in the paper.

    Raises:
        ValueError: too few samples, features of different widths, infinite or not a number.

    Reference: Kynkäänniemi, Karras, Laine, Lehtinen and Aila 2019, arXiv:1904.06991.
    """
    _check(real_features, fake_features, neighbours)
    in_real = ball_counts(fake_features, real_features, neighbour_radii(real_features, neighbours))
    in_fake = ball_counts(real_features, fake_features, neighbour_radii(fake_features, neighbours))
    return tuple((counts > 0).double().mean().item() for counts in (in_real, in_fake))


def density_coverage(
    real_features: Tensor, fake_features: Tensor, neighbours: int = 5
) -> tuple[float, float]:
    """Return density, at least 0 and about 1 for equal distributions, and coverage, in [0, 1].

    Density: in how many balls around real samples a generated sample lies on average, divided by `neighbours`. It
    is above 1 where generated samples crowd between the real ones. Coverage: the share of real samples with a
    generated sample in their ball. Balls around generated samples are not used. For equal distributions and
    equally many samples the coverage to expect is 1 - 2^-neighbours, 0.969 with five, and not 1.

    Args:
        real_features, fake_features: shape (samples, features), of the same net; more samples than neighbours.
        neighbours: the number whose distance is the radius; 5 in the paper.

    Raises:
        ValueError: too few samples, features of different widths, infinite or not a number.

    Reference: Naeem, Oh, Uh, Choi and Yoo 2020, arXiv:2002.09797.
    """
    _check(real_features, fake_features, neighbours)
    radii = neighbour_radii(real_features, neighbours)
    density = ball_counts(fake_features, real_features, radii).double().mean().item() / neighbours
    nearest_fake = nearest_neighbours(real_features, fake_features)[0][:, 0]
    return density, (nearest_fake <= _with_rim(radii)).double().mean().item()


def _check(real_features: Tensor, fake_features: Tensor, neighbours: int) -> None:
    if neighbours < 1:
        raise ValueError(f"neighbours must be at least 1, got {neighbours}")
    why = f"a ball reaches to the {neighbours}th of the other samples"
    check_features(real_features, fake_features, more_than=neighbours, why=why)
