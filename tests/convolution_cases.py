"""Random convolutions and poolings, and how their results are compared.

A possible case is built, not filtered: the image is chosen last, so that the kernel fits. An
arbitrary case may be impossible in any way, and then both sides must refuse it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor

# the same cases on every machine, more than 200 of them with different sizes; loops have no deadline
exact = settings(max_examples=300, derandomize=True, deadline=None, database=None)

TOLERANCE = 1e-10  # relative to the largest number, in float64


@dataclass(frozen=True)
class Case:
    """One convolution or pooling: sizes as (rows, columns), and a seed for the numbers."""

    batch: int
    in_channels: int
    out_channels: int
    groups: int
    image_size: tuple[int, int]
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    has_bias: bool
    seed: int

    def options(self, *names: str) -> dict:
        """Return these arguments by name; two equal numbers are passed as one, as users do."""
        values = {name: getattr(self, name) for name in names}
        return {
            name: value[0] if isinstance(value, tuple) and value[0] == value[1] else value
            for name, value in values.items()
        }

    @property
    def convolution(self) -> dict:
        return self.options("stride", "padding", "dilation", "groups")

    @property
    def unfolding(self) -> dict:
        return self.options("kernel_size", "stride", "padding", "dilation")

    def tensors(self, *shapes: tuple[int, ...]) -> list[Tensor]:
        """Return normal random tensors of these shapes in float64."""
        generator = torch.Generator().manual_seed(self.seed)
        return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]

    def image(self) -> Tensor:
        return self.tensors((self.batch, self.in_channels, *self.image_size))[0]

    def convolved(self, transposed: bool = False) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return input, weight and bias (or None) of a convolution or of a transposed one."""
        weight_shape = (self.out_channels, self.in_channels // self.groups)
        if transposed:
            weight_shape = (self.in_channels, self.out_channels // self.groups)
        image, weight, bias = self.tensors(
            (self.batch, self.in_channels, *self.image_size),
            (*weight_shape, *self.kernel_size),
            (self.out_channels,),
        )
        return image, weight, bias if self.has_bias else None


@st.composite
def possible_cases(draw, pooling: bool = False) -> Case:
    """Draw a case that is possible; for a pooling, padding is at most half the kernel."""
    dimensions = []
    for _ in range(2):
        kernel, dilation, stride = (draw(st.integers(1, largest)) for largest in (4, 3, 3))
        padding = draw(st.integers(0, kernel // 2 if pooling else 3))
        smallest = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
        size = smallest + draw(st.integers(0, 4))
        dimensions.append((size, kernel, stride, padding, dilation))
    groups = draw(st.integers(1, 3))
    return Case(
        draw(st.integers(1, 3)),
        groups * draw(st.integers(1, 2)),
        groups * draw(st.integers(1, 2)),
        groups,
        *zip(*dimensions, strict=True),
        draw(st.booleans()),
        draw(st.integers(0, 2**31)),
    )


def arbitrary(lowest: int, usual: int, highest: int) -> st.SearchStrategy[int]:
    """Draw a usual whole number in most cases, else anything from lowest to highest."""
    return st.integers(0, 24).flatmap(
        lambda dice: st.integers(usual, highest) if dice else st.integers(lowest, highest)
    )


def arbitrary_pairs(lowest: int, usual: int, highest: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(arbitrary(lowest, usual, highest), arbitrary(lowest, usual, highest))


arbitrary_cases = st.builds(
    Case,
    batch=st.integers(1, 2),  # with an empty batch torch overlooks other mistakes
    in_channels=st.integers(1, 4),
    out_channels=st.integers(1, 4),
    groups=arbitrary(0, 1, 2),
    image_size=arbitrary_pairs(0, 2, 5),
    kernel_size=arbitrary_pairs(0, 1, 4),
    stride=arbitrary_pairs(-1, 1, 2),
    padding=arbitrary_pairs(-1, 0, 2),
    dilation=arbitrary_pairs(0, 1, 2),
    has_bias=st.booleans(),
    seed=st.integers(0, 2**31),
)


def assert_close(result: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    """Fail unless shapes are equal and numbers too, up to `tolerance` times the largest finite one."""
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    finite = expected.isfinite()
    assert torch.equal(result[~finite], expected[~finite])
    if finite.any():
        error = (result - expected)[finite].abs().max().item()
        largest = expected[finite].abs().max().item()
        assert error <= tolerance * largest, f"off by {error:.3g} where the largest number is {largest:.3g}"


def assert_same_or_both_refuse(ours: Callable[[], Tensor], torchs: Callable[[], Tensor]) -> bool:
    """Fail unless both return the same tensor, or torch raises and ours raises ValueError."""
    try:
        expected = torchs()
    except RuntimeError:
        with pytest.raises(ValueError, match="[0-9]"):
            ours()
        return False
    assert_close(ours(), expected)
    return True


def central_difference(loss: Callable[[Tensor], Tensor], at: Tensor, step: float = 1e-5) -> Tensor:
    """Return the gradient of a scalar function, number by number, from its values on both sides."""
    gradient = torch.zeros_like(at)
    for index in range(at.numel()):
        beside = at.flatten().clone()
        beside[index] += step
        above = loss(beside.view_as(at))
        beside[index] -= 2 * step
        gradient.view(-1)[index] = (above - loss(beside.view_as(at))) / (2 * step)
    return gradient
