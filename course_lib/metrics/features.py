"""From images to the features by which a generator is judged, and what is asked of such features."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def extract_features(net: nn.Module, images: Tensor, batch_size: int = 500) -> Tensor:
    """Return the features of all images, float32, shape (count, features); the net's mode is left as it was.

    Args:
        net: takes images of shape (batch, channels, height, width) in [-1, 1], returns (batch, features), such as
            `course_lib.models.features.FeatureNet`; `torch.nn.Flatten()` takes the pixels themselves as features.
            On a CPU a net whose weights are in `torch.channels_last` is twice as fast.
        images: floating point in [-1, 1] as a generator gives them, or raw uint8, which are mapped to [-1, 1].
        batch_size: images at a time; it changes time and memory only, since the net runs in evaluation mode.

    Raises:
        ValueError: no images, images out of range or not a number, or a net that returns another shape.
    """
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"need images of shape (count, channels, height, width), got {tuple(images.shape)}")
    device = next((parameter.device for parameter in net.parameters()), images.device)
    modes = [(module, module.training) for module in net.modules()]
    net.eval()  # otherwise an image's features would depend on those beside it
    features = []
    try:
        for batch in images.split(batch_size):
            features.append(net(_from_minus_one_to_one(batch.to(device))).float())
    finally:
        for module, training in modes:
            module.training = training
    features = torch.cat(features)
    if features.ndim != 2:
        raise ValueError(
            f"the net must return one row of features an image, it returned {tuple(features.shape)}"
        )
    return features


def _from_minus_one_to_one(images: Tensor) -> Tensor:
    if images.dtype == torch.uint8:
        return images.float() / 127.5 - 1
    low, high = images.min().item(), images.max().item()
    if not (low >= -1 - 1e-4 and high <= 1 + 1e-4):  # NaN fails this too
        raise ValueError(
            f"images must lie in [-1, 1], got {low:.3g} to {high:.3g}; map [0, 1] with 2 · images - 1"
        )
    return images.float()


def check_features(real: Tensor, fake: Tensor, *, more_than: int, why: str) -> None:
    """Raise ValueError unless both are finite features of the same width, of more than `more_than` samples each.

    Args:
        real, fake: shape (samples, features).
        more_than: the largest number of samples that is still too small.
        why: completes "that many are needed because …".
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1] or real.shape[1] == 0:
        raise ValueError(
            "need features of shape (samples, features), of the same width, got real "
            f"{tuple(real.shape)} and generated {tuple(fake.shape)}"
        )
    for name, features in (("real", real), ("generated", fake)):
        if len(features) <= more_than:
            raise ValueError(
                f"{len(features)} {name} samples are too few: more than {more_than} are needed because {why}"
            )
        if not features.isfinite().all():
            broken = int((~features.isfinite()).any(dim=1).sum())
            raise ValueError(
                f"{broken} of {len(features)} {name} samples have features that are infinite or not a number; "
                "what made them is broken"
            )
