"""A labelled image data set in memory, and what is checked about it."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageData:
    """A labelled image data set, whole and in memory.

    Attributes:
        train_images, test_images: uint8, shape (count, channels, height, width), values 0 to 255.
        train_labels, test_labels: int64, shape (count,), values 0 to len(class_names) - 1.
        class_names: the name of each label.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    class_names: tuple[str, ...]

    def __post_init__(self):
        for part in ("train", "test"):
            check_images_and_labels(
                getattr(self, f"{part}_images"), getattr(self, f"{part}_labels"), len(self.class_names)
            )

    def to(self, device: torch.device | str) -> "ImageData":
        """Return the same data with its tensors on `device`."""
        tensors = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        return ImageData(*(tensor.to(device) for tensor in tensors), self.class_names)


def check_images_and_labels(images: Tensor, labels: Tensor, class_count: int | None = None) -> None:
    """Raise ValueError unless these are uint8 NCHW images with one int64 label each, in range."""
    if images.dtype != torch.uint8 or images.ndim != 4:
        raise ValueError(
            "images must be uint8 of shape (count, channels, height, width), got "
            f"{images.dtype} of shape {tuple(images.shape)}"
            + ("; they look normalised already" if images.is_floating_point() else "")
        )
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"labels must be int64 of shape ({len(images)},), one an image, got {labels.dtype} of shape "
            f"{tuple(labels.shape)}"
        )
    if len(labels) and (labels.min() < 0 or (class_count is not None and labels.max() >= class_count)):
        limit = "" if class_count is None else f" and below the number of classes, {class_count}"
        raise ValueError(
            f"labels must be at least 0{limit}; got values from {labels.min()} to {labels.max()}"
        )
