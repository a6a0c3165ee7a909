"""Classifiers of images: LeNet-5 and the course's CNN. Both return logits."""

import torch
from torch import Tensor, nn


def check_model_input(images: Tensor, channels: int, height: int, width: int) -> None:
    """Raise ValueError unless `images` are floating point of shape (batch, channels, height, width)."""
    if images.ndim != 4 or tuple(images.shape[1:]) != (channels, height, width):
        raise ValueError(
            f"this model takes images of shape (batch, {channels}, {height}, {width}), got "
            f"{tuple(images.shape)}; resize or crop them first, or build the model for that size"
        )
    if not images.is_floating_point():
        raise ValueError(
            f"this model takes normalised floating-point images, got {images.dtype}; "
            "use course_lib.datasets.batches.normalise first"
        )


def halved(image_size: int, blocks: int) -> int:
    """Return the height of a map after `blocks` blocks that each halve it and round down.

    Raises:
        ValueError: nothing is left.

    >>> halved(28, 3)
    3
    """
    map_size = image_size // 2**blocks
    if map_size < 1:
        raise ValueError(
            f"{blocks} blocks halve {image_size} pixels to nothing; use fewer blocks or larger images"
        )
    return map_size


class LeNet5(nn.Module):
    """The network of 1998 in the form that is taught today: sigmoid units and average pooling.

    The original joined its second convolution to chosen input maps only and ended in radial basis
    functions; here both are ordinary layers.

    Reference: LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document
    recognition, Proceedings of the IEEE 86(11).
    """

    def __init__(self, class_count: int = 10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),  # (batch, 6, 28, 28)
            nn.Sigmoid(),
            nn.AvgPool2d(2),  # (batch, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5),  # (batch, 16, 10, 10)
            nn.Sigmoid(),
            nn.AvgPool2d(2),  # (batch, 16, 5, 5)
        )
        self.classify = nn.Sequential(
            nn.Flatten(),  # (batch, 400)
            nn.Linear(400, 120),
            nn.Sigmoid(),
            nn.Linear(120, 84),
            nn.Sigmoid(),
            nn.Linear(84, class_count),  # (batch, class_count)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class_count), for images of shape (batch, 1, 28, 28)."""
        check_model_input(images, 1, 28, 28)
        return self.classify(self.features(images))


class CourseCNN(nn.Module):
    """The course's classifier: blocks of convolution, batch normalisation, ReLU and pooling, then one linear layer.

    Each block halves height and width and widens the channels, by default 1 → 16 → 32 → 64. For
    28×28 images the map shrinks 28 → 14 → 7 → 3, and the linear layer reads 64·3·3 = 576 numbers.

    Args:
        channels: of the input images, 1 for grey and 3 for colour.
        widths: output channels of each block.
        image_size: height and width of the input in pixels.
        class_count: number of logits.

    >>> CourseCNN()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        channels: int = 1,
        widths: tuple[int, ...] = (16, 32, 64),
        image_size: int = 28,
        class_count: int = 10,
    ):
        super().__init__()
        self.input_shape = (channels, image_size, image_size)
        map_size = halved(image_size, len(widths))
        blocks = []
        for in_channels, out_channels in zip((channels, *widths), widths, strict=False):
            blocks += [
                # no bias: the batch normalisation that follows subtracts the mean, and the bias with it
                nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*blocks)
        self.classify = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * map_size**2, class_count))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class_count), for images of shape (batch, channels, size, size)."""
        check_model_input(images, *self.input_shape)
        return self.classify(self.features(images))


def initialise(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Draw all weights anew from `generator`, in place, and return the model.

    Convolution and linear weights are normal with variance 2 / fan-in, which keeps the size of the
    signal through ReLU layers; biases are zero. Normalisation layers start as the identity.

    Reference: He, Zhang, Ren and Sun 2015, arXiv:1502.01852.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            drawn = torch.empty(module.weight.shape)  # on the CPU, so that every device starts alike
            nn.init.kaiming_normal_(drawn, nonlinearity="relu", generator=generator)
            with torch.no_grad():
                module.weight.copy_(drawn)
                if module.bias is not None:
                    module.bias.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    return model


def parameter_count(model: nn.Module) -> int:
    """Return how many numbers training may change.

    >>> parameter_count(nn.Linear(576, 10))
    5770
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
