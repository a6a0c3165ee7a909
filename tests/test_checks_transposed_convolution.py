"""The checks of notebook 13 accept right answers, however they are written, and tell wrong ones their mistake."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.checks.transposed_convolution import (
    check_insert_zeros,
    check_output_padding,
    check_overlap,
    check_pixel_shuffle,
    check_scatter,
)
from course_lib.layers.transposed import conv_transpose2d_gather, overlap_counts
from course_lib.layers.transposed import insert_zeros as library_insert_zeros


def expect(check, answer, hint):
    result = check(answer)
    assert result.status == WRONG
    assert hint in result.message


def stub(*arguments):
    raise NotImplementedError


ALL_CHECKS = [check_scatter, check_insert_zeros, check_output_padding, check_overlap, check_pixel_shuffle]


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_what_is_no_answer_is_wrong(check):
    for answer in (lambda *a: "a map", lambda *a: None, lambda *a: 1 / 0, 7):
        assert check(answer).status == WRONG


def scatter(maps, kernel, stride, padding, *, add=True, flip=False, crop=True):
    (height, width), (rows, columns) = maps.shape, kernel.shape
    kernel = kernel.flip(0, 1) if flip else kernel
    output = torch.zeros(stride * (height - 1) + rows, stride * (width - 1) + columns, dtype=maps.dtype)
    for i in range(height):
        for j in range(width):
            place = output[stride * i : stride * i + rows, stride * j : stride * j + columns]
            place.copy_(place * add + maps[i, j] * kernel)
    if not crop:
        return output
    return output[padding : output.shape[0] - padding, padding : output.shape[1] - padding]


def scatter_by_gathering(maps, kernel, stride, padding):
    return conv_transpose2d_gather(maps[None, None], kernel[None, None], None, stride, padding)[0, 0].numpy()


def scatter_by_autograd(maps, kernel, stride, padding):
    size = [stride * (n - 1) + k - 2 * padding for n, k in zip(maps.shape, kernel.shape, strict=True)]
    image = torch.zeros(1, 1, *size, dtype=maps.dtype, requires_grad=True)
    output = F.conv2d(image, kernel[None, None], stride=stride, padding=padding)
    return torch.autograd.grad(output, image, maps[None, None])[0][0, 0]


@pytest.mark.parametrize("answer", [scatter, scatter_by_gathering, scatter_by_autograd])
def test_scattering_is_accepted_however_it_is_written(answer):
    assert check_scatter(answer).status == CORRECT


def without_last(cut):
    def answer(maps, kernel, stride, padding):
        return cut(scatter(maps, kernel, stride, padding, crop=False), padding)

    return answer


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: scatter(*a, add=False), "use +="),
        (lambda *a: scatter(*a, flip=True), "The kernel is flipped"),
        (lambda m, k, s, p: scatter(m, k, 1, p), "The stride is ignored"),
        (lambda *a: scatter(*a, crop=False), "The padding is still there"),
        (without_last(lambda whole, p: whole[p:, p:]), "above and on the left only"),
        (without_last(lambda whole, p: whole[: len(whole) - p, : whole.shape[1] - p]), "below and on the right only"),
        (without_last(lambda whole, p: F.pad(whole, (p,) * 4)), "a frame of zeros around the output"),
        (lambda m, k, s, p: scatter(F.pad(m, (p,) * 4), k, s, 0), "framed the input"),
        (without_last(lambda whole, p: whole[p:-p, p:-p]), "Nothing is left for padding 0"),
        (lambda m, k, s, p: scatter(m, F.pad(k, (0, s, 0, s)), s, p), "one stride too large"),
        (lambda m, k, s, p: F.conv2d(F.pad(m, (4,) * 4)[None, None], k[None, None])[0, 0], "The shape should be"),
        (lambda *a: 2 * scatter(*a), "stamps from"),
        (lambda *a: "a map", "A tensor is expected"),
    ],
)  # fmt: skip
def test_wrong_scattering_is_told_its_mistake(answer, hint):
    expect(check_scatter, answer, hint)


def zeros_by_view(maps, stride):
    batch, channels, height, width = maps.shape
    grid = maps.new_zeros(batch, channels, height, stride, width, stride)
    grid[:, :, :, 0, :, 0] = maps
    return grid.flatten(4).flatten(2, 3)[:, :, : stride * (height - 1) + 1, : stride * (width - 1) + 1]


def zeros_by_torch(maps, stride):
    single = torch.ones(1, 1, 1, 1, dtype=maps.dtype).expand(maps.shape[1], 1, 1, 1)
    return F.conv_transpose2d(maps, single, stride=stride, groups=maps.shape[1])


@pytest.mark.parametrize("answer", [library_insert_zeros, zeros_by_view, zeros_by_torch])
def test_inserted_zeros_are_accepted_however_they_come_in(answer):
    assert check_insert_zeros(answer).status == CORRECT


def zeros_behind(maps, stride):
    spread = maps.new_zeros(*maps.shape[:2], stride * maps.shape[2], stride * maps.shape[3])
    spread[:, :, ::stride, ::stride] = maps
    return spread


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (zeros_behind, "zeros behind the last pixel"),
        (lambda m, s: library_insert_zeros(m, s + 1), "one zero too many"),
        (lambda m, s: library_insert_zeros(m, max(1, s - 1)), "one zero too few"),
        (lambda m, s: m.repeat_interleave(s, 2).repeat_interleave(s, 3), "repeated the pixels"),
        (lambda m, s: library_insert_zeros(m, (s, 1)), "not between the columns"),
        (lambda m, s: library_insert_zeros(m, (1, s)), "not between the rows"),
        (lambda m, s: F.pad(m, (s - 1,) * 4), "around the map"),
        (lambda m, s: F.pad(library_insert_zeros(m, s), (s - 1,) * 4), "a frame of zeros around it"),
        (lambda m, s: library_insert_zeros(m, s)[0], "The shape should be"),
        (lambda m, s: -library_insert_zeros(m, s), "none at the ends"),
    ],
)
def test_wrongly_inserted_zeros_are_told_their_mistake(answer, hint):
    expect(check_insert_zeros, answer, hint)


def padding_by_trying(small, large, kernel_size, stride, padding):
    for output_padding in range(stride):
        maps, kernel = torch.zeros(1, 1, small), torch.zeros(1, 1, kernel_size)
        result = F.conv_transpose1d(maps, kernel, None, stride, padding, output_padding)
        if result.shape[2] == large:
            return output_padding
    return None


def padding_by_formula(small, large, k, s, p, size_of=lambda n, k, s, p: s * (n - 1) + k - 2 * p):
    missing = large - size_of(small, k, s, p)
    return missing if missing in range(s) else None


def padding_from_convolution(small, large, k, s, p):
    room = large + 2 * p - k
    return torch.tensor(room % s) if room // s + 1 == small else None


@pytest.mark.parametrize("answer", [padding_by_trying, padding_by_formula, padding_from_convolution])
def test_output_padding_is_accepted_however_it_is_found(answer):
    assert check_output_padding(answer).status == CORRECT


def from_size(size_of):
    return lambda *case: padding_by_formula(*case, size_of=size_of)


def missing(n, m, k, s, p):
    return m - (s * (n - 1) + k - 2 * p)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (from_size(lambda n, k, s, p: s * (n - 1) + k - p), "counted the padding once"),
        (from_size(lambda n, k, s, p: s * (n - 1) + k), "The padding is ignored"),
        (from_size(lambda n, k, s, p: s * (n - 1) + k + 2 * p), "The padding is added"),
        (from_size(lambda n, k, s, p: s * n + k - 2 * p), "n - 1 steps"),
        (from_size(lambda n, k, s, p: s * (n - 1) + 1 - 2 * p), "the kernel is missing"),
        (missing, "not every number is allowed"),
        (lambda *case: x if (x := missing(*case)) >= 0 else None, "too large to be reached"),
        (lambda *case: x if (x := missing(*case)) < case[3] else None, "too small to be reached"),
        (lambda *case: x if 0 <= (x := missing(*case)) <= case[3] else None, "stride itself is too much"),
        (lambda n, m, k, s, p: (m + 2 * p - k) % s, "The remainder tells"),
        (lambda *case: 0, "Without it the size is s"),
        (lambda *case: max(0, min(missing(*case), case[3] - 1)), "else the answer is None"),
        (lambda *case: None, "returns None for every setting"),
        (lambda *case: 0.5, "A whole number or None"),
    ],
)
def test_a_wrong_output_padding_is_told_its_mistake(answer, hint):
    expect(check_output_padding, answer, hint)


def overlap_by_ones(size, kernel_size, stride, padding):
    return F.conv_transpose1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel_size), None, stride, padding)[
        0, 0
    ]


def overlap_by_asking(size, kernel_size, stride, padding, *, crop=True):
    out_size = stride * (size - 1) + kernel_size
    pixels = range(padding, out_size - padding) if crop else range(out_size)
    return [sum(0 <= r - stride * i < kernel_size for i in range(size)) for r in pixels]


@pytest.mark.parametrize(
    "answer", [overlap_counts, overlap_by_ones, overlap_by_asking, lambda *a: np.array(overlap_counts(*a))]
)
def test_an_overlap_is_accepted_however_it_is_counted(answer):
    assert check_overlap(answer).status == CORRECT


def overlap_one_short(size, kernel_size, stride, padding):
    counts = np.zeros(stride * (size - 1) + kernel_size)
    for i in range(size):
        counts[stride * i : stride * i + kernel_size - 1] += 1
    return counts[padding : len(counts) - padding]


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: overlap_by_asking(*a, crop=False), "Padding is not taken off"),
        (lambda n, k, s, p: overlap_counts(n, k, s)[p:], "at the beginning only"),
        (lambda n, k, s, p: overlap_counts(n, k, s)[: s * (n - 1) + k - p], "at the end only"),
        (lambda *a: [count**2 for count in overlap_counts(*a)], "counts in two dimensions"),
        (lambda *a: np.outer(overlap_counts(*a), overlap_counts(*a)), "counts in two dimensions, as a map"),
        (lambda n, k, s, p: overlap_counts(n, k, 1, p), "The stride is ignored"),
        (lambda n, k, s, p: overlap_counts(n, s, k), "Stride and kernel are exchanged"),
        (overlap_one_short, "one pixel too short"),
        (lambda *a: [int(count > 0) for count in overlap_counts(*a)], "No pixel counts more than one"),
        (lambda n, k, s, p: overlap_counts(n, k, s)[p:-p], "Nothing is left for padding 0"),
        (lambda n, k, s, p: [math.ceil(k / s)] * (s * (n - 1) + k - 2 * p), "towards the ends"),
        (lambda *a: [count + 1 for count in overlap_counts(*a)], "Input i reaches"),
    ],
)
def test_a_wrong_overlap_is_told_its_mistake(answer, hint):
    expect(check_overlap, answer, hint)


def shuffle(maps, factor, *, split="crr", order=(0, 1, 4, 2, 5, 3)):
    batch, many, height, width = maps.shape
    channels = many // factor**2
    sizes = {"crr": (channels, factor, factor), "rrc": (factor, factor, channels)}[split]
    mixed = maps.reshape(batch, *sizes, height, width).permute(order)
    return mixed.reshape(batch, channels, height * factor, width * factor)


def shuffle_by_slices(maps, factor):
    batch, many, height, width = maps.shape
    output = maps.new_zeros(batch, many // factor**2, height * factor, width * factor)
    for i in range(factor):
        for j in range(factor):
            output[:, :, i::factor, j::factor] = maps[:, factor * i + j :: factor**2]
    return output


@pytest.mark.parametrize("answer", [shuffle, shuffle_by_slices, F.pixel_shuffle])
def test_a_pixel_shuffle_is_accepted_however_it_is_written(answer):
    assert check_pixel_shuffle(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda m, r: shuffle(m, r, order=(0, 1, 2, 3, 4, 5)), "reshape alone"),
        (lambda m, r: shuffle(m, r, split="rrc", order=(0, 3, 4, 1, 5, 2)), "split in the wrong order"),
        (lambda m, r: shuffle(m, r, order=(0, 1, 4, 3, 5, 2)), "The two offsets are exchanged"),
        (lambda m, r: shuffle(m, r, order=(0, 1, 2, 4, 3, 5)), "side by side as tiles"),
        (lambda m, r: shuffle(m.mT, r), "Rows and columns are exchanged"),
        (lambda m, r: F.interpolate(m[:, : m.shape[1] // r**2], scale_factor=r), "Nothing is repeated"),
        (lambda m, r: -shuffle(m, r), "goes to channel c"),
        (lambda m, r: m, "The shape should be"),
    ],
)
def test_a_wrong_pixel_shuffle_is_told_its_mistake(answer, hint):
    expect(check_pixel_shuffle, answer, hint)
