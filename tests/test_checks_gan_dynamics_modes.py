"""The checks of notebook 12 on the penalty, the ring and its modes accept right answers and tell wrong ones why."""

import math

import pytest
import torch

from course_lib.checks.gan_dynamics import check_count_modes, check_one_sided_penalty, check_ring_centres
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.datasets.toy import ring
from course_lib.losses import input_gradients
from course_lib.metrics.modes import modes_captured


def stub(*arguments):
    raise NotImplementedError


def slopes(discriminator, points, **options):
    points = points.detach().requires_grad_()
    options = {"create_graph": True, **options}
    return torch.autograd.grad(discriminator(points).sum(), points, **options)[0]


def penalty(discriminator, real, fake, position):
    excess = slopes(discriminator, real + position * (fake - real)).norm(dim=1) - 1
    return excess.clamp(min=0).square().mean()


def penalty_by_library(discriminator, real, fake, position):
    norms = input_gradients(discriminator, (1 - position) * real + position * fake).square().sum(1).sqrt()
    return (torch.relu(norms - 1) ** 2).mean()


def penalty_point_by_point(discriminator, real, fake, position):
    values = []
    for r, f, p in zip(real, fake, position, strict=True):
        point = (r + p * (f - r)).requires_grad_()
        (gradient,) = torch.autograd.grad(discriminator(point[None]).sum(), point, create_graph=True)
        values.append(torch.clamp(gradient.norm() - 1, min=0) ** 2)
    return torch.stack(values).mean()


@pytest.mark.parametrize("answer", [penalty, penalty_by_library, penalty_point_by_point])
def test_a_right_penalty_is_accepted_however_it_is_written(answer):
    assert check_one_sided_penalty(answer).status == CORRECT


def from_norms(finish, points=lambda real, fake, position: real + position * (fake - real), **options):
    return lambda d, r, f, p: finish(slopes(d, points(r, f, p), **options).norm(dim=1))


def squared_excess(norms):
    return (norms - 1).relu().square().mean()


def from_gradient(finish):
    return lambda d, r, f, p: finish(slopes(d, r + p * (f - r)))


def by_backward(discriminator, real, fake, position):
    points = (real + position * (fake - real)).detach().requires_grad_()
    discriminator(points).sum().backward(create_graph=True)
    return squared_excess(points.grad.norm(dim=1))


def of_the_mean_logit(discriminator, real, fake, position):
    points = (real + position * (fake - real)).requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(points).mean(), points, create_graph=True)
    return squared_excess(gradient.norm(dim=1))


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (from_norms(lambda n: (n - 1).square().mean()), "two-sided penalty"),
        (from_norms(lambda n: (1 - n).relu().square().mean()), "The other side"),
        (from_norms(lambda n: (n - 1).relu().mean()), "not squared"),
        (from_norms(lambda n: (n - 1).relu().square().sum()), "Take the mean over the batch"),
        (from_norms(squared_excess, lambda r, f, p: r), "at the real points"),
        (from_norms(squared_excess, lambda r, f, p: f), "at the fake points"),
        (from_norms(squared_excess, lambda r, f, p: f + p * (r - f)), "the other way round"),
        (from_norms(squared_excess, lambda r, f, p: (r + f) / 2), "in the middle of each pair"),
        (from_norms(lambda n: squared_excess(n.square())), "The root is missing"),
        (from_norms(lambda n: (n.mean() - 1).relu().square()), "the mean slope"),
        (from_norms(lambda n: n.square().mean()), "That is R1"),
        (from_gradient(lambda g: (g.norm() - 1).relu().square()), "the whole batch's gradient"),
        (from_gradient(lambda g: squared_excess(g.norm(dim=0))), "The axes are mixed up"),
        (from_gradient(lambda g: squared_excess(g.abs())), "punished by itself"),
        (of_the_mean_logit, "Differentiate the sum"),
        (from_norms(squared_excess, create_graph=False), "create_graph=True"),
        (lambda *a: penalty(*a).detach(), "create_graph=True"),
        (lambda *a: penalty(*a).item(), "create_graph=True"),
        (by_backward, "backward() has written"),
        (lambda *a: 5 * penalty(*a), "A slope is the root"),
        (lambda *a: "steep", "A number is expected"),
    ],
)
def test_a_wrong_penalty_is_told_its_mistake(answer, hint):
    result = check_one_sided_penalty(answer)
    assert result.status == WRONG
    assert hint in result.message


def circle(angles, radius):
    angles = torch.as_tensor(angles)
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def centres_by_arange(count, radius):
    return circle(2 * math.pi * torch.arange(count) / count, radius)


def centres_by_linspace(count, radius):
    return circle(torch.linspace(0, 2 * math.pi, count + 1)[:-1], radius)


def centres_by_loop(count, radius):
    angles = [2 * math.pi * i / count for i in range(count)]
    return [[radius * math.cos(angle), radius * math.sin(angle)] for angle in angles]


@pytest.mark.parametrize(
    "answer", [centres_by_arange, centres_by_linspace, centres_by_loop, lambda n, r: ring(n, r).centres]
)
def test_right_centres_are_accepted_however_they_are_written(answer):
    assert check_ring_centres(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, r: circle(torch.linspace(0, 2 * math.pi, n), r), "linspace includes both ends"),
        (lambda n, r: circle(torch.arange(n) * 360.0 / n, r), "these angles are degrees"),
        (lambda n, r: centres_by_arange(n, 1.0), "The radius is not used"),
        (lambda n, r: centres_by_arange(n, r / 2), "the circle of this diameter"),
        (lambda n, r: centres_by_arange(n, r).flip(1), "Sine and cosine are exchanged"),
        (lambda n, r: circle(-2 * math.pi * torch.arange(n) / n, r), "They run clockwise"),
        (lambda n, r: circle(math.pi * torch.arange(n) / n, r), "half a circle"),
        (lambda n, r: circle(2 * math.pi * torch.arange(1, n + 1) / n, r), "begin with number 1"),
        (lambda n, r: centres_by_arange(n, r).T, "The shape should be"),
        (lambda n, r: torch.zeros(n, 2), "lies at angle 2πi/count"),
        (lambda n, r: "a ring", "A tensor is expected"),
    ],
)
def test_wrong_centres_are_told_their_mistake(answer, hint):
    result = check_ring_centres(answer)
    assert result.status == WRONG
    assert hint in result.message


def distances(points, centres):
    return (points[:, None] - centres).norm(dim=2)


def count_by_loop(points, centres, std):
    count = 0
    for centre in centres:
        near = ((points - centre).norm(dim=1) <= 3 * std).sum().item()
        count += near >= 0.01 * len(points)
    return count


def count_by_tensor(points, centres, std):
    return ((distances(points, centres) <= 3 * std).float().mean(dim=0) >= 0.01).sum()


@pytest.mark.parametrize("answer", [modes_captured, count_by_loop, count_by_tensor])
def test_a_right_count_is_accepted_however_it_is_written(answer):
    assert check_count_modes(answer).status == CORRECT


def shares_above(share, reach=3.0, compare=torch.ge):
    return lambda x, c, s: int(compare((distances(x, c) <= reach * s).double().mean(dim=0), share).sum())


def count_by_rounded_shares(points, centres, std):
    near = distances(points, centres) <= 3 * std
    return sum(share.item() >= 0.01 for share in near.float().mean(dim=0))


def by_nearest(points, centres, std):
    counts = torch.bincount(distances(points, centres).argmin(dim=1), minlength=len(centres))
    return int((counts >= 0.01 * len(points)).sum())


def share_of_near(points, centres, std):
    counts = (distances(points, centres) <= 3 * std).sum(dim=0)
    return int((counts >= 0.01 * counts.sum().clamp(min=1)).sum())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (shares_above(0.0, compare=torch.gt), "One point is enough"),
        (by_nearest, "however far"),
        (share_of_near, "one of all points"),
        (shares_above(0.01, 1.0), "one standard deviation"),
        (shares_above(0.01, 2.0), "two standard deviations"),
        (
            lambda x, c, s: int(((distances(x, c) ** 2 <= 3 * s).float().mean(0) >= 0.01).sum()),
            "Squared distances",
        ),
        (shares_above(0.01, compare=torch.gt), "Exactly one hundredth"),
        (count_by_rounded_shares, "it is rounding"),
        (lambda x, c, s: int((distances(x, c) <= 3 * s).any(1).sum()), "not of modes"),
        (lambda x, c, s: len(c), "how many modes there are"),
        (shares_above(0.1), "A tenth of the points"),
        (lambda x, c, s: 1, "are expected, got"),
        (lambda x, c, s: (distances(x, c) <= 3 * s).float().mean(0).sum(), "a whole number"),
        (lambda x, c, s: "many", "A whole number is expected"),
    ],
)
def test_a_wrong_count_is_told_its_mistake(answer, hint):
    result = check_count_modes(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_one_sided_penalty, check_ring_centres, check_count_modes])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
