"""Differentiable augmentation: what it does to pixels, that gradients come through, where its draws come from."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.training.augmentation import AUGMENTATIONS, cut_out, make_augmentation, translate
from tests.helpers import seeded


def numbered(count=200, channels=2, height=9, width=16):
    """Return images in which every pixel has a value of its own, between 0.1 and 1."""
    return torch.linspace(0.1, 1, count * channels * height * width).view(count, channels, height, width)


def test_translation_shifts_whole_images_and_fills_with_black():
    images = numbered()
    moved = translate(images, seeded(0), share=1 / 4)
    padded = F.pad(images, (4, 4, 2, 2), value=-1.0)
    shifts = set()
    for image, source in zip(moved, padded, strict=True):
        found = [
            (top, left)
            for top in range(5)
            for left in range(9)
            if torch.equal(image, source[:, top : top + 9, left : left + 16])
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert {top for top, _ in shifts} == set(range(5))
    assert {left for _, left in shifts} == set(range(9))


def test_cut_out_paints_one_square_of_the_stated_size():
    images = numbered(height=20, width=20)
    cut = cut_out(images, seeded(0), share=0.5)
    areas = []
    for image, source in zip(cut, images, strict=True):
        hole = image[0] == 0
        assert torch.equal(image[1] == 0, hole)
        assert torch.equal(image[:, ~hole], source[:, ~hole])
        rows, columns = hole.any(1), hole.any(0)
        assert torch.equal(hole, rows[:, None] & columns[None])
        assert rows.sum() <= 10
        areas.append(hole.sum().item())
    assert max(areas) == 100
    assert min(areas) < 60


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_gradients_are_those_of_the_pixels_that_stayed(name):
    images = torch.rand(3, 1, 6, 6, dtype=torch.float64, generator=seeded(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: AUGMENTATIONS[name](x, seeded(1)), images)
    half = torch.full((50, 1, 8, 8), 0.5, requires_grad=True)
    augmented = AUGMENTATIONS[name](half, seeded(0))
    (gradient,) = torch.autograd.grad(augmented.sum(), half)
    stayed = (augmented == 0.5).sum()
    assert 0 < stayed < half.numel()
    assert gradient.sum() == stayed


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_several_are_done_in_their_order_and_keep_type_and_shape(dtype):
    images = numbered(height=8, width=8).to(dtype)
    augmented = make_augmentation(["translation", "cutout"], seeded(0))(images)
    assert augmented.dtype == dtype
    assert augmented.shape == images.shape
    random = seeded(0)
    assert torch.equal(augmented, cut_out(translate(images, random), random))
    assert make_augmentation([], seeded(0)) is None


def test_draws_come_from_the_passed_generator_alone_and_go_on():
    images, before = numbered(), torch.get_rng_state()
    augment = make_augmentation(["translation", "cutout"], seeded(0))
    first, second = augment(images), augment(images)
    assert not torch.equal(first, second)
    assert torch.equal(first, make_augmentation(["translation", "cutout"], seeded(0))(images))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_name_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no augmentation called 'flip'; there are translation, cutout"):
        make_augmentation(["flip"], seeded(0))
