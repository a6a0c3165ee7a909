"""Typical wrong answers to the exercises of notebook 13, each with the hint that meets it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import require
from course_lib.layers.transposed import insert_zeros, overlap_counts

NOTHING_LEFT = (
    "Nothing is left for padding 0. Did you cut with [p:-p]? That is empty for p = 0: end at size - p."
)
Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        shows = wrong.shape != expected.shape or not torch.allclose(wrong.double(), expected, atol=1e-6)
        if shows and result.shape == wrong.shape:
            require(not torch.allclose(result, wrong.double(), atol=1e-5), hint)


def stamped(maps: Tensor, kernel: Tensor, stride: int, padding: int) -> Tensor:
    """Return torch's transposed convolution of two matrices."""
    return F.conv_transpose2d(maps[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]


def overwritten(maps: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """Return what stamps leave that overwrite each other, row by row."""
    (height, width), (rows, columns) = maps.shape, kernel.shape
    output = maps.new_zeros(stride * (height - 1) + rows, stride * (width - 1) + columns)
    for i in range(height):
        for j in range(width):
            output[stride * i : stride * i + rows, stride * j : stride * j + columns] = maps[i, j] * kernel
    return output


def of_scatter(maps: Tensor, kernel: Tensor, stride: int, padding: int) -> Mistakes:
    """Return wrong answers to exercise 13.1."""
    whole, replaced = stamped(maps, kernel, stride, 0), overwritten(maps, kernel, stride)
    height, width = whole.shape
    framed = F.pad(maps, (padding,) * 4)
    wrong = [
        (
            "Where stamps overlap, the later one has replaced the earlier. They add up: use +=.",
            replaced[padding : height - padding, padding : width - padding],
        ),
        (
            "The kernel is flipped. Here the stamp is the kernel as it is; the flip belongs to the other reading.",
            stamped(maps, kernel.flip(0, 1), stride, padding),
        ),
        ("The stride is ignored: the stamp of pixel (i, j) begins at (s·i, s·j).", stamped(maps, kernel, 1, padding)),
        ("The padding is still there: take `padding` rows and columns off each side.", whole),
        (
            "Padding is taken off above and on the left only. It goes from all four sides.",
            whole[padding:, padding:],
        ),
        (
            "Padding is taken off below and on the right only. It goes from all four sides.",
            whole[: height - padding, : width - padding],
        ),
        (
            "You have framed the input with zeros. In a transposed convolution padding makes the output smaller.",
            stamped(framed, kernel, stride, 0),
        ),
        ("You have put a frame of zeros around the output. Padding takes it off.", F.pad(whole, (padding,) * 4)),
        (NOTHING_LEFT, whole[padding:-padding, padding:-padding]),
        ("It is one stride too large: the last stamp begins at s·(n - 1), and the map ends with it.",
         F.pad(whole, (0, stride, 0, stride))[padding : height + stride - padding, padding : width + stride - padding]),
    ]  # fmt: skip
    if all(side + 2 * padding >= k for side, k in zip(maps.shape, kernel.shape, strict=True)):
        smaller = F.conv2d(maps[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]
        wrong.append(("That is the convolution: it gathers patches. Here each pixel is spread.", smaller))
    return wrong


def of_insert_zeros(maps: Tensor, stride: int) -> Mistakes:
    """Return wrong answers to exercise 13.2."""
    height, width = maps.shape[2:]
    behind = maps.new_zeros(*maps.shape[:2], stride * height, stride * width)
    behind[:, :, ::stride, ::stride] = maps
    right = insert_zeros(maps, stride)
    return [
        ("There are zeros behind the last pixel, too. They belong between the pixels only: s·(n - 1) + 1.", behind),
        ("There is one zero too many: between neighbours there are s - 1 of them.", insert_zeros(maps, stride + 1)),
        ("There is one zero too few: with s - 1 zeros between them, pixels lie s apart.",
         insert_zeros(maps, max(1, stride - 1))),
        ("You have repeated the pixels. Zeros are wanted between them.",
         maps.repeat_interleave(stride, 2).repeat_interleave(stride, 3)),
        ("Zeros have come between the rows, but not between the columns.", insert_zeros(maps, (stride, 1))),
        ("Zeros have come between the columns, but not between the rows.", insert_zeros(maps, (1, stride))),
        ("The zeros are around the map. They belong between its pixels.", F.pad(maps, (stride - 1,) * 4)),
        ("There is a frame of zeros around it, too. They belong between the pixels only.",
         F.pad(right, (stride - 1,) * 4)),
    ]  # fmt: skip


def output_padding(small: int, large: int, kernel_size: int, stride: int, padding: int) -> int | None:
    """Return the right answer to exercise 13.3."""
    missing = large - (stride * (small - 1) + kernel_size - 2 * padding)
    return missing if 0 <= missing < stride else None


def _of_size(size_of):
    """Return an answer that measures what is missing from a wrong size, within the right limits."""

    def wrong(small, large, k, s, p):
        missing = large - size_of(small, k, s, p)
        return missing if 0 <= missing < s else None

    return wrong


OF_OUTPUT_PADDING = [
    ("You have counted the padding once. It is taken off both sides.",
     _of_size(lambda n, k, s, p: s * (n - 1) + k - p)),
    ("The padding is ignored: it takes 2p pixels away.", _of_size(lambda n, k, s, p: s * (n - 1) + k)),
    ("The padding is added. Here it takes 2p pixels away.", _of_size(lambda n, k, s, p: s * (n - 1) + k + 2 * p)),
    ("Between n stamps there are n - 1 steps: the last begins at s·(n - 1).",
     _of_size(lambda n, k, s, p: s * n + k - 2 * p)),
    ("The last stamp begins at s·(n - 1) and is k pixels wide; the kernel is missing.",
     _of_size(lambda n, k, s, p: s * (n - 1) + 1 - 2 * p)),
    ("The number of missing pixels is right, but not every number is allowed: from 0 to s - 1, else None.",
     lambda n, m, k, s, p: m - (s * (n - 1) + k - 2 * p)),
    ("A size can be too large to be reached: output_padding must be smaller than the stride.",
     lambda n, m, k, s, p: m - (s * (n - 1) + k - 2 * p) if m >= s * (n - 1) + k - 2 * p else None),
    ("A size can be too small to be reached: no pixel can be taken away by output_padding.",
     lambda n, m, k, s, p: m - (s * (n - 1) + k - 2 * p) if m - (s * (n - 1) + k - 2 * p) < s else None),
    ("The remainder tells what a convolution from the large size leaves over, but not whether it arrives at the small "
     "one. Where the two do not belong together, the answer is None.",
     lambda n, m, k, s, p: (m + 2 * p - k) % s),
    ("stride itself is too much: output_padding must be smaller than the stride.",
     lambda n, m, k, s, p: x if 0 <= (x := m - (s * (n - 1) + k - 2 * p)) <= s else None),
]  # fmt: skip


def of_overlap(size: int, kernel_size: int, stride: int, padding: int) -> Mistakes:
    """Return wrong answers to exercise 13.4."""
    right = torch.tensor(overlap_counts(size, kernel_size, stride, padding))
    whole = torch.tensor(overlap_counts(size, kernel_size, stride))
    shorter = torch.zeros(stride * (size - 1) + kernel_size - 2 * padding)
    for first in range(0, stride * size, stride):
        begin = max(0, first - padding)
        shorter[begin : max(begin, first - padding + kernel_size - 1)] += 1
    return [
        ("Padding is not taken off: p pixels at each end are not part of the output.", whole),
        ("Padding is taken off at the beginning only.", whole[padding:]),
        ("Padding is taken off at the end only.", whole[: len(whole) - padding]),
        ("Those are the counts in two dimensions. One dimension is asked for.", right**2),
        ("Those are the counts in two dimensions, as a map. One dimension is asked for.", right[:, None] * right),
        ("The stride is ignored: stamps begin s pixels apart.",
         torch.tensor(overlap_counts(size, kernel_size, 1, min(padding, (size + kernel_size - 2) // 2)))),
        ("Stride and kernel are exchanged: stamps are k wide and begin s apart.",
         torch.tensor(overlap_counts(size, stride, kernel_size))),
        ("Each stamp is one pixel too short: it covers s·i to s·i + k - 1, both counted.", shorter),
        ("No pixel counts more than one. Where stamps overlap, count how often it is reached.", (right > 0).int()),
        (NOTHING_LEFT, whole[padding:-padding]),
        ("The counts are not the same everywhere: towards the ends fewer stamps arrive.",
         torch.full_like(right, -(-kernel_size // stride))),
    ]  # fmt: skip


def of_pixel_shuffle(maps: Tensor, factor: int) -> Mistakes:
    """Return wrong answers to exercise 13.5."""
    batch, many, height, width = maps.shape
    channels, size = many // factor**2, (factor * height, factor * width)
    shape = (batch, channels, *size)
    split = maps.reshape(batch, channels, factor, factor, height, width)
    other = maps.reshape(batch, factor, factor, channels, height, width)
    return [
        ("reshape alone cuts the numbers in the order they lie in. Bring the axes in order first: permute.",
         maps.reshape(shape)),
        ("The channels are split in the wrong order: the new channel changes slowest, (channels, r, r).",
         other.permute(0, 3, 4, 1, 5, 2).reshape(shape)),
        ("The two offsets are exchanged: the first r is for rows, the second for columns.",
         split.permute(0, 1, 4, 3, 5, 2).reshape(shape)),
        ("The maps lie side by side as tiles. The r offsets must vary faster than the pixel: (height, r, width, r).",
         split.permute(0, 1, 2, 4, 3, 5).reshape(shape)),
        *[("Rows and columns are exchanged.", split.permute(order).reshape(batch, channels, size[1], size[0]))
          for order in ((0, 1, 5, 2, 4, 3), (0, 1, 5, 3, 4, 2))],
        ("That repeats pixels. Nothing is repeated: r² channels become r × r pixels.",
         maps[:, :channels].repeat_interleave(factor, 2).repeat_interleave(factor, 3)),
        ("That is the way back, from pixels to channels.",
         F.pixel_unshuffle(maps, factor) if height % factor == 0 == width % factor else maps[:0]),
    ]  # fmt: skip
