"""Gradients of a convolution as they come out of typical mistakes, each with the hint that belongs to it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import WrongAnswer, describe, require, require_close
from course_lib.layers.unfolding import conv2d_backward

Mistakes = dict[str, Tensor]  # hint → the wrong result it is meant for
TOLERANCE = 1e-5  # relative; float32 buffers inside an answer are allowed


def _alike(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape:
        return False
    allowed = TOLERANCE * max(1.0, second.abs().max().item() if second.numel() else 1.0)
    return bool(((first.detach().double() - second.double()).abs() <= allowed).all())


def compare(result, expected: Tensor, mistakes: Mistakes, hint: str) -> None:
    """Raise `WrongAnswer` unless `result` is `expected`; a result of a known mistake is told that mistake."""
    require(isinstance(result, Tensor), f"A tensor is expected, got {describe(result)}. {hint}")
    for advice, wrong in mistakes.items():
        if _alike(result, wrong) and not _alike(wrong, expected):
            raise WrongAnswer(advice)
    require_close(result, expected, hint, tolerance=TOLERANCE)


def bias_mistakes(grad_output: Tensor) -> Mistakes:
    """Return what wrong answers make of the gradient for the bias."""
    total = grad_output.sum(dim=(0, 2, 3))
    batch, places = len(grad_output), grad_output[0, 0].numel()
    return {
        "Bias: that is a mean. The bias is added at every place of every image, so its gradient is the sum over them.":
            total / (batch * places),
        "Bias: that is a mean over the places. Sum over them; a mean would already be in grad_output.": total / places,
        "Bias: that is a mean over the batch. Sum over the images; a mean would already be in grad_output.":
            total / batch,
        "Bias: it is not summed over the batch. All images share the same bias.": grad_output.sum(dim=(2, 3)),
        "Bias: it is not summed over the places. A channel has one bias, used at all of them.": grad_output.sum(dim=0),
        "Bias: that is the gradient of the first image only. All images share the bias: sum over the batch.":
            grad_output[0].sum(dim=(1, 2)),
    }  # fmt: skip


def weight_mistakes(grad_output: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int) -> Mistakes:
    """Return what wrong answers make of the gradient for the weight."""

    def gradient(grad_output=grad_output, x=x, stride=stride, padding=padding):
        return conv2d_backward(grad_output, x, weight, stride=stride, padding=padding)[1]

    total = gradient()
    of_each = torch.stack([gradient(grad_output[n : n + 1], x[n : n + 1]) for n in range(len(x))])
    # the output's size if the stride were 1
    size = [length + 2 * padding - weight.shape[2] + 1 for length in x.shape[2:]]
    touching = F.pad(grad_output, (0, size[1] - grad_output.shape[3], 0, size[0] - grad_output.shape[2]))
    images_as_channels = F.pad(x, (padding,) * 4).transpose(0, 1)
    uncut = F.conv2d(images_as_channels, grad_output.transpose(0, 1), dilation=stride).transpose(0, 1)
    return {
        "Weight: it is not summed over the batch. All images share the same weight.": of_each,
        "Weight: that is a mean over the batch. Sum over the images; a mean would already be in grad_output.":
            total / len(x),
        "Weight: that is the gradient of the first image only. All images share the weight: sum over the batch.":
            of_each[0],
        "Weight: that is a mean over the places. Sum over them; a mean would already be in grad_output.":
            total / grad_output[0, 0].numel(),
        "Weight: it is turned by 180 degrees. Weight (a, b) meets pixel (s·i + a, s·j + b), with plus signs; only the "
        "gradient for the input has a flip.": total.flip(2, 3),
        "Weight: rows and columns of the kernel are exchanged.": total.transpose(2, 3),
        "Weight: the output channels come first, then the input channels.": total.transpose(0, 1),
        "Weight: the stride is ignored. Output (i, j) met the pixel in row s·i + a and column s·j + b.":
            gradient(touching, stride=1),
        "Weight: there are more entries than weights. The stride left rows or columns over; keep the first "
        "kernel_size rows and columns.": uncut,
    }  # fmt: skip


def input_mistakes(grad_output: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int) -> Mistakes:
    """Return what wrong answers make of the gradient for the input."""
    turned, _, _ = conv2d_backward(grad_output, x, weight.flip(2, 3), stride=stride, padding=padding)
    framed = F.pad(x, (padding,) * 4)
    uncut, _, _ = conv2d_backward(grad_output, framed, weight, stride=stride)
    shortened = F.conv_transpose2d(grad_output, weight, stride=stride, padding=padding)
    close_together = F.conv_transpose2d(grad_output, weight)
    unstrided = torch.zeros_like(uncut)
    rows, columns = close_together.shape[2:]
    unstrided[:, :, :rows, :columns] = close_together
    return {
        "Input: the kernel is turned the wrong way. If you convolve, flip it in both directions, since the weight's "
        "index is r - s·i; if you stamp, stamp it as it is.": turned,
        "Input: the frame of padding is still there. Its zeros are constants: cut it off.": uncut,
        "Input: rows or columns are missing. The stride left them over, no window reaches them, and their gradient is "
        "zero: start from zeros of the padded input's size (or use output_padding).": shortened,
        "Input: the result is empty. With padding 0, -0 is 0, so p:-p is empty; use p : p + height.": x[:, :, :0, :0],
        "Input: the stride is ignored. Output (i, j) belongs to the patch that begins in row s·i and column s·j.":
            unstrided[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]],
        "Input: where patches overlap, the last one has overwritten the others. Add them up: +=.":
            _overwritten(grad_output, framed, weight, stride)[
                :, :, padding : padding + x.shape[2], padding : padding + x.shape[3]
            ],
    }  # fmt: skip


def _overwritten(grad_output: Tensor, framed: Tensor, weight: Tensor, stride: int) -> Tensor:
    grad, size = torch.zeros_like(framed), weight.shape[2]
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows, columns = (slice(stride * index, stride * index + size) for index in (i, j))
            grad[:, :, rows, columns] = torch.einsum("no,ocab->ncab", grad_output[:, :, i, j], weight)
    return grad
