"""The checks of notebook 15 accept right answers, however written, and tell wrong ones their mistake."""

import math

import pytest
import torch

from course_lib.checks.evaluating_generators import (
    check_density_coverage,
    check_frechet,
    check_frechet_on_a_line,
    check_kernel_distance,
    check_statements,
)
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.metrics.frechet import frechet_distance, gaussian_frechet_distance


def stub(*arguments):
    raise NotImplementedError


def told(check, answer):
    result = check(answer)
    assert result.status == WRONG
    return result.message


def line_by_library(mean_a, variance_a, mean_b, variance_b):
    one = torch.ones(1)
    return gaussian_frechet_distance(
        mean_a * one, variance_a * one[None], mean_b * one, variance_b * one[None]
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda m, v, n, w: (m - n) ** 2 + (math.sqrt(v) - math.sqrt(w)) ** 2,
        lambda m, v, n, w: torch.tensor(m - n) ** 2 + v + w - 2 * math.sqrt(v * w),
        line_by_library,
    ],
)
def test_right_distances_on_a_line(answer):
    assert check_frechet_on_a_line(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m, v, n, w: (m - n) ** 2 + (v - w) ** 2, "take the square roots first"),
        (lambda m, v, n, w: (m - n) ** 2 + v + w - 2 * v * w, "take the square roots first"),
        (lambda m, v, n, w: (m - n) ** 2 + abs(v - w), "not yet a squared difference"),
        (lambda m, v, n, w: abs(m - n) + (v**0.5 - w**0.5) ** 2, "means' difference has to be squared"),
        (lambda m, v, n, w: (m - n) ** 2 + abs(v**0.5 - w**0.5), "deviations' difference has to be squared"),
        (lambda m, v, n, w: (m - n) ** 2 + v + w, "independent pairs"),
        (lambda m, v, n, w: (m - n) ** 2 + v + w - (v * w) ** 0.5, "factor 2 is missing"),
        (lambda m, v, n, w: math.hypot(m - n, v**0.5 - w**0.5), "no root at the end"),
        (lambda m, v, n, w: (v**0.5 - w**0.5) ** 2, "The means are missing"),
        (lambda m, v, n, w: (m - n) ** 2, "The standard deviations are missing"),
        (lambda m, v, n, w: 7.0, "the squared shift plus"),
        (lambda m, v, n, w: "far", "Numbers are expected"),
        (lambda m, v, n, w: (m - n) / 0, "ZeroDivisionError"),
    ],
)
def test_wrong_distances_on_a_line(answer, hint):
    assert hint in told(check_frechet_on_a_line, answer)


def root(matrix, clamp=True):
    eigenvalues, eigenvectors = torch.linalg.eigh(matrix)
    eigenvalues = eigenvalues.clamp(min=0) if clamp else eigenvalues
    return (eigenvectors * eigenvalues.sqrt()) @ eigenvectors.T


def frechet(
    a, b, *, mean=lambda d: d @ d, cov=lambda f: f.T.cov(), overlap=None, factor=2.0, finish=lambda x: x
):
    overlap = overlap or (lambda s, t: root(root(s) @ t @ root(s)).trace())
    s, t = cov(a), cov(b)
    return finish(mean(a.mean(0) - b.mean(0)) + s.trace() + t.trace() - factor * overlap(s, t))


def frechet_by_eigenvalues_of_the_product(a, b):
    return frechet(a, b, overlap=lambda s, t: torch.linalg.eigvals(s @ t).sqrt().real.sum())


def frechet_by_singular_values(a, b):
    return frechet(a, b, overlap=lambda s, t: torch.linalg.svdvals(root(s) @ root(t)).sum())


@pytest.mark.parametrize(
    "answer",
    [frechet, frechet_distance, frechet_by_eigenvalues_of_the_product, frechet_by_singular_values],
)
def test_right_distances(answer):
    assert check_frechet(answer).status == CORRECT


def changed(**options):
    return lambda a, b: frechet(a, b, **options)


def root_without_clamp(matrix):
    """As if an eigenvalue of 0 had been rounded to below 0, which some processors do and others do not."""
    return root(matrix - 1e-9 * torch.eye(len(matrix)), clamp=False)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (changed(overlap=lambda s, t: (root(s) @ root(t)).trace()), "the same axes"),
        (changed(overlap=lambda s, t: (s @ t).sqrt().nan_to_num(0).trace()), "the root of each entry"),
        (changed(overlap=lambda s, t: (root(s) @ t @ root(s)).sqrt().trace()), "the root of each entry"),
        (changed(overlap=lambda s, t: (s @ t).trace()), "The root is missing"),
        (changed(factor=1), "A factor 2 is missing"),
        (changed(mean=lambda d: d.norm()), "has to be squared"),
        (changed(mean=lambda d: 0), "The means are missing"),
        (lambda a, b: (a.mean(0) - b.mean(0)).square().sum(), "for the means alone"),
        (lambda a, b: (a.mean(0) - b.mean(0)).square().sum() + (a.std(0) - b.std(0)).square().sum(), "the diagonal"),
        (changed(cov=lambda f: f.T.cov(correction=0)), "divides by one less"),
        (changed(cov=lambda f: f.T @ f / (len(f) - 1)), "not centred"),
        (changed(finish=lambda x: x.sqrt()), "no root at the end"),
        (changed(overlap=lambda s, t: root_without_clamp(root(s) @ t @ root(s)).trace()), "clamp(min=0)"),
        (changed(finish=lambda x: 3 * x), "tr Σ_a"),
        (changed(overlap=lambda s, t: root(root_without_clamp(s) @ t @ root_without_clamp(s)).trace()), "clamp(min=0)"),
        (changed(cov=lambda f: f.cov()), "raised RuntimeError"),
    ],
)  # fmt: skip
def test_wrong_distances(answer, hint):
    assert hint in told(check_frechet, answer)


def kernel_distance(real, fake, kernel, *, own=False, squares=False, factor=2.0, finish=lambda x: x):
    n, m = len(real), len(fake)
    sums = [kernel(a, a).sum() - (0 if own else kernel(a, a).diagonal().sum()) for a in (real, fake)]
    pairs = [n * n, m * m] if squares else [n * (n - 1), m * (m - 1)]
    return finish(sums[0] / pairs[0] + sums[1] / pairs[1] - factor * kernel(real, fake).mean())


def kernel_by_loops(real, fake, kernel):
    def k(a, b):
        return kernel(a[None], b[None]).item()

    def within(rows):
        values = [k(rows[i], rows[j]) for i in range(len(rows)) for j in range(i)]
        return sum(values) / len(values)

    between = [k(a, b) for a in real for b in fake]
    return within(real) + within(fake) - 2 * sum(between) / len(between)


def kernel_by_mask(real, fake, kernel):
    def within(rows):
        return kernel(rows, rows)[~torch.eye(len(rows), dtype=torch.bool)].mean()

    return within(real) + within(fake) - 2 * kernel(real, fake).mean()


@pytest.mark.parametrize("answer", [kernel_distance, kernel_by_loops, kernel_by_mask])
def test_right_kernel_distances(answer):
    assert check_kernel_distance(answer).status == CORRECT


def kernel_changed(**options):
    return lambda *arguments: kernel_distance(*arguments, **options)


def one_count_for_both(real, fake, kernel):
    pairs = len(real) * (len(real) - 1)
    within = sum(kernel(a, a).sum() - kernel(a, a).trace() for a in (real, fake))
    return within / pairs - 2 * kernel(real, fake).mean()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (kernel_changed(own=True, squares=True), "paired with itself"),
        (kernel_changed(squares=True), "n(n - 1) pairs are left"),
        (kernel_changed(factor=1), "a factor 2 is missing"),
        (kernel_changed(finish=lambda x: -x), "The sign is reversed"),
        (kernel_changed(finish=lambda x: x.abs()), "taking its size"),
        (kernel_changed(finish=lambda x: x.clamp(min=0)), "Cutting it off at 0"),
        (lambda r, f, k: kernel_by_mask(r, f, lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3), "is not used"),
        (one_count_for_both, "one and the same number"),
        (kernel_changed(finish=lambda x: 5 * x), "minus twice that between"),
        (lambda r, f, k: k(r, f), "The shape should be"),
    ],
)
def test_wrong_kernel_distances(answer, hint):
    assert hint in told(check_kernel_distance, answer)


def density_coverage(rr, fr, k, *, own=0, divide=True):
    radii = rr.sort(dim=1).values[:, k - own]
    inside = fr <= radii
    density = inside.sum(dim=1).double().mean() / (k if divide else 1)
    return density, inside.any(dim=0).double().mean()


def density_coverage_by_loops(rr, fr, k):
    radii = [sorted(row)[k] for row in rr.tolist()]
    rows = fr.tolist()
    density = sum(d <= r for row in rows for d, r in zip(row, radii, strict=True)) / (k * len(rows))
    covered = sum(any(row[i] <= radii[i] for row in rows) for i in range(len(radii)))
    return density, covered / len(radii)


def density_coverage_by_masking(rr, fr, k):
    others = rr + torch.diag(torch.full((len(rr),), torch.inf).double())
    radii = others.topk(k, largest=False).values[:, -1]
    return torch.stack([(fr <= radii).sum() / (k * len(fr)), (fr.amin(dim=0) <= radii).double().mean()])


def density_coverage_as_array(rr, fr, k):
    return density_coverage_by_masking(rr, fr, k).numpy()


@pytest.mark.parametrize(
    "answer",
    [
        density_coverage,
        density_coverage_by_loops,
        density_coverage_by_masking,
        density_coverage_as_array,
    ],
)
def test_right_densities_and_coverages(answer):
    assert check_density_coverage(answer).status == CORRECT


def with_radii(make):
    def answer(rr, fr, k):
        inside = fr <= make(rr, fr, k)
        return inside.sum(dim=1).double().mean() / k, inside.any(dim=0).double().mean()

    return answer


def fakes_covered(rr, fr, k):
    radii = rr.sort(dim=1).values[:, k]
    return density_coverage(rr, fr, k)[0], (fr <= radii).any(dim=1).double().mean()


def precision_for_density(rr, fr, k):
    return fakes_covered(rr, fr, k)[1], density_coverage(rr, fr, k)[1]


def wrong_divisors(rr, fr, k):
    inside = fr <= rr.sort(dim=1).values[:, k]
    return inside.sum() / (k * len(rr)), inside.any(dim=0).sum() / len(fr)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: density_coverage(*a, own=1), "its own neighbour"),
        (lambda *a: density_coverage(*a, divide=False), "not divided by the number of neighbours"),
        (precision_for_density, "In place of the density"),
        (fakes_covered, "In place of the coverage"),
        (with_radii(lambda rr, fr, k: fr.sort(dim=0).values[k - 1]), "row i of real_to_real"),
        (with_radii(lambda rr, fr, k: rr.sort(dim=1).values[:, k].mean()), "the same radius"),
        (wrong_divisors, "the wrong number"),
        (lambda *a: density_coverage(*a)[::-1], "Density comes first"),
        (lambda *a: [3 * x for x in density_coverage(*a)], "k-th nearest other"),
        (lambda *a: density_coverage(*a)[0], "A pair is expected"),
    ],
)
def test_wrong_densities_and_coverages(answer, hint):
    assert hint in told(check_density_coverage, answer)


@pytest.mark.parametrize("answer", ["cfh", "c, f, h", {"c", "f", "h"}, ["H", "F", "C"], ("c", "h", "f")])
def test_right_judgements(answer):
    assert check_statements(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("acfh", "(a) again: it is not supported. The counts differ"),
        ("bcfh", "must lie below 0 now and then"),
        ("fh", "(c) again: it is supported"),
        ("cdfh", "hands out training images"),
        ("cefh", "have another scale"),
        ("ch", "(f) again: it is supported"),
        ("cfgh", "counts real images recognised"),
        ("cf", "At the floor"),
        ("", "(c) again"),
        ("abcdefgh", "(a) again"),
        ("cfx", "There is no statement x"),
        (3, "Give the letters"),
    ],
)
def test_wrong_judgements(answer, hint):
    assert hint in told(check_statements, answer)


@pytest.mark.parametrize(
    "check", [check_frechet_on_a_line, check_frechet, check_kernel_distance, check_density_coverage]
)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


def test_untouched_statements_are_not_attempted():
    assert check_statements(...).status == NOT_ATTEMPTED
