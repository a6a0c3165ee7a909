"""The order, the count, the values and the layout of batches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.transforms import v2

from course_lib.datasets.batches import batches, channel_statistics, hold_out, normalise

PLAIN = {"mean": (0.0,), "std": (1 / 255,)}  # under these a pixel keeps its value


def numbered(count):
    """Return images whose first pixel is their number, and labels equal to it."""
    images = torch.zeros(count, 1, 2, 2, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(count)
    return images, torch.arange(count)


@given(
    count=st.integers(1, 60), batch_size=st.integers(1, 70), drop_last=st.booleans(), seed=st.integers(0, 99)
)
def test_an_epoch_is_the_generators_permutation_cut_into_batches(count, batch_size, drop_last, seed):
    parts = list(
        batches(*numbered(count), batch_size, **PLAIN, drop_last=drop_last,
                generator=torch.Generator().manual_seed(seed))
    )  # fmt: skip
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
    whole, rest = divmod(count, batch_size)
    sizes = [batch_size] * whole + [rest] * (rest > 0 and not drop_last)
    assert [len(images) for images, _ in parts] == sizes
    shown = [number for _, labels in parts for number in labels.tolist()]
    assert shown == order[: sum(sizes)]
    for images, labels in parts:
        assert torch.allclose(images[:, 0, 0, 0], labels.float(), atol=1e-4)


def test_without_a_generator_the_stored_order_is_kept():
    shown = torch.cat([labels for _, labels in batches(*numbered(10), 4, **PLAIN)])
    assert shown.tolist() == list(range(10))


def test_two_epochs_of_one_generator_differ(random):
    epochs = [
        torch.cat([t for _, t in batches(*numbered(40), 8, **PLAIN, generator=random)]) for _ in range(2)
    ]
    assert not torch.equal(*epochs)
    assert torch.equal(epochs[0].sort().values, epochs[1].sort().values)


def test_batches_are_those_of_a_hand_written_loop_over_torchvision(random):
    images = torch.randint(0, 256, (11, 3, 6, 5), generator=random, dtype=torch.uint8)
    mean, std = (0.5, 0.2, 0.7), (0.1, 0.3, 0.25)
    transform = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])
    found = torch.cat([part for part, _ in batches(images, torch.zeros(11).long(), 4, mean=mean, std=std)])
    expected = torch.stack([transform(image) for image in images])
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected, atol=1e-5)


def test_normalise_takes_tensors_too_and_leaves_its_input_alone(random):
    images = torch.randint(0, 256, (4, 2, 3, 3), generator=random, dtype=torch.uint8)
    before = images.clone()
    mean, std = channel_statistics(images)
    assert torch.equal(normalise(images, mean, std), normalise(images, mean.tolist(), std.tolist()))
    assert torch.equal(images, before)


def test_an_epoch_normalised_with_its_own_statistics_has_zero_mean_and_unit_variance(random):
    images = (torch.randn(200, 3, 8, 8, generator=random) * 40 + 120).clamp(0, 255).to(torch.uint8)
    images[:, 1] //= 2
    mean, std = channel_statistics(images)
    epoch = torch.cat([part for part, _ in batches(images, torch.zeros(200).long(), 64, mean=mean, std=std)])
    values = epoch.transpose(0, 1).flatten(1)
    assert values.mean(dim=1).abs().max() < 1e-4
    assert (values.std(dim=1, correction=0) - 1).abs().max() < 1e-4


@given(st.integers(0, 2**32 - 1))
def test_channel_statistics_are_mean_and_standard_deviation(seed):
    random = np.random.default_rng(seed)
    shape = (random.integers(1, 6), random.integers(1, 4), random.integers(1, 6), random.integers(1, 6))
    images = random.integers(0, 256, shape, dtype=np.uint8)
    mean, std = channel_statistics(torch.from_numpy(images))
    assert mean.dtype == std.dtype == torch.float32
    assert np.allclose(mean, images.mean(axis=(0, 2, 3), dtype=np.float64) / 255, rtol=0, atol=1e-7)
    assert np.allclose(std, images.std(axis=(0, 2, 3), dtype=np.float64) / 255, rtol=0, atol=1e-7)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_batches_have_the_layout_asked_for(memory_format, random):
    images = torch.zeros(6, 3, 4, 4, dtype=torch.uint8)
    options = {"mean": (0,) * 3, "std": (1,) * 3, "memory_format": memory_format}
    for augmentation in ({}, {"crop_padding": 1, "flip": "random", "generator": random}):
        for part, _ in batches(images, torch.zeros(6).long(), 4, **options, **augmentation):
            assert part.is_contiguous(memory_format=memory_format)


def test_normalising_twice_is_refused():
    images, labels = numbered(4)
    once = normalise(images, **PLAIN)
    with pytest.raises(ValueError, match="they look normalised already"):
        batches(once, labels, 2, **PLAIN)


@pytest.mark.parametrize("augmentation", [{"crop_padding": 2}, {"flip": "random"}, {"flip": "alternating"}])
def test_augmentation_without_a_generator_is_refused_at_the_call(augmentation):
    with pytest.raises(ValueError, match="augmentation draws from a generator: give one"):
        batches(*numbered(4), 2, **PLAIN, **augmentation)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"flip": "always"}, "flip must be .* got 'always'"),
    ],
)
def test_wrong_arguments_are_refused_at_the_call(change, message, random):
    options = {"batch_size": 2, **PLAIN, "generator": random, **change}
    with pytest.raises(ValueError, match=message):
        batches(*numbered(4), **options)


def test_labels_that_do_not_fit_are_refused_at_the_call():
    images, labels = numbered(4)
    with pytest.raises(ValueError, match="one an image"):
        batches(images, labels[:3], 2, **PLAIN)


@pytest.mark.parametrize("count", [1, 5, 9])
def test_held_out_images_and_the_rest_are_all_of_them_with_their_labels(count, random):
    (kept, kept_labels), (held, held_labels) = hold_out(*numbered(10), count, random)
    assert (len(kept), len(held)) == (10 - count, count)
    assert sorted(kept_labels.tolist() + held_labels.tolist()) == list(range(10))
    assert torch.equal(kept[:, 0, 0, 0].long(), kept_labels)
    assert torch.equal(held[:, 0, 0, 0].long(), held_labels)


def test_held_out_images_are_drawn_by_the_generator():
    def held(seed):
        return hold_out(*numbered(100), 10, torch.Generator().manual_seed(seed))[1][1].tolist()

    assert held(0) == held(0) != held(1)


@pytest.mark.parametrize("count", [0, -1, 10, 11])
def test_holding_out_none_or_all_is_refused(count, random):
    with pytest.raises(ValueError, match=f"count must be between 1 and 9, got {count}"):
        hold_out(*numbered(10), count, random)
