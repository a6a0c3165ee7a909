"""Checks for notebook 03."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.convolution_gradient_mistakes import (
    bias_mistakes,
    compare,
    input_mistakes,
    weight_mistakes,
)
from course_lib.checks.convolution_mistakes import attempt_with_hint
from course_lib.checks.numerical_gradient import check_numerical_gradient, random_tensor  # noqa: F401
from course_lib.checks.report import NotAttempted, WrongAnswer, attempt, describe, exercise, require
from course_lib.layers.convolution import convolution_matrix


@exercise("3.2")
def check_matrices(matrices) -> str:
    """Check (rows, columns, nonzero entries) of the three convolution matrices of the exercise."""
    require(
        isinstance(matrices, list | tuple) and len(matrices) == 3,
        f"A list of three answers is expected, got {describe(matrices)}.",
    )
    if any(answer is ... for answer in matrices):
        require(all(answer is ... for answer in matrices), "Some of the answers are still three dots.")
        raise NotAttempted
    settings = (
        (1, 1, 6, {}, "6×6 pixels"),
        (1, 1, 6, {"padding": 1}, "6×6 pixels, padding 1"),
        (3, 2, 7, {"stride": 2}, "7×7 pixels, 2 channels, stride 2, 3 output channels"),
    )
    for number, (answer, (filters, channels, size, options, name)) in enumerate(
        zip(matrices, settings, strict=True), start=1
    ):
        matrix = convolution_matrix(torch.ones(filters, channels, 3, 3), size, **options)
        right = (*matrix.shape, int(matrix.count_nonzero()))
        require(
            isinstance(answer, list | tuple) and len(answer) == 3,
            f"Answer {number}: three numbers are expected, (rows, columns, nonzero), got {describe(answer)}.",
        )
        hint = _matrix_hint(tuple(answer), right, filters, channels, size)
        require(tuple(answer) == right, f"Matrix {number} ({name}) is not {tuple(answer)}. {hint}")
    return "Rows are output pixels, columns are input pixels, and few entries are not zero."


def _matrix_hint(answer: tuple, right: tuple, filters: int, channels: int, size: int) -> str:
    rows, columns, nonzero = right
    if answer[:2] == (columns, rows) and rows != columns:
        return "Rows and columns are exchanged: a row for each output pixel, a column for each input pixel."
    known = {
        (0, rows // filters): "Rows: every output channel has its own pixels, so its own rows.",
        (0, (size - 2) ** 2): "Rows: output pixels of all output channels, with this stride and padding.",
        (0, filters * (size - 2) ** 2): "Rows: with this stride and padding the output has another size.",
        (1, columns // channels): "Columns: every input channel has its own pixels, so its own columns.",
        (1, (size + 2) ** 2): "Columns: the zeros of the padding are no inputs. Columns are pixels of the image.",
        (2, rows * 9): "Nonzero: for one input channel without padding it would be 9 a row. Count all input "
        "channels, and leave out the weights that lie in the padding.",
        (2, rows * columns): "Nonzero: that counts all entries. Each output sees its own window only.",
        (2, 9 * channels * filters): "Nonzero: each weight is written once for each place, not once.",
        (2, 9): "Nonzero: there are nine different numbers, but each of them is written into many rows.",
    }  # fmt: skip
    for position, value in enumerate(answer):
        if value != right[position]:
            default = ("Rows: count output pixels.", "Columns: count input pixels.",
                       "Nonzero: count, for each output pixel, the weights that lie on the image.")  # fmt: skip
            return known.get((position, value), default[position])
    return ""


def _autograd(grad_output: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int):
    """Return torch's gradients for input, weight and bias."""
    bias = torch.zeros(len(weight), dtype=torch.float64)
    leaves = [tensor.clone().requires_grad_() for tensor in (x, weight, bias)]
    return torch.autograd.grad(F.conv2d(*leaves, stride=stride, padding=padding), leaves, grad_output)


def _require_gradients(results, names: tuple[str, ...], expected: tuple[Tensor, ...]) -> None:
    """Require a tuple with one gradient for each name, in the right order."""
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    require(
        isinstance(results, list | tuple) and len(results) == len(names),
        f"{len(names)} gradients are expected, for {listed}, got "
        f"{len(results) if isinstance(results, list | tuple) else describe(results)}.",
    )
    for name, result in zip(names, results, strict=True):
        require(result is not None, f"The gradient for the {name} is missing: it is None.")
    shapes = [tuple(result.shape) for result in results if isinstance(result, Tensor)]
    wanted = [tuple(gradient.shape) for gradient in expected]
    require(
        shapes == wanted or sorted(shapes) != sorted(wanted),
        f"The gradients are in another order. Return those for {listed}.",
    )


@exercise("3.3")
def check_bias_and_weight_gradients(bias_and_weight_gradients) -> str:
    """Check `bias_and_weight_gradients(grad_output, x, kernel_size)`: (for the bias, for the weight), stride 1."""
    for (batch, channels, height, width), filters, size in (((3, 2, 6, 5), 4, 3), ((2, 3, 4, 7), 2, 2)):
        x, weight = (
            random_tensor((batch, channels, height, width), 0),
            random_tensor((filters, channels, size, size), 1),
        )
        grad_output = random_tensor((batch, filters, height - size + 1, width - size + 1), 2)
        results = attempt(bias_and_weight_gradients, grad_output, x, size)
        _, for_weight, for_bias = _autograd(grad_output, x, weight, 1, 0)
        _require_gradients(results, ("bias", "weight"), (for_bias, for_weight))
        compare(results[0], for_bias, bias_mistakes(grad_output), "Bias: sum over images, rows and columns.")
        hint = "Weight (o, c, a, b): sum over n, i, j of grad_output[n, o, i, j] · x[n, c, i + a, j + b]."
        compare(results[1], for_weight, weight_mistakes(grad_output, x, weight, 1, 0), hint)
    return "Both gradients sum over every use of the number, in all places and images."


@exercise("3.4")
def check_im2col(im2col) -> str:
    """Check `im2col(images, kernel_size, stride)`: (batch, channels · kernel_size², places)."""
    for shape, size, stride in (((2, 3, 5, 6), 3, 1), ((2, 2, 6, 5), 2, 2), ((1, 2, 8, 6), 3, 2)):
        images = random_tensor(shape, 0)
        end = "Does every slice end at a + stride · rows (and b + stride · columns)? Without an end it is too long."
        result = attempt_with_hint(end, im2col, images, size, stride)
        right = F.unfold(images, size, stride=stride)
        rows, columns = ((length - size) // stride + 1 for length in shape[2:])
        parts = right.view(shape[0], shape[1], size, size, rows, columns)
        mistakes = {
            "Patches and places are exchanged: a patch is a column, so places come last.": right.transpose(1, 2),
            "The rows go by weight first and then by channel. Channels come first: all weights of channel 0, then "
            "those of channel 1.": parts.permute(0, 2, 3, 1, 4, 5).reshape(right.shape),
            "The places go column by column. They should go row by row.": parts.transpose(4, 5).reshape(right.shape),
            "Rows and columns of the kernel are exchanged.": parts.transpose(2, 3).reshape(right.shape),
            "The patches are turned by 180 degrees. An unfolded patch is not flipped.":
                parts.flip(2, 3).reshape(right.shape),
            "The stride is ignored: the windows should begin every stride pixels.": F.unfold(images, size),
            "The stride was used within the patch. A patch holds neighbouring pixels; the stride lies between patches.":
                F.unfold(images, size, dilation=stride),
        }  # fmt: skip
        setting = f"images {shape}, kernel_size {size}, stride {stride}"
        hint = f"For {setting}: row (c, a, b) holds the pixels that this weight meets."
        compare(result, right, mistakes, hint)
    return "Your columns equal those of torch's unfold."


@exercise("3.5")
def check_conv2d_gradients(conv2d_gradients) -> str:
    """Check `conv2d_gradients(grad_output, x, weight, stride, padding)`: for input, weight and bias."""
    # stride, padding, height, width: from easy to hard. From the third on rows and columns are left over, in the
    # third, fifth and sixth more of them than the padding, so that cutting the padding off cannot hide it.
    settings = (
        (1, 0, 6, 5),
        (1, 1, 5, 6),
        (2, 0, 8, 6),
        (2, 1, 8, 6),
        (3, 0, 8, 7),
        (3, 1, 9, 6),
        (3, 2, 7, 9),
    )
    for stride, padding, height, width in settings:
        x, weight = random_tensor((3, 2, height, width), 0), random_tensor((4, 2, 3, 3), 1)
        places = [(length + 2 * padding - 3) // stride + 1 for length in (height, width)]
        grad_output = random_tensor((3, 4, *places), 2)
        setting = (grad_output, x, weight, stride, padding)
        try:
            hint = "Cut the windows from the padded x." if padding else ""
            results = attempt_with_hint(hint, conv2d_gradients, *setting)
            expected = _autograd(*setting)
            _require_gradients(results, ("input", "weight", "bias"), expected)
            hint = "Input: output (i, j) adds grad_output · weight to the patch that begins at (s·i, s·j)."
            compare(results[0], expected[0], input_mistakes(*setting), hint)
            hint = "Weight (a, b): sum of grad_output times the padded pixel (s·i + a, s·j + b) over places and images."
            compare(results[1], expected[1], weight_mistakes(*setting), hint)
            compare(results[2], expected[2], bias_mistakes(grad_output), "Bias: sum over images and places.")
        except WrongAnswer as wrong:
            raise WrongAnswer(f"With stride {stride} and padding {padding}. {wrong}") from wrong
    return "Input, weight and bias have autograd's gradients, for every stride and padding tried."
