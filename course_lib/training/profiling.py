"""Find where the time of training goes: a clock that waits for the device, and the parts of a training step."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import runtime

PARTS = ("data", "forward", "backward", "optimiser")


def wait_for_device() -> None:
    """Wait until the device has done all it was given. A GPU works on while Python goes on; a CPU does not."""
    if runtime.device().type == "cuda":
        torch.cuda.synchronize()


def seconds(function: Callable[[], object]) -> float:
    """Return how many seconds one call takes, until its work on the device is done."""
    start = _now()
    function()
    return _now() - start


def _now() -> float:
    wait_for_device()
    return time.perf_counter()


def alternating_seconds(
    functions: dict[str, Callable[[], object]], rounds: int, warm_up: int = 1
) -> dict[str, list[float]]:
    """Return the seconds of each call, by name: all functions in turn, then all again, for `rounds` rounds.

    Whatever slows the machine down for a while slows down all of them, so compare them round by round.

    Args:
        functions: called without arguments.
        rounds: measured calls of each, at least 1.
        warm_up: calls of each before that, which are not counted.

    Raises:
        ValueError: no function, or fewer than one round.
    """
    if not functions or rounds < 1:
        raise ValueError(f"at least one function and one round are needed, got {len(functions)} and {rounds}")
    for function in functions.values():
        for _ in range(warm_up):
            function()
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return times


def speedup(times: dict[str, list[float]], before: str, after: str) -> float:
    """Return how many times as fast `after` is as `before`: the median over rounds of the ratio within a round.

    >>> speedup({"slow": [4.0, 40.0, 4.0], "fast": [2.0, 20.0, 1.0]}, "slow", "fast")
    2.0
    """
    return statistics.median(b / a for b, a in zip(times[before], times[after], strict=True))


def time_step_parts(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[tuple[Tensor, Tensor]],
    steps: int,
    *,
    dtype: torch.dtype = torch.float32,
    memory_format: torch.memory_format = torch.channels_last,
    warm_up: int = 2,
) -> dict[str, float]:
    """Train for a few steps and return the median seconds of each of the `PARTS` of a step.

    Waiting for the device between the parts costs a GPU some of its speed: the parts say how the time is shared
    out, and their sum is a little more than a step takes.

    Args:
        model: trained in place, in training mode.
        batches: images of shape (batch, channels, height, width), normalised, and labels of shape (batch,), for
            at least `warm_up + steps` steps.
        steps: how many are measured.
        dtype: precision of convolutions and matrix products.
        memory_format: layout to which the images are brought; belongs to "data".
        warm_up: steps before that, which are not counted.

    Raises:
        ValueError: too few batches.
    """
    device, source = next(model.parameters()).device, iter(batches)
    model.train()
    times = {part: [] for part in PARTS}
    for step in range(warm_up + steps):
        moments = [_now()]
        images, labels = _next(source, step, warm_up + steps)
        images, labels = images.to(device, memory_format=memory_format), labels.to(device)
        moments.append(_now())
        with runtime.autocast(device, dtype):
            logits = model(images)
        loss = F.cross_entropy(logits.float(), labels)
        moments.append(_now())
        optimizer.zero_grad()
        loss.backward()
        moments.append(_now())
        optimizer.step()
        moments.append(_now())
        if step >= warm_up:
            for part, start, end in zip(PARTS, moments, moments[1:], strict=False):
                times[part].append(end - start)
    return {part: statistics.median(values) for part, values in times.items()}


def _next(source: Iterator, step: int, needed: int) -> tuple[Tensor, Tensor]:
    try:
        return next(source)
    except StopIteration:
        raise ValueError(f"{needed} batches are needed, got {step}") from None
