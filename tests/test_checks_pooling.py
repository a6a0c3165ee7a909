"""The checks of notebook 04 on pooling accept right answers and tell typical wrong ones what is wrong."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.pooling import check_global_average, check_max_pool2d_backward, check_pool
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


def pool_by_loops(image, kernel_size, stride, kind, *, up=False, divide_by=None, start=-math.inf):
    """Pool in plain Python, with nested lists as the result; the options make typical mistakes."""
    side = [(n - kernel_size) / stride for n in image.shape]
    rows, columns = (int(math.ceil(s) if up else math.floor(s)) + 1 for s in side)
    output = []
    for row in range(rows):
        output.append([])
        for column in range(columns):
            window = image[row * stride :, column * stride :][:kernel_size, :kernel_size].flatten().tolist()
            count = divide_by or len(window)
            output[-1].append(max([start, *window]) if kind == "max" else sum(window) / count)
    return output


def pool_by_unfolding(image, kernel_size, stride, kind):
    windows = image.unfold(0, kernel_size, stride).unfold(1, kernel_size, stride).flatten(2)
    return windows.amax(dim=2) if kind == "max" else windows.mean(dim=2)


@pytest.mark.parametrize("answer", [pool_by_loops, pool_by_unfolding])
def test_pooling_is_accepted_however_it_is_written(answer):
    assert check_pool(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda i, k, s, kind: pool_by_loops(i, k, s, kind, up=True), "rounds up"),
        (lambda i, k, s, kind: pool_by_loops(i, k, k, kind), "should move by stride"),
        (lambda i, k, s, kind: pool_by_loops(i, s, s, kind), "windows are stride pixels wide"),
        (
            lambda i, k, s, kind: pool_by_loops(i[: s - k or None, : s - k or None], s, s, kind),
            "windows are stride pixels wide",
        ),
        (lambda i, k, s, kind: pool_by_unfolding(i, k, s, kind)[:-1, :-1], "One row and one column"),
        (lambda i, k, s, kind: pool_by_loops(i, k, s, "max"), "exchanged, or `kind` is not looked at"),
        (
            lambda i, k, s, kind: pool_by_loops(i, k, s, "max" if kind == "average" else "average"),
            "exchanged",
        ),
        (lambda i, k, s, kind: pool_by_loops(i, k, s, kind, start=0.0), "start at minus infinity"),
        (lambda i, k, s, kind: pool_by_loops(i, k, s, kind, divide_by=1), "not divided yet"),
        (lambda i, k, s, kind: pool_by_loops(i, k, s, kind, divide_by=k), "divided by kernel_size"),
        (lambda i, k, s, kind: pool_by_loops(i, k, s, kind, divide_by=s * s), "divided by stride²"),
        (lambda i, k, s, kind: torch.zeros(1, 1), "The shape should be (3, 4)"),
        (lambda i, k, s, kind: "no numbers", "Numbers are expected"),
    ],
)
def test_a_wrong_pooling_is_told_its_mistake(answer, hint):
    result = check_pool(answer)
    assert result.status == WRONG
    assert hint in result.message


def backward_by_loops(grad_output, image, kernel_size, stride):
    grad = torch.zeros_like(image)
    for row in range(grad_output.shape[0]):
        for column in range(grad_output.shape[1]):
            best = max(
                ((row * stride + i, column * stride + j) for i in range(kernel_size) for j in range(kernel_size)),
                key=lambda place: image[place],
            )  # fmt: skip
            grad[best] += grad_output[row, column]
    return grad


def backward_by_autograd(grad_output, image, kernel_size, stride):
    image = image.requires_grad_()
    pooled = F.max_pool2d(image[None, None], kernel_size, stride)[0, 0]
    return torch.autograd.grad(pooled, image, grad_output)[0]


def backward_by_masks(grad_output, image, kernel_size, stride, change):
    """Go through the windows; `change(view of the gradient, window, number)` does what is right or wrong."""
    grad = torch.zeros_like(image)
    for row in range(grad_output.shape[0]):
        for column in range(grad_output.shape[1]):
            place = (
                slice(row * stride, row * stride + kernel_size),
                slice(column * stride, column * stride + kernel_size),
            )
            change(grad[place], image[place], grad_output[row, column])
    return grad


def overwrite_place(view, window, number):
    first = divmod(int(window.flatten().argmax()), window.shape[1])
    view[first] = number


def overwrite_window(view, window, number):
    first = divmod(int(window.flatten().argmax()), window.shape[1])
    view[:] = 0
    view[first] = number


def give_to_last(view, window, number):
    last = window.numel() - 1 - int(window.flatten().flip(0).argmax())
    view[divmod(last, window.shape[1])] += number


def share(view, window, number):
    largest = (window == window.max()).double()
    view += number * largest / largest.sum()


@pytest.mark.parametrize("answer", [backward_by_loops, backward_by_autograd])
def test_the_gradient_of_max_pooling_is_accepted_however_it_is_written(answer):
    assert check_max_pool2d_backward(answer).status == CORRECT


def wrong_backward(change):
    return lambda grad, image, k, s: backward_by_masks(grad, image, k, s, change)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (wrong_backward(lambda view, window, number: view.add_(number)), "Every pixel of a window"),
        (
            wrong_backward(lambda view, window, number: view.add_(number / window.numel())),
            "gradient of average pooling",
        ),
        (
            wrong_backward(lambda view, window, number: view.add_(number * (window == window.max()))),
            "all get the full gradient",
        ),
        (wrong_backward(share), "share the gradient"),
        (wrong_backward(give_to_last), "the last gets the gradient"),
        (wrong_backward(overwrite_place), "with = the last one overwrites"),
        (wrong_backward(overwrite_window), "zeros of a window overwrite"),
        (lambda grad, image, k, s: backward_by_loops(grad, -image, k, s), "smallest pixel"),
        (
            lambda grad, image, k, s: backward_by_loops(torch.ones_like(grad), image, k, s),
            "its own number of grad_output",
        ),
        (lambda grad, image, k, s: grad, "one number for each pixel of the image"),
        (
            lambda grad, image, k, s: backward_by_loops(grad, image, k, k if s > k else s),
            "move by stride",
        ),
        (lambda grad, image, k, s: torch.zeros_like(image), "adds its gradient to the place"),
    ],
)
def test_a_wrong_gradient_of_max_pooling_is_told_its_mistake(answer, hint):
    result = check_max_pool2d_backward(answer)
    assert result.status == WRONG
    assert hint in result.message


def average(maps):
    return maps.mean(dim=(2, 3))


def average_backward(grad_output, height, width):
    share = grad_output[:, :, None, None] / (height * width)
    return share.expand(-1, -1, height, width)


def average_by_loops(maps):
    return [[sum(sum(row) for row in m) / (len(m) * len(m[0])) for m in image] for image in maps.tolist()]


def average_backward_by_loops(grad_output, height, width):
    return [[[[g / height / width] * width] * height for g in image] for image in grad_output.tolist()]


@pytest.mark.parametrize(
    "answers", [(average, average_backward), (average_by_loops, average_backward_by_loops)]
)
def test_global_average_pooling_is_accepted_however_it_is_written(answers):
    assert check_global_average(*answers).status == CORRECT


@pytest.mark.parametrize(
    ("forward", "hint"),
    [
        (lambda maps: maps.mean(dim=(1, 2, 3)), "over the channels as well"),
        (lambda maps: maps.mean(dim=(0, 2, 3)), "over the batch as well"),
        (lambda maps: maps.mean(dim=1), "averages over the channels. Average over"),
        (lambda maps: maps.amax(dim=(2, 3)), "the maximum"),
        (lambda maps: maps.sum(dim=(2, 3)), "Divide by height · width"),
        (lambda maps: F.adaptive_avg_pool2d(maps, 1), "should be gone"),
        (lambda maps: 2 * average(maps), "Average over height and width, for each"),
    ],
)
def test_a_wrong_global_average_is_told_its_mistake(forward, hint):
    result = check_global_average(forward, average_backward)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (lambda height, width: height * width, "handed on whole"),
        (lambda height, width: width, "one side only"),
        (lambda height, width: height, "one side only"),
        (lambda height, width: 1 / 4, "the channels are averaged separately"),
        (lambda height, width: 1 / 3, "the images of a batch are averaged separately"),
        (lambda height, width: -1, "an equal share"),
    ],
)
def test_a_wrong_gradient_of_the_global_average_is_told_its_mistake(factor, hint):
    result = check_global_average(average, lambda g, h, w: average_backward(g, h, w) * factor(h, w))
    assert result.status == WRONG
    assert "global_average is right" in result.message
    assert hint in result.message


def test_a_gradient_of_one_number_for_each_map_is_told_to_be_copied():
    result = check_global_average(average, lambda g, h, w: g[:, :, None, None] / (h * w))
    assert result.status == WRONG
    assert "use expand" in result.message


def test_the_first_of_two_answers_is_examined_alone():
    result = check_global_average(average, stub)
    assert result.status == WRONG
    assert "still to be written" in result.message


@pytest.mark.parametrize(
    ("check", "count"), [(check_pool, 1), (check_max_pool2d_backward, 1), (check_global_average, 2)]
)
def test_an_untouched_stub_is_not_attempted(check, count):
    assert check(*[stub] * count).status == NOT_ATTEMPTED
