"""How a label enters a network: it chooses the scale and shift of a normalisation layer."""

import torch
from torch import Tensor, nn


class ConditionalBatchNorm2d(nn.Module):
    """Batch normalisation whose scale and shift are looked up by each image's label.

    Mean and variance are those of the whole batch, over all classes, as in `nn.BatchNorm2d`. Then channel c of an
    image of class k is multiplied by scale[k, c], and shift[k, c] is added.

    Args:
        channels: of the maps.
        class_count: how many labels there are.

    Attributes:
        scale, shift: one row a class, shape (class_count, channels); they start as 1 and 0.

    References: Dumoulin, Shlens and Kudlur 2016, arXiv:1610.07629; Miyato and Koyama 2018, arXiv:1802.05637.

    >>> layer = ConditionalBatchNorm2d(channels=3, class_count=10)
    >>> layer(torch.zeros(5, 3, 7, 7), torch.tensor([0, 1, 2, 3, 9])).shape
    torch.Size([5, 3, 7, 7])
    """

    def __init__(self, channels: int, class_count: int):
        super().__init__()
        self.normalise = nn.BatchNorm2d(channels, affine=False)
        self.scale = nn.Parameter(torch.ones(class_count, channels))
        self.shift = nn.Parameter(torch.zeros(class_count, channels))

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        """Return maps of the same shape, (batch, channels, height, width), for labels of shape (batch,)."""
        scale, shift = self.scale[labels], self.shift[labels]  # (batch, channels)
        maps = self.normalise(maps)
        return maps * scale[:, :, None, None].to(maps.dtype) + shift[:, :, None, None].to(maps.dtype)


def check_labels(labels: Tensor | None, count: int, class_count: int) -> None:
    """Raise ValueError unless there is one int64 label for each of `count` inputs, or none where there are no classes.

    >>> check_labels(None, count=2, class_count=10)
    Traceback (most recent call last):
    ...
    ValueError: this network has 10 classes: give labels, int64 of shape (2,), beside its input
    """
    if class_count == 0:
        if labels is not None:
            raise ValueError("this network takes no labels: build it with class_count to give it some")
        return
    if labels is None:
        raise ValueError(
            f"this network has {class_count} classes: give labels, int64 of shape ({count},), beside its input"
        )
    if labels.dtype != torch.int64 or labels.shape != (count,):
        raise ValueError(
            f"labels must be int64 of shape ({count},), got {labels.dtype} of shape {tuple(labels.shape)}"
        )
    # looking at the values would make a GPU wait; there, the look-up itself fails on a wrong label
    if labels.device.type == "cpu" and count and not (labels.min() >= 0 and labels.max() < class_count):
        raise ValueError(
            f"labels must be at least 0 and below {class_count}, got values from {labels.min()} to {labels.max()}"
        )
