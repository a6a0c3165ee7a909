"""The kernel distance agrees with torchmetrics, is unbiased, and does not depend on how the work is cut."""

import pytest
import torch
from torchmetrics.image.kid import KernelInceptionDistance

from course_lib.metrics import kernel
from course_lib.metrics.kernel import cubic_kernel, kernel_distance
from tests.helpers import seeded
from tests.test_metrics_frechet import Projection, two_sets


@pytest.mark.filterwarnings("ignore")
def test_torchmetrics_agrees():
    net = Projection(32)
    oracle = KernelInceptionDistance(feature=net, subsets=1, subset_size=150, normalize=True)
    oracle.set_dtype(torch.float64)
    real, fake = two_sets(150, 150)
    seen = []
    net.register_forward_hook(lambda module, inputs, output: seen.append(output.double()))
    oracle.update(real, real=True)
    oracle.update(fake, real=False)
    assert kernel_distance(seen[-2], seen[-1]) == pytest.approx(oracle.compute()[0].item(), rel=1e-4)


def by_loops(real, fake):
    def k(a, b):
        return (sum(x * y for x, y in zip(a, b, strict=True)) / len(a) + 1) ** 3

    real, fake = real.tolist(), fake.tolist()
    within = [
        sum(k(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j)
        / (len(rows) * (len(rows) - 1))
        for rows in (real, fake)
    ]
    between = sum(k(a, b) for a in real for b in fake) / (len(real) * len(fake))
    return sum(within) - 2 * between


@pytest.mark.parametrize("chunk", [1, 20, 2**24])
def test_a_loop_over_pairs_agrees_however_the_work_is_cut(monkeypatch, chunk):
    monkeypatch.setattr(kernel, "CHUNK", chunk)
    real = torch.randn(9, 3, generator=seeded(0), dtype=torch.float64)
    fake = torch.randn(6, 3, generator=seeded(1), dtype=torch.float64) + 0.5
    assert kernel_distance(real, fake) == pytest.approx(by_loops(real, fake), rel=1e-12)


def test_of_equal_distributions_it_is_zero_on_average_even_for_few_samples():
    """64 estimates with ten samples each; a biased one would be far above."""
    features = torch.randn(64, 2, 10, 4, generator=seeded(0), dtype=torch.float64)
    estimates = torch.tensor([kernel_distance(a, b) for a, b in features])
    assert (estimates < 0).sum() > 16
    assert abs(estimates.mean()) < 3 * estimates.std() / 8
    biased = torch.tensor(
        [
            (cubic_kernel(a, a).mean() + cubic_kernel(b, b).mean() - 2 * cubic_kernel(a, b).mean())
            for a, b in features
        ]
    )
    assert biased.mean() > 5 * biased.std() / 8


def test_too_few_samples_and_broken_features_are_refused():
    features = torch.randn(5, 3, generator=seeded(0))
    with pytest.raises(ValueError, match="1 generated samples are too few"):
        kernel_distance(features, features[:1])
    with pytest.raises(ValueError, match="1 of 5 generated samples"):
        kernel_distance(features, features.index_fill(0, torch.tensor([2]), torch.nan))
