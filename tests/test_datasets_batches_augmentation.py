"""Random crops and flips, compared with what a loop over single images does."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.datasets.batches import batches, flip_where, random_crop

PLAIN = {"mean": (0.0,), "std": (1 / 255,)}  # under these a pixel keeps its value


def crop_one_by_one(images, padding, generator):
    """Crop as the definition says: put each image into a black frame and cut a window out of it."""
    count, channels, height, width = images.shape
    top, left = torch.randint(0, 2 * padding + 1, (2, count, 1), generator=generator)
    cropped = []
    for number in range(count):
        frame = torch.zeros(channels, height + 2 * padding, width + 2 * padding, dtype=images.dtype)
        frame[:, padding : padding + height, padding : padding + width] = images[number]
        row, column = top[number].item(), left[number].item()
        cropped.append(frame[:, row : row + height, column : column + width])
    return torch.stack(cropped)


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
    padding=st.integers(0, 3),
    seed=st.integers(0, 999),
)
def test_a_crop_is_that_of_a_loop_with_the_same_offsets(shape, padding, seed):
    images = torch.randint(
        1, 256, shape, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.uint8
    )
    cropped = random_crop(images, padding, torch.Generator().manual_seed(seed))
    assert cropped.dtype == torch.uint8
    assert torch.equal(cropped, crop_one_by_one(images, padding, torch.Generator().manual_seed(seed)))


def test_crops_reach_every_offset_about_equally_often(random):
    images = torch.zeros(9000, 1, 5, 5, dtype=torch.uint8)
    images[:, 0, 2, 2] = 1  # where this pixel ends up tells the offset
    where = random_crop(images, 1, random).flatten(1).long().argmax(dim=1)
    counts = where.bincount(minlength=25).view(5, 5)
    assert counts[1:4, 1:4].sum() == 9000
    assert counts[1:4, 1:4].min() > 850  # 1,000 are expected of each, with a standard deviation of 30
    assert counts[1:4, 1:4].max() < 1150


def test_only_the_chosen_images_are_mirrored():
    images = torch.arange(12, dtype=torch.uint8).view(2, 1, 2, 3)
    mirrored = flip_where(images, torch.tensor([False, True]))
    assert torch.equal(mirrored[0], images[0])
    assert mirrored[1].tolist() == [[[8, 7, 6], [11, 10, 9]]]


def arrows(count):
    """Return images whose left column is bright, and their numbers as labels: a mirrored one is recognised."""
    images = torch.zeros(count, 1, 1, 2, dtype=torch.uint8)
    images[..., 0] = 200
    return images, torch.arange(count)


def mirrored_in_epoch(count, flip, epoch, generator):
    """Return, image by image, whether an epoch showed it mirrored."""
    flipped = torch.empty(count, dtype=torch.bool)
    for images, labels in batches(*arrows(count), 7, **PLAIN, generator=generator, flip=flip, epoch=epoch):
        flipped[labels] = images[:, 0, 0, 1] > images[:, 0, 0, 0]
    return flipped


def test_alternating_flips_mirror_every_image_every_second_epoch_and_half_of_them_in_each(random):
    epochs = [mirrored_in_epoch(100, "alternating", epoch, random) for epoch in range(6)]
    for flipped in epochs:
        assert flipped.sum() == 50
    for now, then in zip(epochs, epochs[1:], strict=False):
        assert torch.equal(now, ~then)


def test_random_flips_mirror_about_half_and_others_in_each_epoch(random):
    epochs = [mirrored_in_epoch(1000, "random", epoch, random) for epoch in range(2)]
    for flipped in epochs:
        assert 430 < flipped.sum() < 570  # 500 are expected, with a standard deviation of 16
    assert 430 < (epochs[0] == epochs[1]).sum() < 570


def test_no_flip_mirrors_none(random):
    assert mirrored_in_epoch(50, "none", 1, random).sum() == 0


@pytest.mark.parametrize("augmentation", [{"flip": "random"}, {"flip": "alternating"}, {"crop_padding": 1}])
def test_the_images_in_memory_are_never_changed(augmentation, random):
    images, labels = arrows(20)
    before = images.clone()
    list(batches(images, labels, 6, **PLAIN, generator=random, **augmentation))
    assert torch.equal(images, before)


def test_equal_generators_give_equal_epochs():
    options = {**PLAIN, "crop_padding": 1, "flip": "random"}
    first, second = (
        torch.cat(
            [
                part
                for part, _ in batches(*arrows(30), 8, generator=torch.Generator().manual_seed(5), **options)
            ]
        )
        for _ in range(2)
    )
    assert torch.equal(first, second)


def test_augmentation_leaves_the_global_generator_alone(random):
    before = torch.get_rng_state()
    list(batches(*arrows(30), 8, **PLAIN, generator=random, crop_padding=1, flip="random"))
    assert torch.equal(torch.get_rng_state(), before)
