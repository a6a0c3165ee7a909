"""Generators and discriminators. Discriminators return logits."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from course_lib.layers.spectral import normalise_spectrally


class PointGenerator(nn.Module):
    """A multilayer perceptron from latents to points in the plane.

    Args:
        latent_dim: numbers in a latent.
        hidden: width of each hidden layer.

    >>> PointGenerator(latent_dim=2)(torch.zeros(5, 2)).shape
    torch.Size([5, 2])
    """

    def __init__(self, latent_dim: int = 2, hidden: tuple[int, ...] = (64, 64)):
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = _perceptron((latent_dim, *hidden, 2))

    def forward(self, latent: Tensor) -> Tensor:
        """Return points, shape (batch, 2), for latents of shape (batch, latent_dim)."""
        if latent.ndim != 2 or latent.shape[1] != self.latent_dim:
            raise ValueError(
                f"this generator takes latents of shape (batch, {self.latent_dim}), got {tuple(latent.shape)}"
            )
        return self.layers(latent)


class PointDiscriminator(nn.Module):
    """A multilayer perceptron from points in the plane to one logit each.

    Args:
        hidden: width of each hidden layer.
        spectral_norm: divide each layer's weights by their largest singular value, which bounds the slope of
            the whole function by 1. Reference: Miyato et al. 2018, arXiv:1802.05957.
        scale: what the logit is multiplied by; with `spectral_norm` it is the bound on the slope.

    >>> PointDiscriminator()(torch.zeros(5, 2)).shape
    torch.Size([5])
    """

    def __init__(self, hidden: tuple[int, ...] = (64, 64), spectral_norm: bool = False, scale: float = 1.0):
        super().__init__()
        self.scale = scale
        self.layers = _perceptron((2, *hidden, 1))
        if spectral_norm:
            for layer in self.layers:
                if isinstance(layer, nn.Linear):
                    normalise_spectrally(layer)

    def forward(self, points: Tensor) -> Tensor:
        """Return logits, shape (batch,), for points of shape (batch, 2)."""
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(
                f"this discriminator takes points of shape (batch, 2), got {tuple(points.shape)}"
            )
        return self.scale * self.layers(points).squeeze(1)


def _perceptron(sizes: tuple[int, ...]) -> nn.Sequential:
    """Return linear layers of these sizes with leaky ReLUs between them."""
    layers: list[nn.Module] = []
    for in_features, out_features in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(in_features, out_features), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def initialise_points(model: nn.Module, random: torch.Generator) -> nn.Module:
    """Draw the weights of a generator or discriminator of points anew, in place, and return the model.

    Weights are normal with variance 2 / fan-in. Biases are uniform in ± 1/√fan-in and not zero: with zeros all
    kinks of the first layer would pass through the origin, and the plane would be cut into slices of a cake only.

    Args:
        random: CPU generator.

    Reference: He, Zhang, Ren and Sun 2015, arXiv:1502.01852.
    """
    for layer in model.modules():
        if not isinstance(layer, nn.Linear):
            continue
        drawn = torch.empty(
            layer.out_features, layer.in_features
        )  # on the CPU, so that every device starts alike
        nn.init.kaiming_normal_(drawn, nonlinearity="relu", generator=random)
        bound = layer.in_features**-0.5
        layer.bias.copy_(torch.empty(layer.out_features).uniform_(-bound, bound, generator=random))
        if parametrize.is_parametrized(layer, "weight"):
            layer.parametrizations.weight.original.copy_(drawn)
            layer.parametrizations.weight[0].restart(drawn)
        else:
            layer.weight.copy_(drawn)
    return model
