"""Spectral normalisation: divide a weight matrix by its largest singular value."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize


class SpectralNorm(nn.Module):
    """Weights → weights / σ, where σ is the largest singular value of the weights as a matrix, one row an output.

    A linear layer with such weights stretches no vector, so its slope is bounded by 1. σ comes from power
    iteration: one round a forward pass in training mode, which suffices as weights change little in a step.
    `torch.nn.utils.parametrizations.spectral_norm` does the same, but not under `torch.vmap`, which `ManyRuns` needs.

    Args:
        weight: where power iteration starts: its singular vectors are computed exactly.

    Reference: Miyato, Kataoka, Koyama and Yoshida 2018, arXiv:1802.05957, algorithm 1.
    """

    def __init__(self, weight: Tensor):
        super().__init__()
        self.register_buffer("left", weight.new_zeros(weight.shape[0]))
        self.register_buffer("right", weight.new_zeros(weight.flatten(1).shape[1]))
        self.restart(weight)

    @torch.no_grad()
    def restart(self, weight: Tensor) -> None:
        """Set the vectors to the exact singular vectors of `weight`."""
        left, _, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
        self.left.copy_(left[:, 0])
        self.right.copy_(right[0])

    def forward(self, weight: Tensor) -> Tensor:
        """Return the normalised weight, of the same shape."""
        return weight / largest_singular_value(weight.flatten(1), self.left, self.right, self.training)


def largest_singular_value(matrix: Tensor, left: Tensor, right: Tensor, iterate: bool) -> Tensor:
    """Return left · matrix · right for each matrix, shape (…), after a round of power iteration if `iterate`.

    Args:
        matrix: shape (…, outputs, inputs).
        left, right: singular vectors, shapes (…, outputs) and (…, inputs); the round overwrites them.
    """
    if iterate:
        with torch.no_grad():
            right.copy_(F.normalize((matrix.mT @ left[..., None]).squeeze(-1), dim=-1))
            left.copy_(F.normalize((matrix @ right[..., None]).squeeze(-1), dim=-1))
    # copies, as the next pass overwrites the vectors while this one's gradient may still be wanted
    return (left.clone() * (matrix @ right.clone()[..., None]).squeeze(-1)).sum(-1)


def normalise_spectrally(layer: nn.Module) -> nn.Module:
    """Give a linear or convolution layer spectral normalisation, in place, and return it."""
    parametrize.register_parametrization(layer, "weight", SpectralNorm(layer.weight.detach()))
    return layer
