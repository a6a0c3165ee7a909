"""A small residual network, the one whose trained weights are in data/checkpoints."""

from torch import Tensor, nn

from course_lib.layers.blocks import PoolingBlock, ResidualBlock
from course_lib.models.classifiers import check_model_input, halved


class SmallResNet(nn.Module):
    """Stages of a pooling block and a residual block, then one linear layer. Returns logits.

    Each stage halves height and width and widens the channels, by default 1 → 32 → 64 → 128. For 28×28
    images the map shrinks 28 → 14 → 7 → 3, and the linear layer reads 128·3·3 = 1,152 numbers.

    Args:
        channels: of the input images, 1 for grey and 3 for colour.
        widths: output channels of each stage.
        image_size: height and width of the input in pixels.
        class_count: number of logits.

    >>> import torch
    >>> SmallResNet()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(
        self,
        channels: int = 1,
        widths: tuple[int, ...] = (32, 64, 128),
        image_size: int = 28,
        class_count: int = 10,
    ):
        super().__init__()
        self.input_shape = (channels, image_size, image_size)
        map_size = halved(image_size, len(widths))
        self.stages = nn.Sequential(
            *(
                nn.Sequential(PoolingBlock(in_channels, out_channels), ResidualBlock(out_channels))
                for in_channels, out_channels in zip((channels, *widths), widths, strict=False)
            )
        )
        self.classify = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * map_size**2, class_count))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class_count), for images of shape (batch, channels, size, size)."""
        check_model_input(images, *self.input_shape)
        return self.classify(self.stages(images))
