"""The clock of the profiling module, with functions whose times are known."""

import time

import pytest
import torch
from torch import nn

from course_lib.training import profiling
from course_lib.training.profiling import PARTS, alternating_seconds, speedup, time_step_parts
from tests.helpers import copy_of_state, seeded


def test_seconds_are_at_least_what_a_function_sleeps():
    assert 0.02 <= profiling.seconds(lambda: time.sleep(0.02)) < 5


def test_the_clock_is_read_only_after_waiting_for_the_device(monkeypatch):
    log = []
    monkeypatch.setattr(profiling, "wait_for_device", lambda: log.append("wait"))
    monkeypatch.setattr(profiling.time, "perf_counter", lambda: log.append("clock") or 0.0)
    profiling.seconds(lambda: log.append("call"))
    assert log == ["wait", "clock", "call", "wait", "clock"]


def test_functions_take_turns_and_warm_up_calls_do_not_count():
    log = []
    times = alternating_seconds(
        {"a": lambda: log.append("a"), "b": lambda: log.append("b")}, rounds=3, warm_up=2
    )
    assert "".join(log) == "aabb" + "ab" * 3
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3}


@pytest.mark.parametrize(("functions", "rounds"), [({}, 3), ({"a": lambda: None}, 0)])
def test_nothing_to_measure_is_refused(functions, rounds):
    with pytest.raises(ValueError, match="at least one function and one round"):
        alternating_seconds(functions, rounds)


def test_a_speedup_is_the_median_of_the_ratios_within_rounds():
    times = {"before": [1.0, 30.0, 8.0], "after": [1.0, 10.0, 4.0]}
    assert speedup(times, "before", "after") == 2.0
    assert speedup(times, "after", "before") == 0.5


class SlowBackward(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        time.sleep(0.03)
        return gradient


class Slow(nn.Module):
    """A linear model that sleeps in one part of the step."""

    def __init__(self, part):
        super().__init__()
        self.part, self.linear = part, nn.Linear(4, 3)

    def forward(self, images):
        if self.part == "forward":
            time.sleep(0.03)
        logits = self.linear(images.flatten(1))
        return SlowBackward.apply(logits) if self.part == "backward" else logits


def slow_batches(part, count=20):
    generator = seeded(0)
    for _ in range(count):
        if part == "data":
            time.sleep(0.03)
        yield torch.randn(8, 1, 2, 2, generator=generator), torch.randint(0, 3, (8,), generator=generator)


@pytest.mark.parametrize("part", PARTS)
def test_the_part_that_is_slow_is_found(part):
    model = Slow(part)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    if part == "optimiser":
        optimizer.register_step_pre_hook(lambda *_: time.sleep(0.03))
    parts = time_step_parts(model, optimizer, slow_batches(part), steps=3)
    assert tuple(parts) == PARTS
    assert max(parts, key=parts.get) == part
    assert parts[part] >= 0.03


def test_the_model_is_trained_in_training_mode():
    model = Slow("none").eval()
    before = copy_of_state(model)
    time_step_parts(model, torch.optim.SGD(model.parameters(), lr=0.1), slow_batches("none"), steps=1)
    assert model.training
    assert not torch.equal(before["linear.weight"], model.state_dict()["linear.weight"])


def test_images_come_in_the_layout_that_is_asked_for():
    seen = []

    class Note(Slow):
        def forward(self, images):
            seen.append(images.is_contiguous(memory_format=torch.channels_last))
            return super().forward(images.mean(dim=1, keepdim=True))

    wide = ((torch.randn(8, 3, 2, 2, generator=seeded(0)), torch.zeros(8).long()) for _ in range(9))
    for layout in (torch.channels_last, torch.contiguous_format):
        model = Note("none")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        time_step_parts(model, optimizer, wide, steps=1, memory_format=layout, warm_up=0)
    assert seen == [True, False]


def test_too_few_batches_are_refused():
    model = Slow("none")
    with pytest.raises(ValueError, match="5 batches are needed, got 4"):
        time_step_parts(model, torch.optim.SGD(model.parameters(), lr=0.1), slow_batches("none", 4), steps=3)


def test_slow_first_steps_do_not_count():
    def batches():
        time.sleep(0.6)  # before the first batch only
        yield from slow_batches("none")

    model = Slow("none")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    parts = time_step_parts(model, optimizer, batches(), steps=1, warm_up=1)
    assert parts["data"] < 0.3  # with the first step counted, the median of the two is above that
