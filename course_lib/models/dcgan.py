"""A deep convolutional GAN for images of 28 × 28 pixels, with and without labels.

Its guidelines are those of Radford, Metz and Chintala 2015, arXiv:1511.06434: strided convolutions in place of
pooling, batch normalisation in both networks but not at the generator's output and the discriminator's input, ReLU
in one and leaky ReLU in the other, tanh at the end.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from course_lib.layers.spectral import normalise_spectrally
from course_lib.models.conditional import ConditionalBatchNorm2d, check_labels

IMAGE_SIZE = 28  # pixels each way; two strided layers halve it to 14 and 7, or double it back


class DCGANGenerator(nn.Module):
    """Latents → images: 7×7 maps out of a linear layer, doubled twice by transposed convolutions.

    With classes, the label chooses the scales and shifts of the batch normalisation.

    Args:
        latent_dim: numbers in a latent.
        width: channels of the 14×14 maps; those of 7×7 have twice as many.
        channels: of the images, 1 for grey.
        class_count: how many labels there are; 0 for a generator without labels.
        batch_norm: False leaves normalisation out and gives the layers biases in its place.

    >>> DCGANGenerator(latent_dim=16, width=8)(torch.zeros(5, 16)).shape
    torch.Size([5, 1, 28, 28])
    >>> DCGANGenerator(latent_dim=16, width=8, class_count=10)(torch.zeros(2, 16), torch.tensor([0, 9])).shape
    torch.Size([2, 1, 28, 28])
    """

    def __init__(
        self,
        latent_dim: int = 64,
        width: int = 32,
        channels: int = 1,
        class_count: int = 0,
        batch_norm: bool = True,
    ):
        super().__init__()
        _check_sizes(latent_dim=latent_dim, width=width, channels=channels)
        if class_count and not batch_norm:
            raise ValueError("labels enter through batch normalisation: class_count needs batch_norm=True")
        self.latent_dim, self.class_count = latent_dim, class_count
        # A bias of a convolution, one number a channel, would be subtracted by the batch normalisation behind it. That
        # of the linear layer, one for each channel and place, only in part; it is left out as well.
        bias = not batch_norm
        self.project = nn.Linear(latent_dim, 2 * width * (IMAGE_SIZE // 4) ** 2, bias=bias)
        self.norm_7 = _norm(2 * width, class_count, batch_norm)
        self.up_14 = nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=bias)
        self.norm_14 = _norm(width, class_count, batch_norm)
        self.up_28 = nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1)

    def forward(self, latent: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return images, shape (batch, channels, 28, 28), values in [-1, 1].

        Args:
            latent: shape (batch, latent_dim), drawn from N(0, 1).
            labels: int64, shape (batch,), if there are classes.
        """
        if latent.ndim != 2 or latent.shape[1] != self.latent_dim:
            raise ValueError(
                f"this generator takes latents of shape (batch, {self.latent_dim}), got {tuple(latent.shape)}"
            )
        check_labels(labels, len(latent), self.class_count)
        given = () if labels is None else (labels,)
        side = IMAGE_SIZE // 4
        x = self.project(latent).unflatten(1, (-1, side, side))  # (batch, 2·width, 7, 7)
        x = x.contiguous(memory_format=torch.channels_last)  # as fast convolutions want it, forth and back
        x = F.relu(self.norm_7(x, *given))
        x = F.relu(self.norm_14(self.up_14(x), *given))  # (batch, width, 14, 14)
        return torch.tanh(self.up_28(x))  # (batch, channels, 28, 28)


class DCGANDiscriminator(nn.Module):
    """Images → one logit each: two strided convolutions to 7×7 maps, then a linear layer.

    With classes, each class has weights v of its own beside the shared ones w: the logit of an image with features φ is
    w·φ + b + v[label]·φ (projection, Miyato and Koyama 2018, arXiv:1802.05637).

    Args:
        width: channels of the 14×14 maps; those of 7×7 have twice as many.
        channels: of the images.
        class_count: how many labels there are; 0 for a discriminator without labels.
        batch_norm: normalise after the second convolution.
        spectral_norm: divide each layer's weights by their largest singular value. Reference: Miyato et al. 2018,
            arXiv:1802.05957. Usually with batch_norm=False, which would undo it.

    >>> DCGANDiscriminator(width=8)(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5])
    >>> DCGANDiscriminator(width=8, class_count=10)(torch.zeros(2, 1, 28, 28), torch.tensor([0, 9])).shape
    torch.Size([2])
    """

    def __init__(
        self,
        width: int = 32,
        channels: int = 1,
        class_count: int = 0,
        batch_norm: bool = True,
        spectral_norm: bool = False,
    ):
        super().__init__()
        _check_sizes(width=width, channels=channels)
        self.channels, self.class_count = channels, class_count
        features = 2 * width * (IMAGE_SIZE // 4) ** 2
        self.down_14 = nn.Conv2d(channels, width, kernel_size=4, stride=2, padding=1)
        self.down_7 = nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1, bias=not batch_norm)
        self.norm_7 = _norm(2 * width, 0, batch_norm)
        self.judge = nn.Linear(features, 1)
        self.judge_class = nn.Embedding(class_count, features) if class_count else None
        if spectral_norm:
            for layer in (self.down_14, self.down_7, self.judge, self.judge_class):
                if layer is not None:
                    normalise_spectrally(layer)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return logits, shape (batch,): positive for "real".

        Args:
            images: shape (batch, channels, 28, 28), values in [-1, 1].
            labels: int64, shape (batch,), if there are classes.
        """
        if images.shape[1:] != (self.channels, IMAGE_SIZE, IMAGE_SIZE):
            raise ValueError(
                f"this discriminator takes images of shape (batch, {self.channels}, {IMAGE_SIZE}, {IMAGE_SIZE}), "
                f"got {tuple(images.shape)}"
            )
        check_labels(labels, len(images), self.class_count)
        x = F.leaky_relu(self.down_14(images), 0.2)  # (batch, width, 14, 14)
        x = F.leaky_relu(self.norm_7(self.down_7(x)), 0.2)  # (batch, 2·width, 7, 7)
        # As nn.Flatten and nn.Linear would do it, but the maps are not copied out of the order that channels_last
        # keeps them in, nor are their gradients: the few weights are. That makes a training step a fifth shorter.
        x = x.permute(0, 2, 3, 1).flatten(1)  # (batch, 49·2·width)
        logits = F.linear(x, _channels_last(self.judge.weight), self.judge.bias).squeeze(1)  # (batch,)
        if labels is not None:
            of_classes = F.linear(x, _channels_last(self.judge_class.weight))  # (batch, class_count)
            logits = logits + of_classes.gather(1, labels[:, None]).squeeze(1)
        return logits


def _channels_last(weight: Tensor) -> Tensor:
    """Reorder the columns of weights over flat 7×7 maps: from (channel, row, column) to (row, column, channel)."""
    side = IMAGE_SIZE // 4
    return weight.unflatten(1, (-1, side, side)).permute(0, 2, 3, 1).flatten(1)


def _norm(channels: int, class_count: int, wanted: bool) -> nn.Module:
    if not wanted:
        return nn.Identity()
    return ConditionalBatchNorm2d(channels, class_count) if class_count else nn.BatchNorm2d(channels)


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


@torch.no_grad()
def initialise_dcgan(model: nn.Module, random: torch.Generator) -> nn.Module:
    """Draw all weights of a generator or discriminator anew, in place, and return the model.

    Weights are N(0, 0.02²), scales of batch normalisation N(1, 0.02²); biases and shifts are 0.

    Args:
        random: CPU generator.

    Reference: Radford, Metz and Chintala 2015, arXiv:1511.06434, section 4.
    """

    def draw(tensor: Tensor, mean: float) -> None:  # on the CPU, so that every device starts alike
        tensor.copy_(mean + 0.02 * torch.randn(tensor.shape, generator=random))

    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
            if parametrize.is_parametrized(layer, "weight"):
                original = layer.parametrizations.weight.original
                draw(original, 0)
                layer.parametrizations.weight[0].restart(original)
            else:
                draw(layer.weight, 0)
            if getattr(layer, "bias", None) is not None:
                layer.bias.zero_()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            if layer.affine:
                draw(layer.weight, 1)
                layer.bias.zero_()
        elif isinstance(layer, ConditionalBatchNorm2d):
            draw(layer.scale, 1)
            layer.shift.zero_()
    return model
