"""The checks of notebook 03 on the gradients of a convolution: right passes, typical mistakes are told apart."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks import convolution_gradients as checks
from course_lib.checks.report import CORRECT, WRONG
from course_lib.layers.unfolding import conv2d_backward


def assert_refused(check, answer, hint):
    result = check(answer)
    assert result.status == WRONG
    assert hint in result.message


# 3.3 bias and weight


def windows(x, size, stride=1):
    return x.unfold(2, size, stride).unfold(3, size, stride)  # (batch, channels, places…, size, size)


def by_einsum(grad_output, x, kernel_size):
    return grad_output.sum(dim=(0, 2, 3)), torch.einsum(
        "noij,ncijuv->ocuv", grad_output, windows(x, kernel_size)
    )


def by_loops(grad_output, x, kernel_size):
    batch, filters, height, width = grad_output.shape
    grad_bias = torch.zeros(filters)
    grad_weight = torch.zeros(filters, x.shape[1], kernel_size, kernel_size)
    for n in range(batch):
        for o in range(filters):
            for i in range(height):
                for j in range(width):
                    grad_bias[o] += grad_output[n, o, i, j]
                    patch = x[n, :, i : i + kernel_size, j : j + kernel_size]
                    grad_weight[o] += grad_output[n, o, i, j] * patch
    return [grad_bias, grad_weight]


def changed(change_bias=lambda g, bias: bias, change_weight=lambda g, x, weight: weight):
    """Return an answer to 3.3 with one of its two results changed."""

    def answer(grad_output, x, kernel_size):
        bias, weight = by_einsum(grad_output, x, kernel_size)
        return change_bias(grad_output, bias), change_weight(grad_output, x, weight)

    return answer


def weight_of_each_image(grad_output, x, weight):
    return torch.einsum("noij,ncijuv->nocuv", grad_output, windows(x, weight.shape[2]))


@pytest.mark.parametrize("answer", [by_einsum, by_loops])
def test_bias_and_weight_accepts(answer):
    assert checks.check_bias_and_weight_gradients(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (changed(lambda g, b: g.mean(dim=(0, 2, 3))), "Bias: that is a mean. "),
        (changed(lambda g, b: g.mean(dim=(2, 3)).sum(dim=0)), "Bias: that is a mean over the places"),
        (changed(lambda g, b: b / len(g)), "Bias: that is a mean over the batch"),
        (changed(lambda g, b: g.sum(dim=(2, 3))), "Bias: it is not summed over the batch"),
        (changed(lambda g, b: g.sum(dim=0)), "Bias: it is not summed over the places"),
        (changed(lambda g, b: g[0].sum(dim=(1, 2))), "Bias: that is the gradient of the first image"),
        (changed(lambda g, b: None), "gradient for the bias is missing"),
        (changed(lambda g, b: b + 1), "Bias: sum over images, rows and columns"),
        (changed(change_weight=weight_of_each_image), "Weight: it is not summed over the batch"),
        (changed(change_weight=lambda g, x, w: w / len(x)), "Weight: that is a mean over the batch"),
        (
            changed(change_weight=lambda g, x, w: weight_of_each_image(g, x, w)[0]),
            "Weight: that is the gradient of the first image",
        ),
        (
            changed(change_weight=lambda g, x, w: w / g[0, 0].numel()),
            "Weight: that is a mean over the places",
        ),
        (changed(change_weight=lambda g, x, w: w.flip(2, 3)), "turned by 180 degrees"),
        (changed(change_weight=lambda g, x, w: w.mT), "rows and columns of the kernel are exchanged"),
        (changed(change_weight=lambda g, x, w: w.transpose(0, 1)), "output channels come first"),
        (changed(change_weight=lambda g, x, w: w.sum()), "The shape should be"),
        (changed(change_weight=lambda g, x, w: 2 * w), "Weight (o, c, a, b): sum over"),
        (lambda g, x, k: by_einsum(g, x, k)[::-1], "another order"),
        (lambda g, x, k: by_einsum(g, x, k)[1], "2 gradients are expected"),
        (lambda g, x, k: by_einsum(g, x, k)[:1], "2 gradients are expected, for bias and weight, got 1"),
    ],
)
def test_bias_and_weight_refuses(answer, hint):
    assert_refused(checks.check_bias_and_weight_gradients, answer, hint)


# 3.5 the whole backward pass


def by_library(grad_output, x, weight, stride, padding):
    return conv2d_backward(grad_output, x, weight, stride, padding)


def by_stamps(grad_output, x, weight, stride, padding, *, add=True):
    k, padded = weight.shape[2], F.pad(x, (padding,) * 4)
    grad_x, grad_weight = torch.zeros(padded.shape), torch.zeros(weight.shape)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            rows, columns = slice(stride * i, stride * i + k), slice(stride * j, stride * j + k)
            g = grad_output[:, :, i, j]
            stamp = torch.einsum("no,ocab->ncab", g, weight)
            grad_x[:, :, rows, columns] = stamp + (grad_x[:, :, rows, columns] if add else 0)
            grad_weight += torch.einsum("no,ncuv->ocuv", g, padded[:, :, rows, columns])
    grad_x = grad_x[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return [grad_x, grad_weight, grad_output.sum(dim=(0, 2, 3))]


def by_transposed_convolution(grad_output, x, weight, stride, padding, *, rest=True, cut=True):
    over = [(size + 2 * padding - weight.shape[2]) % stride for size in x.shape[2:]] if rest else 0
    grad_x = F.conv_transpose2d(grad_output, weight, stride=stride, padding=padding, output_padding=over)
    padded = F.pad(x, (padding,) * 4).transpose(0, 1)
    grad_weight = F.conv2d(padded, grad_output.transpose(0, 1), dilation=stride).transpose(0, 1)
    if cut:
        grad_weight = grad_weight[:, :, : weight.shape[2], : weight.shape[3]]
    return grad_x, grad_weight, grad_output.sum(dim=(0, 2, 3))


def replaced(**changes):
    """Return an answer to 3.5 in which a gradient, by name, is replaced by function(g, x, w, s, p)."""

    def answer(*setting):
        results = dict(zip(("x", "weight", "bias"), by_library(*setting), strict=True))
        results |= {name: change(*setting) for name, change in changes.items()}
        return tuple(results.values())

    return answer


def kernel_not_flipped(g, x, w, s, p):
    spread = torch.zeros(*g.shape[:2], *(n + 2 * p - 2 for n in x.shape[2:]), dtype=g.dtype)
    spread[:, :, : s * g.shape[2] : s, : s * g.shape[3] : s] = g
    full = F.conv2d(F.pad(spread, (2,) * 4), w.transpose(0, 1))
    return full[:, :, p : p + x.shape[2], p : p + x.shape[3]]


def frame_not_cut(g, x, w, s, p):
    return by_library(g, F.pad(x, (p,) * 4), w, s, 0)[0]


def input_without_stride(g, x, w, s, p):
    grad, full = torch.zeros_like(F.pad(x, (p,) * 4)), F.conv_transpose2d(g, w)
    grad[:, :, : full.shape[2], : full.shape[3]] = full
    return grad[:, :, p : p + x.shape[2], p : p + x.shape[3]]


def zeros_of_the_windows_only(g, x, w, s, p):
    # of size (n' - 1)·s + k and not of the padded input's
    return F.conv_transpose2d(g, w, stride=s)[:, :, p : p + x.shape[2], p : p + x.shape[3]]


def cut_from_p_to_minus_p(g, x, w, s, p):
    return by_library(g, F.pad(x, (p,) * 4), w, s, 0)[0][:, :, p:-p, p:-p]


def weight_of_the_bare_image(g, x, w, s, p):
    grad, (rows, columns) = torch.zeros_like(w), g.shape[2:]
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            met = x[:, :, a : a + s * rows : s, b : b + s * columns : s]
            grad[:, :, a, b] = torch.einsum("noij,ncij->oc", g, met)
    return grad


def weight_of_the_bare_image_by_products(g, x, w, s, p):
    grad, (rows, columns) = torch.zeros_like(w), g.shape[2:]
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            met = x[:, :, a : a + s * rows : s, b : b + s * columns : s]
            grad[:, :, a, b] = (g[:, :, None] * met[:, None]).sum(dim=(0, 3, 4))
    return grad


def weight_without_stride(g, x, w, s, p):
    height, width = g.shape[2:]
    met = windows(F.pad(x, (p,) * 4), 3)[:, :, :height, :width]
    return torch.einsum("noij,ncijuv->ocuv", g, met)


def weight_batch(g, x, w, s, p):
    return torch.stack([by_library(g[n, None], x[n, None], w, s, p)[1] for n in range(len(x))])


@pytest.mark.parametrize("answer", [by_library, by_stamps, by_transposed_convolution])
def test_conv2d_gradients_accepts(answer):
    assert checks.check_conv2d_gradients(answer).status == CORRECT


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_answers_are_accepted_whatever_the_default_type_is(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        assert checks.check_bias_and_weight_gradients(by_loops).status == CORRECT
        assert checks.check_conv2d_gradients(by_stamps).status == CORRECT
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (replaced(x=kernel_not_flipped), "stride 1 and padding 0. Input: the kernel is turned the wrong way"),
        (replaced(x=frame_not_cut), "stride 1 and padding 1. Input: the frame of padding is still there"),
        (
            lambda *setting: by_transposed_convolution(*setting, rest=False),
            "stride 2 and padding 0. Input: rows or columns are missing",
        ),
        (
            replaced(x=zeros_of_the_windows_only),
            "stride 2 and padding 0. Input: rows or columns are missing. The stride left them over, no window reaches "
            "them, and their gradient is zero: start from zeros of the padded input's size",
        ),
        (replaced(x=cut_from_p_to_minus_p), "-0 is 0, so p:-p is empty; use p : p + height"),
        (replaced(weight=weight_of_the_bare_image), "padding 1. answer raised RuntimeError"),
        (replaced(weight=weight_of_the_bare_image), "Cut the windows from the padded x."),
        (replaced(weight=weight_of_the_bare_image_by_products), "Cut the windows from the padded x."),
        (replaced(x=input_without_stride), "stride 2 and padding 0. Input: the stride is ignored"),
        (lambda *setting: by_stamps(*setting, add=False), "Input: where patches overlap"),
        (replaced(x=lambda g, x, w, s, p: 2 * by_library(g, x, w, s, p)[0]), "Input: output (i, j) adds"),
        (replaced(weight=weight_batch), "Weight: it is not summed over the batch"),
        (
            replaced(weight=lambda *setting: weight_batch(*setting).mean(dim=0)),
            "Weight: that is a mean over the batch",
        ),
        (replaced(weight=lambda *s: by_library(*s)[1].flip(2, 3)), "Weight: it is turned by 180 degrees"),
        (replaced(weight=weight_without_stride), "stride 2 and padding 0. Weight: the stride is ignored"),
        (
            lambda *setting: by_transposed_convolution(*setting, cut=False),
            "stride 2 and padding 0. Weight: there are more entries than weights",
        ),
        (replaced(weight=lambda *setting: by_library(*setting)[1] + 1), "Weight (a, b): sum of grad_output"),
        (replaced(bias=lambda g, *rest: g.mean(dim=(0, 2, 3))), "Bias: that is a mean"),
        (replaced(bias=lambda g, *rest: g.sum(dim=(2, 3))), "Bias: it is not summed over the batch"),
        (replaced(bias=lambda *setting: None), "gradient for the bias is missing"),
        (
            lambda *setting: by_library(*setting)[:2],
            "3 gradients are expected, for input, weight and bias, got 2",
        ),
        (lambda *setting: by_library(*setting)[0], "3 gradients are expected"),
        (lambda *setting: by_library(*setting)[::-1], "another order"),
        (lambda *setting: 1 / 0, "With stride 1 and padding 0. <lambda> raised ZeroDivisionError"),
    ],
)
def test_conv2d_gradients_refuses(answer, hint):
    assert_refused(checks.check_conv2d_gradients, answer, hint)
