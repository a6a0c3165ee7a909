"""A network as deep as one likes, plain or with shortcuts, for the question what depth does to training."""

from torch import Tensor, nn

from course_lib.layers.blocks import BasicBlock
from course_lib.models.classifiers import check_model_input


class DeepCNN(nn.Module):
    """A stem, `depth` equal convolution layers in pairs, a global average and one linear layer. Returns logits.

    Each convolution is followed by batch normalisation and ReLU. With shortcuts, the input of each pair is added
    to its output, before the last ReLU. The two kinds have the same parameters in the same order and differ by
    that addition alone. The stem takes 28×28 images to maps of 7×7, small enough to train many layers in seconds.

    Args:
        depth: number of equal layers, even and at least 0.
        shortcuts: whether each pair of them adds its input to its output.
        channels: of all maps.
        class_count: number of logits.

    Raises:
        ValueError: an odd or negative depth.

    Reference: He, Zhang, Ren and Sun 2015, arXiv:1512.03385, compare plain and residual networks so.

    >>> import torch
    >>> DeepCNN(24, shortcuts=True)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, depth: int, shortcuts: bool, channels: int = 16, class_count: int = 10):
        super().__init__()
        if depth < 0 or depth % 2:
            raise ValueError(f"depth must be even and at least 0, got {depth}")
        self.stem = nn.Sequential(
            # no bias: the normalisation that follows subtracts the mean, and the bias with it
            nn.Conv2d(1, channels, kernel_size=4, stride=4, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(*(BasicBlock(channels, shortcuts) for _ in range(depth // 2)))
        self.classify = nn.Linear(channels, class_count)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (batch, class_count), for images of shape (batch, 1, 28, 28)."""
        check_model_input(images, 1, 28, 28)
        maps = self.blocks(self.stem(images))  # (batch, channels, 7, 7)
        return self.classify(maps.mean(dim=(2, 3)))
