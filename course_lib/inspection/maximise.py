"""What does a unit react to? Ask the data, or climb its gradient."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.inspection.features import evaluation_mode, recorded


def strongest_patches(
    maps: Tensor, images: Tensor, count: int, *, size: int, jump: int, start: int
) -> tuple[Tensor, Tensor]:
    """Return the pieces of images at which one feature map is largest, at most one piece of each image.

    Args:
        maps: of one channel, shape (number of images, rows, columns).
        images: what the maps belong to, shape (number of images, channels, height, width), any type.
        count: how many pieces.
        size, jump, start: the receptive field: the unit in row i and column j sees the `size` × `size` pixels from
            (start + i · jump, start + j · jump) on, see `course_lib.layers.shapes.receptive_field`.

    Returns:
        the pieces, largest first, shape (count, channels, size, size), zero where they hang over the border; and
        the numbers of the images they come from, shape (count,).
    """
    best, place = maps.flatten(1).max(dim=1)  # (number of images,)
    chosen = best.argsort(descending=True)[:count]
    frame = max(-start, 0) + size  # wide enough for every piece
    framed = F.pad(images[chosen], [frame] * 4)
    pieces = []
    for picture, where in zip(framed, place[chosen].tolist(), strict=True):
        top, left = (frame + start + jump * step for step in divmod(where, maps.shape[2]))
        pieces.append(picture[:, top : top + size, left : left + size])
    return torch.stack(pieces), chosen


def unit_in_the_middle(model: nn.Module, layer: nn.Module, channel: int) -> Callable[[Tensor], Tensor]:
    """Return a function from images to the activation in the middle of one channel of `layer`, shape (batch,)."""

    def activation(images: Tensor) -> Tensor:
        with recorded(layer, attached=True) as outputs:
            model(images)
        maps = outputs[0][:, channel]  # (batch, rows, columns)
        return maps[:, maps.shape[1] // 2, maps.shape[2] // 2]

    return activation


def climb(
    model: nn.Module,
    score: Callable[[Tensor], Tensor],
    start: Tensor,
    *,
    mean: Sequence[float] | Tensor,
    std: Sequence[float] | Tensor,
    steps: int = 60,
    step_size: float = 0.05,
    blur: float = 0.0,
    generator: torch.Generator | None = None,
    largest_shift: int = 0,
) -> Tensor:
    """Change an image step by step so that a score rises, and return it.

    The model is in evaluation mode meanwhile and as it was before afterwards.

    Args:
        score: maps normalised images to one number each, such as `unit_in_the_middle` or a logit.
        start: image with values in [0, 1], shape (channels, height, width), on the model's device.
        mean, std: of each channel, by which the model wants its images normalised.
        step_size: by how much the pixels change in a step, root mean square, where white is 1.
        blur: share, in [0, 1], by which the image is mixed with a blurred copy of itself after each step. What
            only single pixels would gain does not last.
        largest_shift: the image is shifted by up to so many pixels each way before each step, and back after it.
            `generator` draws the shifts.

    Returns:
        an image with values in [0, 1], shape (channels, height, width).

    Reference: Erhan, Bengio, Courville and Vincent 2009, Visualizing higher-layer features of a deep network;
    blur: Yosinski et al. 2015, arXiv:1506.06579; shifts: the "jitter" in the code that Mordvintsev, Olah and Tyka
    published in July 2015, DeepDream: a code example for visualizing neural networks.
    """
    if largest_shift and generator is None:
        raise ValueError("shifts are drawn from a generator: give one, or leave largest_shift at 0")
    mean, std = (
        torch.as_tensor(v, dtype=start.dtype, device=start.device).view(-1, 1, 1) for v in (mean, std)
    )
    image, shift = start.detach().clone(), (0, 0)
    with evaluation_mode(model), torch.enable_grad():
        for _ in range(steps):
            if largest_shift:
                drawn = torch.randint(-largest_shift, largest_shift + 1, (2,), generator=generator)
                shift = tuple(drawn.tolist())
            image = image.roll(shift, dims=(1, 2)).requires_grad_()
            (gradient,) = torch.autograd.grad(score(((image - mean) / std)[None]).sum(), image)
            step = step_size * gradient / gradient.square().mean().sqrt().clamp(min=1e-8)
            image = (image.detach() + step).clamp(0, 1)
            image = image.roll((-shift[0], -shift[1]), dims=(1, 2))
            image = torch.lerp(image, blurred(image), blur)
    return image


def blurred(image: Tensor) -> Tensor:
    """Return an image, (channels, height, width), blurred with the weights 1/4, 1/2, 1/4 along rows and columns."""
    weights = torch.tensor([1.0, 2.0, 1.0], dtype=image.dtype, device=image.device) / 4
    kernel = (weights[:, None] * weights).expand(len(image), 1, 3, 3)
    framed = F.pad(image[None], [1] * 4, mode="replicate")  # so that the border does not darken
    return F.conv2d(framed, kernel, groups=len(image))[0]
