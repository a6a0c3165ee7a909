"""Learning rates as functions of the step, which is counted from 0.

Nothing is stored: the rate of any step can be computed, plotted, or looked up when a run is resumed.
The triangle that `fit_classifier` uses is `course_lib.training.classifier.learning_rate_at`.
"""

import math


def _check(step: int, total_steps: int) -> None:
    if total_steps < 1 or not 0 <= step <= total_steps:
        raise ValueError(f"step must be between 0 and total_steps, got step {step} of {total_steps}")


def _between(first: float, last: float, share: float) -> float:
    """Return what half a cosine wave from `first` to `last` has reached at `share`, in [0, 1], of its way."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


def step_decay(step: int, *, peak: float, drop_every: int, factor: float = 0.1) -> float:
    """Return the peak times `factor` for each `drop_every` steps that are done.

    >>> [step_decay(step, peak=1.0, drop_every=2, factor=0.5) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    if drop_every < 1 or step < 0:
        raise ValueError(
            f"drop_every must be at least 1 and step at least 0, got drop_every {drop_every}, step {step}"
        )
    return peak * factor ** (step // drop_every)


def cosine(step: int, total_steps: int, *, peak: float, floor: float = 0.0) -> float:
    """Return half a cosine wave: the peak at step 0, the floor at step `total_steps`.

    Raises:
        ValueError: a step that is not in [0, total_steps].

    Reference: Loshchilov and Hutter 2016, arXiv:1608.03983 (without their restarts).

    >>> [round(cosine(step, 4, peak=1.0), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    _check(step, total_steps)
    return _between(peak, floor, step / total_steps)


def warmup_cosine(step: int, total_steps: int, *, peak: float, warmup: int) -> float:
    """Return a straight rise to the peak over `warmup` steps, then half a cosine wave down to 0 at `total_steps`.

    The first step has the rate peak / warmup, not 0: a step of size 0 would be wasted.

    Raises:
        ValueError: a step that is not in [0, total_steps], or a warm-up that is not in [0, total_steps).

    >>> [round(warmup_cosine(step, 6, peak=1.0, warmup=2), 3) for step in range(7)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    _check(step, total_steps)
    if not 0 <= warmup < total_steps:
        raise ValueError(f"warmup must be between 0 and total_steps - 1, got {warmup} of {total_steps}")
    if step < warmup:
        return peak * (step + 1) / warmup
    return cosine(step - warmup, total_steps - warmup, peak=peak)


def one_cycle(
    step: int,
    total_steps: int,
    *,
    peak: float,
    rise: float = 0.3,
    start_divisor: float = 25.0,
    end_divisor: float = 1e4,
) -> float:
    """Return half a wave up from peak / start_divisor, and half a wave down to that over end_divisor.

    The same as torch's `OneCycleLR`: the peak is at step rise · total_steps - 1, the end at the last
    step, total_steps - 1.

    Args:
        rise: the share of all steps, in (0, 1), over which it rises.

    Raises:
        ValueError: a step that is not in [0, total_steps), or a rise that takes no step or all of them.

    Reference: Smith and Topin 2017, arXiv:1708.07120.

    >>> [round(one_cycle(step, 6, peak=1.0, rise=0.5), 3) for step in range(6)]
    [0.04, 0.52, 1.0, 0.75, 0.25, 0.0]
    """
    _check(step, total_steps - 1)
    top, last = rise * total_steps - 1, total_steps - 1
    if not 0 < top < last:
        raise ValueError(f"rise = {rise} leaves no step to rise or none to fall, of {total_steps}")
    start = peak / start_divisor
    if step <= top:
        return _between(start, peak, step / top)
    return _between(peak, start / end_divisor, (step - top) / (last - top))
