"""The network by whose features generated images are compared with real ones."""

from torch import Tensor, nn

from course_lib.layers.blocks import PoolingBlock, ResidualBlock
from course_lib.models.classifiers import check_model_input, halved


class FeatureNet(nn.Module):
    """A small residual classifier that returns the 128 numbers in front of its last layer.

    Stages of a pooling block and a residual block, 28 → 14 → 7 → 3 pixels and 1 → 32 → 64 → 128 channels, then the
    mean of each channel over its 3×3 places. The mean makes a feature say *that* something is there, hardly *where*.
    All features are at least 0: they are means of what two ReLUs have passed. The normalisation of the pixels is
    part of the network, so that real and generated images cannot be normalised in two ways.

    Args:
        mean, std: of the training images' pixels, where black is 0 and white is 1.
        widths: output channels of each stage; the last is the number of features.
        class_count: number of logits.

    >>> import torch
    >>> FeatureNet()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 128])
    """

    def __init__(
        self,
        mean: float = 0.2860,
        std: float = 0.3530,
        widths: tuple[int, ...] = (32, 64, 128),
        class_count: int = 10,
    ):
        super().__init__()
        halved(28, len(widths))  # refuses more stages than 28 pixels can be halved
        self.mean, self.std = mean, std
        self.stages = nn.Sequential(
            *(
                nn.Sequential(PoolingBlock(in_channels, out_channels), ResidualBlock(out_channels))
                for in_channels, out_channels in zip((1, *widths), widths, strict=False)
            )
        )
        self.classify = nn.Linear(widths[-1], class_count)

    @property
    def feature_count(self) -> int:
        """How many numbers describe an image."""
        return self.classify.in_features

    def forward(self, images: Tensor) -> Tensor:
        """Return features, shape (batch, 128), for images of shape (batch, 1, 28, 28) in [-1, 1].

        -1 is black and 1 is white, as a generator that ends in tanh gives them.

        Raises:
            ValueError: images of another size, or integers.
        """
        check_model_input(images, 1, 28, 28)
        x = ((images + 1) / 2 - self.mean) / self.std  # as other classifiers of the course see them
        return self.stages(x).mean(dim=(2, 3))  # (batch, 128, 3, 3) to (batch, 128)

    def logits(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class_count), for images of shape (batch, 1, 28, 28) in [-1, 1]."""
        return self.classify(self(images))
