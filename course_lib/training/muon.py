"""Muon: make the update of a whole layer orthogonal, instead of scaling each weight's update by itself.

A convolution's filters, one a row, form a matrix. The momentum of that matrix has usually a few strong
directions and many weak ones; a plain step follows the strong ones only. Muon replaces the matrix by the
nearest one whose singular values are all about one, so that every direction moves equally far.

References: Jordan et al. 2024, Muon, https://kellerjordan.github.io/posts/muon/; for convolutions with
filters of fixed length, the code beside Jordan 2024, arXiv:2404.00498.
"""

import torch
from torch import Tensor, nn

# a polynomial a·s + b·s³ + c·s⁵ that moves singular values in (0, 1] towards one, steepest at zero
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrix: Tensor, rounds: int = 3) -> Tensor:
    """Return a matrix with the singular vectors of `matrix` and singular values nearer to one.

    Three rounds are coarse and enough: a singular value of at least 0.02 of the matrix's norm ends between
    0.68 and 1.21. No singular value decomposition is computed, only products of matrices.

    Args:
        matrix: shape (rows, columns); its scale does not matter.
        rounds: of the Newton–Schulz iteration.
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix  # the shorter side first: the products below are then smallest
    x = x / (x.norm() + 1e-7)  # no singular value is larger than the norm
    for _ in range(rounds):
        gram = x @ x.T  # singular values s²
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Muon for convolution filters, stochastic gradient descent with Nesterov's momentum for all else.

    The first convolution, biases, normalisation and linear layers are left to gradient descent. Filters are
    scaled to length one (on average over a layer) before each update, which changes nothing in a network with batch
    normalisation and makes the learning rate the angle, in radians, by which they turn.

    Args:
        model: whose weights are trained.
        lr: peak learning rate of gradient descent.
        filter_lr: peak learning rate of the filters.
        momentum: of gradient descent, in [0, 1).
        filter_momentum: of the filters, in [0, 1).
        weight_decay: L2 penalty's factor for what gradient descent trains; the filters' length is fixed.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        lr: float,
        filter_lr: float = 0.05,
        momentum: float = 0.9,
        filter_momentum: float = 0.6,
        weight_decay: float = 0.0,
    ):
        convolutions = [module.weight for module in model.modules() if isinstance(module, nn.Conv2d)]
        filters = convolutions[1:]
        chosen = {id(weight) for weight in filters}
        others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
        groups = [
            {"params": others, "filters": False, "lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        ]
        if filters:
            groups.append(
                {
                    "params": filters,
                    "filters": True,
                    "lr": filter_lr,
                    "momentum": filter_momentum,
                    "weight_decay": 0.0,
                }
            )
        for group in groups:
            group["relative_lr"] = group["lr"] / lr  # a schedule of `lr` carries the filters along
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self) -> None:
        """Update all weights that have a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                gradient = weight.grad.add(weight, alpha=group["weight_decay"])
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
                update = gradient.add(momentum, alpha=group["momentum"])  # Nesterov's
                if group["filters"]:
                    update = orthogonalise(update.flatten(1)).view_as(weight)  # a row for each filter
                    weight.mul_(len(weight) ** 0.5 / (weight.norm() + 1e-7))
                weight.sub_(update, alpha=group["lr"])
