"""Checks for notebook 04: pooling, forward and backward. The last two exercises are in `receptive_fields.py`."""

import torch
from torch import Tensor

from course_lib.checks import pooling_mistakes as mistakes
from course_lib.checks.report import (
    NotAttempted,
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require_close,
)


def as_tensor(result) -> Tensor:
    """Return a learner's tensor, array, number or nested list as a float64 tensor."""
    try:
        return torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Numbers are expected, got {describe(result)}.") from None


@exercise("4.1")
def check_pool(pool) -> str:
    """Check `pool(image, kernel_size, stride, kind)`: one image (height, width); kind "max" or "average"."""
    generator = torch.Generator().manual_seed(0)
    for height, width, kernel_size, stride in (
        (8, 10, 3, 2), (6, 6, 2, 2), (7, 5, 2, 3), (5, 6, 3, 1), (4, 4, 4, 4),
    ):  # fmt: skip
        image = torch.randn(height, width, generator=generator, dtype=torch.float64) - 0.5
        for kind in ("max", "average"):
            setting = f"{kind}, {height} × {width} pixels, kernel_size {kernel_size}, stride {stride}"
            result = as_tensor(attempt(pool, image, kernel_size, stride, kind))
            expected = mistakes.pooled(image, kernel_size, stride, kind)
            wrong = mistakes.of_pool(image, kernel_size, stride, kind)
            mistakes.recognise(
                result, expected, [(f"({setting}) {hint}", outcome) for hint, outcome in wrong]
            )
            require_close(
                result,
                expected,
                f"({setting}) Row i, column j of the output belongs to the window whose first pixel is "
                "(i · stride, j · stride).",
            )
    return "Your windows have the right size, the right places and the right number."


@exercise("4.2")
def check_max_pool2d_backward(max_pool2d_backward) -> str:
    """Check `max_pool2d_backward(grad_output, image, kernel_size, stride)` on images with ties and overlaps."""
    generator = torch.Generator().manual_seed(0)
    for height, width, kernel_size, stride, levels in (
        (6, 6, 2, 2, 1000), (4, 6, 2, 2, 2), (6, 7, 3, 1, 1000), (8, 7, 3, 2, 3), (7, 7, 2, 3, 1000),
    ):  # fmt: skip
        # few levels make ties
        image = torch.randint(0, levels, (height, width), generator=generator).double()
        out_size = mistakes.pooled(image, kernel_size, stride, "max").shape
        grad_output = torch.rand(out_size, generator=generator, dtype=torch.float64) + 0.5
        setting = (grad_output, image, kernel_size, stride)
        result = as_tensor(attempt(max_pool2d_backward, *setting))
        expected = mistakes.backward(*setting)
        mistakes.recognise(result, expected, mistakes.of_backward(*setting))
        require_close(
            result,
            expected,
            f"({height} × {width} pixels, kernel_size {kernel_size}, stride {stride}) Each window adds its gradient "
            "to the place of its first largest pixel.",
        )
    return "Each gradient arrives where its maximum came from, and overlapping windows add up."


@exercise("4.3")
def check_global_average(global_average, global_average_backward) -> str:
    """Check `global_average(maps)` and `global_average_backward(grad_output, height, width)`."""
    generator = torch.Generator().manual_seed(0)
    batch, channels, height, width = 3, 4, 5, 6
    maps = torch.randn(batch, channels, height, width, generator=generator, dtype=torch.float64)
    result, expected = as_tensor(attempt(global_average, maps)), maps.mean(dim=(2, 3))
    mistakes.recognise(result, expected, mistakes.of_global_average(maps))
    require_close(result, expected, "Average over height and width, for each image and channel.")

    grad_output = torch.randn(batch, channels, generator=generator, dtype=torch.float64)
    try:
        result = as_tensor(attempt(global_average_backward, grad_output, height, width))
    except NotAttempted:
        raise WrongAnswer(
            "global_average is right; global_average_backward is still to be written."
        ) from None
    expected = (grad_output[:, :, None, None] / (height * width)).expand(-1, -1, height, width)
    wrong = mistakes.of_global_average_backward(grad_output, height, width)
    mistakes.recognise(
        result, expected, [(f"global_average is right. {hint}", outcome) for hint, outcome in wrong]
    )
    require_close(
        result,
        expected,
        "global_average is right. Its gradient has the shape (batch, channels, height, width), and each pixel of a "
        "map gets an equal share.",
    )
    return "One number for each channel, and every pixel gets an equal share of its gradient."
