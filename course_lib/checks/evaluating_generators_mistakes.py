"""Typical wrong answers to exercises 15.1 and 15.2, each with the hint that meets it, and the right ones."""

import torch
from torch import Tensor

from course_lib.checks.report import WrongAnswer, describe, require

Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake


def as_numbers(result) -> Tensor:
    """Return a learner's number, pair, array or tensor as a float64 tensor."""
    try:
        if isinstance(result, list | tuple):
            return torch.stack([as_numbers(part) for part in result])
        return torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Numbers are expected, got {describe(result)}.") from None


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, rtol=1e-4, atol=1e-6)
        same = result.shape == wrong.shape and torch.allclose(result, wrong, rtol=1e-5, atol=1e-9)
        require(not (differs and same), hint)


def on_a_line(mean_a: float, variance_a: float, mean_b: float, variance_b: float) -> tuple[Tensor, Mistakes]:
    """Return the answer to exercise 15.1 and wrong ones."""
    mean_a, variance_a, mean_b, variance_b = (
        torch.tensor(number, dtype=torch.float64) for number in (mean_a, variance_a, mean_b, variance_b)
    )
    shift, std_a, std_b = (mean_a - mean_b) ** 2, variance_a.sqrt(), variance_b.sqrt()
    expected = shift + (std_a - std_b) ** 2
    root = "The handed-over numbers are variances. The standard deviations are compared: take the square roots first."
    return expected, [
        (root, shift + (variance_a - variance_b) ** 2),
        (root, shift + variance_a + variance_b - 2 * variance_a * variance_b),
        (
            "The difference of the variances is not yet a squared difference: (σ_a - σ_b)² is asked for.",
            shift + (variance_a - variance_b).abs(),
        ),
        ("The means' difference has to be squared.", (mean_a - mean_b).abs() + (std_a - std_b) ** 2),
        (
            "The standard deviations' difference has to be squared.",
            shift + (std_a - std_b).abs(),
        ),
        (
            "That is the cost of independent pairs, σ_a² + σ_b². The best pairing saves 2 σ_a σ_b.",
            shift + variance_a + variance_b,
        ),
        (
            "The saving is 2 σ_a σ_b, from the square of a difference; a factor 2 is missing.",
            shift + variance_a + variance_b - std_a * std_b,
        ),
        ("The squared distance is asked for: no root at the end.", expected.sqrt()),
        ("The means are missing.", (std_a - std_b) ** 2),
        ("The standard deviations are missing.", shift),
    ]


def moments(features: Tensor, correction: int = 1) -> tuple[Tensor, Tensor]:
    """Return mean and covariance in float64."""
    features = features.double()
    return features.mean(dim=0), features.T.cov(correction=correction)


def root_of(matrix: Tensor) -> Tensor:
    """Return the symmetric square root."""
    eigenvalues, eigenvectors = torch.linalg.eigh(matrix)
    return (eigenvectors * eigenvalues.clamp(min=0).sqrt()) @ eigenvectors.T


def frechet(features_a: Tensor, features_b: Tensor) -> tuple[Tensor, Mistakes]:
    """Return the answer to exercise 15.2 and wrong ones."""
    (mean_a, a), (mean_b, b) = moments(features_a), moments(features_b)
    shift, spread = (mean_a - mean_b).square().sum(), a.trace() + b.trace()
    root_a, root_b = root_of(a), root_of(b)
    eigenvalues = torch.linalg.eigvalsh(root_a @ b @ root_a).clamp(min=0)
    expected = shift + spread - 2 * eigenvalues.sqrt().sum()
    (_, biased_a), (_, biased_b) = moments(features_a, 0), moments(features_b, 0)
    biased = _with(shift, biased_a, biased_b)
    raw = [f.double().T @ f.double() / (len(f) - 1) for f in (features_a, features_b)]
    return expected, [
        (
            "tr(√Σ_a √Σ_b) is right only where the two covariances have the same axes. The root is taken of the whole "
            "product √Σ_a Σ_b √Σ_a.",
            shift + spread - 2 * (root_a @ root_b).trace(),
        ),
        (
            "Tensor.sqrt takes the root of each entry. The root of a matrix is another thing: take the roots of the "
            "eigenvalues.",
            shift + spread - 2 * (a @ b).sqrt().nan_to_num(0).trace(),
        ),
        (
            "Tensor.sqrt takes the root of each entry. The root of a matrix is another thing: take the roots of the "
            "eigenvalues.",
            shift + spread - 2 * (root_a @ b @ root_a).diagonal().clamp(min=0).sqrt().sum(),
        ),
        ("The root is missing: that is the trace of the product itself.", shift + spread - 2 * (a @ b).trace()),
        ("A factor 2 is missing in front of the last trace.", shift + spread - eigenvalues.sqrt().sum()),
        ("The length of the means' difference has to be squared.", expected - shift + shift.sqrt()),
        ("The means are missing.", expected - shift),
        ("That is for the means alone; the covariances are missing.", shift),
        (
            "Only the variances, the diagonal of the covariances, are looked at.",
            shift + (a.diagonal().sqrt() - b.diagonal().sqrt()).square().sum(),
        ),
        (
            "The covariance is divided by the number of samples; torch.cov divides by one less, and so shall we.",
            biased,
        ),
        (
            "The features are not centred: a covariance is taken after the mean is subtracted.",
            _with(shift, *raw),
        ),
        ("The squared distance is asked for: no root at the end.", expected.sqrt()),
    ]  # fmt: skip


def _with(shift: Tensor, a: Tensor, b: Tensor) -> Tensor:
    root = root_of(a)
    overlap = torch.linalg.eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    return shift + a.trace() + b.trace() - 2 * overlap
