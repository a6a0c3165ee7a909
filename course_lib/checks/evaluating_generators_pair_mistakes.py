"""Typical wrong answers to exercises 15.3 and 15.4, each with the hint that meets it, and the right ones."""

import torch
from torch import Tensor

from course_lib.checks.evaluating_generators_mistakes import Mistakes


def cubic(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.T / a.shape[1] + 1) ** 3


def bell(a: Tensor, b: Tensor) -> Tensor:
    """A Gaussian kernel of width 1."""
    return (-torch.cdist(a, b).square() / 2).exp()


def kernel_distance(real: Tensor, fake: Tensor, kernel) -> tuple[Tensor, Mistakes]:
    """Return the answer to exercise 15.3 and wrong ones."""
    n, m = len(real), len(fake)
    rr, ff, rf = kernel(real, real), kernel(fake, fake), kernel(real, fake)
    within_real = (rr.sum() - rr.trace()) / (n * (n - 1))
    within_fake = (ff.sum() - ff.trace()) / (m * (m - 1))
    between = rf.mean()
    expected = within_real + within_fake - 2 * between
    other = cubic if kernel is bell else bell
    others = [other(real, real), other(fake, fake), other(real, fake)]
    own_kernel = (
        (others[0].sum() - others[0].trace()) / (n * (n - 1))
        + (others[1].sum() - others[1].trace()) / (m * (m - 1))
        - 2 * others[2].mean()
    )
    half_pairs = "Each pair is counted once, but divided by n(n - 1), which counts it twice."
    below_zero = "The estimate may lie below 0. Cutting it off at 0, or taking its size, makes it biased."
    return expected, [
        (
            "Every sample is paired with itself: that is the biased estimate. Leave out the diagonals.",
            rr.mean() + ff.mean() - 2 * between,
        ),
        (
            "The diagonals are left out, but the sums are still divided by n² and m²: n(n - 1) pairs are left.",
            (rr.sum() - rr.trace()) / n**2 + (ff.sum() - ff.trace()) / m**2 - 2 * between,
        ),
        (below_zero, expected.clamp(min=0)),
        (below_zero, expected.abs()),
        ("Between real and generated a factor 2 is missing.", within_real + within_fake - between),
        ("The sign is reversed: pairs within a set count positively, pairs between the sets negatively.", -expected),
        (half_pairs, (within_real + within_fake) / 2 - 2 * between),
        ("The squared distance is asked for: no root at the end.", expected.clamp(min=1e-12).sqrt()),
        ("`kernel` is not used: call kernel(a, b), whatever it is.", own_kernel),
        ("Pairs within the generated samples are missing.", within_real - 2 * between),
        ("Pairs within the real samples are missing.", within_fake - 2 * between),
        (
            "The sums are divided by one and the same number. The real have n(n - 1) pairs, the generated m(m - 1).",
            within_real + (ff.sum() - ff.trace()) / (n * (n - 1)) - 2 * between,
        ),
        (
            "Between the sets no pair is a sample with itself: there, all n · m pairs count.",
            within_real
            + within_fake
            - 2 * (rf.sum() - rf.diagonal().sum()) / (n * m - min(n, m)),
        ),
    ]  # fmt: skip


def density_coverage(real_to_real: Tensor, fake_to_real: Tensor, k: int) -> tuple[Tensor, Mistakes]:
    """Return the answer to exercise 15.4, shape (2,), and wrong ones."""
    radii = real_to_real.sort(dim=1).values[:, k]  # column 0 is each real sample's distance to itself
    expected = _both(fake_to_real, radii, k)
    inside = fake_to_real <= radii
    fakes_within = inside.any(dim=1).double().mean()
    nearest_real = torch.bincount(fake_to_real.argmin(dim=1), minlength=len(radii))
    itself = (
        "A sample counts as its own neighbour here: its distance 0 to itself comes first. The radius is the distance "
        "to the k-th other one."
    )
    return expected, [
        (itself, _both(fake_to_real, real_to_real.sort(dim=1).values[:, k - 1], k)),
        ("The density is not divided by the number of neighbours.", _pair(expected[0] * k, expected[1])),
        (
            "In place of the density that is the precision: whether a generated sample lies in any ball. Count the "
            "balls it lies in.",
            _pair(fakes_within, expected[1]),
        ),
        (
            "In place of the coverage that is the precision, a share of generated samples. Ask of each real sample "
            "whether a generated one is in its ball.",
            _pair(expected[0], fakes_within),
        ),
        (
            "The balls of the real samples are asked for. These radii are those of other distances: take row i of "
            "real_to_real for ball i.",
            _both(fake_to_real, fake_to_real.sort(dim=0).values[k - 1], k),
        ),
        (
            "Every ball has the same radius here. Each real sample has its own.",
            _both(fake_to_real, radii.mean().expand_as(radii), k),
        ),
        (
            "That counts the real samples that are the nearest to a generated one. Covered is who has one in its ball.",
            _pair(expected[0], (nearest_real > 0).double().mean()),
        ),
        (
            "The sums are divided by the wrong number: density is a mean over generated samples, coverage one over "
            "real samples.",
            _pair(inside.sum() / (k * len(radii)), inside.any(dim=0).sum() / len(fake_to_real)),
        ),
        ("Density comes first, then coverage.", expected.flip(0)),
    ]


def _pair(first, second) -> Tensor:
    return torch.stack([torch.as_tensor(first).double(), torch.as_tensor(second).double()])


def _both(fake_to_real: Tensor, radii: Tensor, k: int) -> Tensor:
    """Return density and coverage of generated samples (rows) for balls of `radii` around real ones (columns)."""
    inside = fake_to_real <= radii
    return _pair(inside.sum(dim=1).double().mean() / k, inside.any(dim=0).double().mean())
