"""Blocks that networks are put together from."""

from torch import Tensor, nn


class PoolingBlock(nn.Sequential):
    """Convolve, halve height and width by the maximum, normalise, and cut off at zero.

    Pooling comes before normalisation and ReLU, so these two work on a quarter of the numbers. ReLU and
    the maximum may change places without changing the result; with the normalisation between them, the
    statistics are those of the maxima.

    Args:
        in_channels, out_channels: of the input and the output.

    Shapes: (batch, in_channels, height, width) to (batch, out_channels, height // 2, width // 2).
    """

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__(
            # no bias: the normalisation that follows subtracts the mean, and the bias with it
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class ResidualBlock(nn.Module):
    """Add to the input what a convolution with normalisation and ReLU makes of it: x + ReLU(norm(conv(x))).

    The block of He et al. has two convolutions, and its ReLU after the addition; this one is half as
    deep and leaves the path of x free from end to end.

    Args:
        channels: of the input and the output.

    Shapes: (batch, channels, height, width) to the same.

    Reference: He, Zhang, Ren and Sun 2015, arXiv:1512.03385; the free path: 2016, arXiv:1603.05027.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x + branch(x), of the shape of x."""
        return x + self.branch(x)


class BasicBlock(nn.Module):
    """The block of He et al.: two convolutions with normalisation, the input added, and ReLU last.

    ReLU(x + norm(conv(ReLU(norm(conv(x)))))). Without the shortcut the same parameters make two plain layers.

    Args:
        channels: of the input and the output.
        shortcut: whether x is added.

    Shapes: (batch, channels, height, width) to the same.

    Reference: He, Zhang, Ren and Sun 2015, arXiv:1512.03385; `torchvision.models.resnet.BasicBlock`.
    """

    def __init__(self, channels: int, shortcut: bool = True):
        super().__init__()
        self.shortcut = shortcut
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU(x + branch(x)), or ReLU(branch(x)) without the shortcut, of the shape of x."""
        return (x + self.branch(x) if self.shortcut else self.branch(x)).relu()
