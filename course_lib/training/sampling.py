"""Where a GAN's images come from and go to: batches of real ones, and generated ones to look at and to score."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib.datasets.image_data import check_images_and_labels


def image_sampler(
    images: Tensor, labels: Tensor | None = None
) -> Callable[[int, torch.Generator], Tensor | tuple[Tensor, Tensor]]:
    """Return a function that draws real images, with replacement, as `fit_gan` asks for them.

    Args:
        images: uint8, shape (count, channels, height, width), on the device where the batches are wanted.
        labels: int64, shape (count,). With labels each batch is a pair of images and labels.

    Returns:
        (count, random) → float32 images in [-1, 1], or these and their labels; `random` is a CPU generator.

    Raises:
        ValueError: images or labels of the wrong type or shape, or no images.
    """
    check_images_and_labels(
        images, labels if labels is not None else images.new_zeros(len(images), dtype=torch.int64)
    )
    if len(images) == 0:
        raise ValueError("there are no images to draw from")

    def sample_real(count: int, random: torch.Generator) -> Tensor | tuple[Tensor, Tensor]:
        chosen = torch.randint(len(images), (count,), generator=random).to(images.device)
        batch = from_bytes(images[chosen])
        return batch if labels is None else (batch, labels[chosen])

    return sample_real


@torch.no_grad()
def generate_images(
    generator: nn.Module,
    count: int,
    random: torch.Generator,
    labels: Tensor | None = None,
    batch_size: int = 1000,
) -> Tensor:
    """Return `count` generated images in [-1, 1], float32, on the generator's device.

    The generator is put into evaluation mode and afterwards back into the mode it was in. Latents are drawn
    all at once, so the images do not depend on `batch_size` but for rounding.

    Args:
        generator: latents of shape (batch, generator.latent_dim), and labels if given → images.
        random: CPU generator that draws the latents from N(0, 1).
        labels: int64, shape (count,), for a generator with classes.
        batch_size: images at a time; it bounds the memory.

    Raises:
        ValueError: not one label an image, or no images asked for.
    """
    if count < 1 or batch_size < 1:
        raise ValueError(f"count and batch_size must be at least 1, got {count} and {batch_size}")
    if labels is not None and labels.shape != (count,):
        raise ValueError(f"labels must have shape ({count},), one an image, got {tuple(labels.shape)}")
    device = next(generator.parameters()).device
    inputs = [torch.randn(count, generator.latent_dim, generator=random)]  # (count, latent_dim)
    if labels is not None:
        inputs.append(labels)
    was_training = generator.training
    generator.eval()
    try:
        parts = zip(*(each.split(batch_size) for each in inputs), strict=True)
        return torch.cat([generator(*(each.to(device) for each in part)) for part in parts])
    finally:
        generator.train(was_training)


@torch.no_grad()
def renewed_statistics(
    generator: nn.Module, random: torch.Generator, labels: Tensor | None = None, count: int = 4000
) -> nn.Module:
    """Return a copy of `generator`, in evaluation mode, with the batch statistics that its own weights give.

    For averaged weights: `WeightAverage` copies the running statistics of the generator that is trained, whose
    activations are others than those of the average. Here they are measured anew: each batch normalisation
    gets the mean over eight batches of the statistics of generated images.

    Args:
        generator: latents of shape (batch, generator.latent_dim), and labels if given → images. Left as it is.
        random: CPU generator that draws the latents.
        labels: int64, shape (count,): of all classes, in the shares in which they will be generated, and mixed.
        count: images that are generated, in eight batches.

    Reference: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
    """
    if count < 16:
        raise ValueError(f"count must be at least 16, two images a batch, got {count}")
    renewed = copy.deepcopy(generator).train()
    for layer in renewed.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over all batches
    device = next(renewed.parameters()).device
    inputs = [torch.randn(count, generator.latent_dim, generator=random)]  # (count, latent_dim)
    if labels is not None:
        inputs.append(labels)
    for part in zip(*(each.tensor_split(8) for each in inputs), strict=True):
        renewed(*(each.to(device) for each in part))
    for layer, original in zip(renewed.modules(), generator.modules(), strict=True):
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.momentum = original.momentum
    return renewed.eval()


def from_bytes(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in [-1, 1], the range of tanh: 0 becomes -1 and 255 becomes 1.

    >>> from_bytes(torch.tensor([0, 51, 255], dtype=torch.uint8))
    tensor([-1.0000, -0.6000,  1.0000])
    """
    if images.dtype != torch.uint8:
        raise ValueError(f"images must be uint8, got {images.dtype}; are they in [-1, 1] already?")
    return images.float().div_(127.5).sub_(1)


def to_bytes(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8, rounded: what is shown, saved, or given to a classifier's `batches`.

    >>> to_bytes(torch.tensor([-1.0, -0.6, 1.0]))
    tensor([  0,  51, 255], dtype=torch.uint8)
    """
    return to_unit(images).mul(255).round().to(torch.uint8)


def to_unit(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as float32 in [0, 1], black 0 and white 1, as figures want them.

    Raises:
        ValueError: values out of range. Clipping them would hide a generator without tanh.

    >>> to_unit(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    images = images.detach().float()
    if images.numel() and not (images.min() >= -1 - 1e-6 and images.max() <= 1 + 1e-6):  # NaN fails this too
        raise ValueError(f"images must lie in [-1, 1], got {images.min():.3g} to {images.max():.3g}")
    return images.add(1).div(2).clamp(0, 1)
