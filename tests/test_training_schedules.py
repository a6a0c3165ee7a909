"""The schedules against torch.optim.lr_scheduler, step by step."""

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from course_lib.training.schedules import cosine, one_cycle, step_decay, warmup_cosine

TOTAL = st.integers(5, 60)
PEAK = st.floats(1e-3, 10)


def rates_of_torch(make_scheduler, steps, peak):
    """Return the learning rate that torch uses in each of `steps` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler, rates = make_scheduler(optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@given(total=TOTAL, peak=PEAK, every=st.integers(1, 20), factor=st.sampled_from([0.1, 0.5, 1.0]))
def test_step_decay_equals_torch(total, peak, every, factor):
    expected = rates_of_torch(lambda o: lr_scheduler.StepLR(o, every, gamma=factor), total, peak)
    ours = [step_decay(step, peak=peak, drop_every=every, factor=factor) for step in range(total)]
    assert ours == pytest.approx(expected, rel=1e-12)


@given(total=TOTAL, peak=PEAK, floor=st.sampled_from([0.0, 1e-4]))
def test_cosine_equals_torch(total, peak, floor):
    expected = rates_of_torch(lambda o: lr_scheduler.CosineAnnealingLR(o, total, eta_min=floor), total, peak)
    ours = [cosine(step, total, peak=peak, floor=floor) for step in range(total)]
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(total=TOTAL, peak=PEAK, rise=st.sampled_from([0.25, 0.3, 0.5, 0.7]))
def test_one_cycle_equals_torch(total, peak, rise):
    def scheduler(optimizer):
        return lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=total + 1, pct_start=rise)

    expected = rates_of_torch(scheduler, total, peak)
    ours = [one_cycle(step, total + 1, peak=peak, rise=rise) for step in range(total)]
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(total=TOTAL, peak=PEAK, warmup=st.integers(1, 4))
def test_warmup_then_cosine_equals_two_schedulers_of_torch_in_sequence(total, peak, warmup):
    def scheduler(optimizer):
        def share(step):
            return min(1.0, (step + 1) / warmup)

        rise = lr_scheduler.LambdaLR(optimizer, share)
        fall = lr_scheduler.CosineAnnealingLR(optimizer, total - warmup)
        return lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[warmup])

    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # some versions of torch warn of themselves when schedulers are chained
        expected = rates_of_torch(scheduler, total, peak)
    ours = [warmup_cosine(step, total, peak=peak, warmup=warmup) for step in range(total)]
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_without_warmup_it_is_a_cosine():
    assert [warmup_cosine(s, 9, peak=2.0, warmup=0) for s in range(10)] == [
        cosine(s, 9, peak=2.0) for s in range(10)
    ]


def test_the_ends_are_peak_and_floor():
    assert cosine(0, 7, peak=3.0, floor=0.5) == 3.0
    assert cosine(7, 7, peak=3.0, floor=0.5) == 0.5
    assert one_cycle(9, 10, peak=1.0) == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cosine(8, 7, peak=1.0), "between 0 and total_steps"),
        (lambda: cosine(-1, 7, peak=1.0), "between 0 and total_steps"),
        (lambda: one_cycle(10, 10, peak=1.0), "between 0 and total_steps"),
        (lambda: one_cycle(0, 10, peak=1.0, rise=0.1), "no step to rise"),
        (lambda: warmup_cosine(0, 5, peak=1.0, warmup=5), "warmup must be"),
        (lambda: step_decay(0, peak=1.0, drop_every=0), "drop_every must be"),
    ],
)
def test_steps_outside_the_schedule_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
