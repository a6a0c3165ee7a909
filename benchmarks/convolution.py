"""How long the three forms of one convolution take: loops, unfold and torch, side by side in one run.

Run it with `python -m benchmarks.convolution`. The images are as large as those of Fashion-MNIST.
"""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from course_lib.layers.convolution import conv2d_loops
from course_lib.layers.unfolding import conv2d_unfold

IMAGES_SHAPE = (8, 1, 28, 28)
WEIGHT_SHAPE = (8, 1, 3, 3)
LEAST_RATIO = 50  # what conv2d_unfold is asked to be faster than conv2d_loops by


def seconds(call: Callable[[], object], least_total: float = 0.5) -> float:
    """Return the median seconds of a call: three at least, and as many as `least_total` seconds hold."""
    call()  # the first call also pays for what is set up once
    durations = []
    while len(durations) < 3 or sum(durations) < least_total:
        start = time.perf_counter()
        call()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    images, weight = (torch.randn(shape, generator=generator) for shape in (IMAGES_SHAPE, WEIGHT_SHAPE))
    forms = {"conv2d_loops": conv2d_loops, "conv2d_unfold": conv2d_unfold, "torch": F.conv2d}
    for form in forms.values():
        torch.testing.assert_close(form(images, weight, padding=1), F.conv2d(images, weight, padding=1))
    durations = {
        name: seconds(lambda form=form: form(images, weight, padding=1)) for name, form in forms.items()
    }

    print(f"convolution of {IMAGES_SHAPE} with {WEIGHT_SHAPE}, padding 1, float32 on the CPU,")
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}; median of at least three calls")
    print(f"{'form':<15}{'milliseconds':>14}{'faster than loops':>20}{'slower than torch':>20}")
    for name, duration in durations.items():
        print(
            f"{name:<15}{1000 * duration:>14.3f}{durations['conv2d_loops'] / duration:>20,.0f}"
            f"{duration / durations['torch']:>20,.1f}"
        )
    ratio = durations["conv2d_loops"] / durations["conv2d_unfold"]
    met = "met" if ratio >= LEAST_RATIO else "not met"
    print(
        f"conv2d_unfold is {ratio:,.0f} times faster than conv2d_loops; at least {LEAST_RATIO} is asked: {met}"
    )


if __name__ == "__main__":
    main()
