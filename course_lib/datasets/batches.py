"""Batches of images: shuffled, augmented, normalised and laid out as whole tensors.

A `DataLoader` handles one image at a time in Python and then stacks them. Here a batch is one
indexing operation, and each transformation is one tensor operation on the whole batch.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.datasets.image_data import check_images_and_labels


def channel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and standard deviation of each channel over all images and pixels.

    Args:
        images: uint8, shape (count, channels, height, width).

    Returns:
        Two float32 tensors of shape (channels,), in units where black is 0 and white is 1.
    """
    values = torch.arange(256, dtype=torch.float64) / 255
    mean, variance = [], []
    for channel in images.unbind(dim=1):  # a histogram per channel is exact and needs no float copy
        share = torch.bincount(channel.flatten(), minlength=256).cpu().double() / channel.numel()
        mean.append((share * values).sum())
        variance.append((share * (values - mean[-1]) ** 2).sum())
    return torch.stack(mean).float(), torch.stack(variance).sqrt().float()


def normalise(images: Tensor, mean: Sequence[float] | Tensor, std: Sequence[float] | Tensor) -> Tensor:
    """Map uint8 images to float32 with `(value / 255 - mean) / std`, channel by channel."""
    mean, std = (
        torch.as_tensor(values, dtype=torch.float32, device=images.device).view(1, -1, 1, 1)
        for values in (mean, std)
    )
    return images.float().sub_(255 * mean).div_(255 * std)


def random_crop(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Shift each image by up to `padding` pixels each way; what moves in is black. Shapes are kept."""
    count, channels, height, width = images.shape
    padded = F.pad(images, [padding] * 4)
    top, left = torch.randint(0, 2 * padding + 1, (2, count, 1), generator=generator).to(images.device)
    rows = top + torch.arange(height, device=images.device)  # (count, height)
    columns = left + torch.arange(width, device=images.device)  # (count, width)
    picture = torch.arange(count, device=images.device)
    # the indexed dimensions come first, so the channels end up last and are moved back
    cropped = padded[picture[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return cropped.permute(0, 3, 1, 2)  # (count, channels, height, width)


def flip_where(images: Tensor, chosen: Tensor) -> Tensor:
    """Mirror left and right those images for which `chosen`, bool of shape (count,), is true."""
    return torch.where(chosen.to(images.device)[:, None, None, None], images.flip(-1), images)


def batches(
    images: Tensor,
    labels: Tensor,
    batch_size: int,
    *,
    mean: Sequence[float] | Tensor,
    std: Sequence[float] | Tensor,
    generator: torch.Generator | None = None,
    crop_padding: int = 0,
    flip: str = "none",
    epoch: int = 0,
    drop_last: bool = False,
    memory_format: torch.memory_format = torch.channels_last,
    device: torch.device | str | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield one epoch of batches, ready for a model.

    Args:
        images: uint8, shape (count, channels, height, width). Raw, so that they cannot be normalised twice.
        labels: int64, shape (count,).
        batch_size: images a batch; the last may be smaller, or is left out with `drop_last`.
        mean, std: of each channel, where white is 1; see `channel_statistics`.
        generator: a CPU generator that draws the order and the augmentation. None keeps the stored
            order, for evaluation, and then there must be no augmentation.
        crop_padding: pixels by which an image may be shifted each way.
        flip: "none", "random" (half of them), or "alternating": each image is mirrored every second
            epoch, half of them in even epochs, so no image is seen twice the same way in a row
            (Jordan 2024, arXiv:2404.00498).
        epoch: the number of this epoch, for alternating flips.
        memory_format: `torch.channels_last` is the faster layout for convolutions.
        device: where the batches go; default where the images are.

    Yields:
        images as float32 of shape (batch, channels, height, width), about zero mean and unit
        variance, and labels of shape (batch,).

    Raises:
        ValueError: images or labels of the wrong type or shape, or augmentation without a generator.
    """
    check_images_and_labels(images, labels)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if flip not in ("none", "random", "alternating"):
        raise ValueError(f"flip must be 'none', 'random' or 'alternating', got {flip!r}")
    if generator is None and (crop_padding or flip != "none"):
        raise ValueError(
            "augmentation draws from a generator: give one, or leave crop_padding and flip alone"
        )
    target = device or images.device

    def generate():  # a function of its own, so that wrong arguments are told at the call, not at the first batch
        count = len(images)
        order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
        stop = count - count % batch_size if drop_last else count
        for chosen in order[:stop].split(batch_size):
            if drop_last and len(chosen) == 0:  # splitting nothing gives one empty part
                return
            index = chosen.to(images.device)
            batch = images[index]  # (batch, channels, height, width), uint8
            if flip == "random":
                batch = flip_where(batch, torch.rand(len(batch), generator=generator) < 0.5)
            elif flip == "alternating":
                batch = flip_where(batch, (chosen + epoch) % 2 == 1)
            if crop_padding:
                batch = random_crop(batch, crop_padding, generator)
            batch = normalise(batch.to(target, non_blocking=True), mean, std)
            yield batch.contiguous(memory_format=memory_format), labels[index].to(target, non_blocking=True)

    return generate()


def hold_out(
    images: Tensor, labels: Tensor, count: int, generator: torch.Generator
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Set `count` random training images aside as a validation set, by which choices may be made.

    Returns:
        (images, labels) to train on, and (images, labels) to validate on.
    """
    if not 0 < count < len(images):
        raise ValueError(f"count must be between 1 and {len(images) - 1}, got {count}")
    order = torch.randperm(len(images), generator=generator).to(images.device)
    kept, held = order[count:], order[:count]
    return (images[kept], labels[kept]), (images[held], labels[held])
