"""Many small models of one kind as a single one, to train all of them at once."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from course_lib.layers.spectral import largest_singular_value
from course_lib.models.gans import PointDiscriminator, PointGenerator


class ManyRuns(nn.Module):
    """Models of one architecture that share each batch: model number i gets the i-th of equally large parts.

    The weights are stacked, so that ten small matrix products become one large one: for small networks that
    takes far less time than ten runs. Nothing flows between the models. If a loss is the mean over the whole
    batch, each model's gradient is 1/runs of what it would be alone. Adam does not mind: its steps do not depend on
    the gradient's scale. Plain gradient descent wants a learning rate that is as many times larger.

    Batch normalisation and dropout are not supported.

    Args:
        models: at least one; they are copied and stay as they are.

    Attributes:
        runs: how many there are.
        latent_dim: that of the models, if they are generators.

    >>> many = ManyRuns([nn.Linear(2, 1) for _ in range(3)])
    >>> many(torch.zeros(3 * 5, 2)).shape
    torch.Size([15, 1])
    """

    def __init__(self, models: Sequence[nn.Module]):
        super().__init__()
        self.runs = len(models)
        if hasattr(models[0], "latent_dim"):
            self.latent_dim = models[0].latent_dim
        weights, buffers = stack_module_state(list(models))  # each with a first dimension of length `runs`
        self.names = list(weights)
        self.weights = nn.ParameterList(nn.Parameter(weight.detach()) for weight in weights.values())
        self.buffer_names = {f"buffer_{number}": name for number, name in enumerate(buffers)}
        for own, name in self.buffer_names.items():
            self.register_buffer(own, buffers[name].clone())
        # in a tuple, so that its own weights are not taken for weights of this module
        self._template = (copy.deepcopy(models[0]),)

    def _stacked(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        weights = dict(zip(self.names, self.weights, strict=True))
        return weights, {name: getattr(self, own) for own, name in self.buffer_names.items()}

    def forward(self, x: Tensor) -> Tensor:
        """Return each model's answers to its part of the batch, in the batch's order; shape (batch, …)."""
        if len(x) % self.runs:
            raise ValueError(f"a batch for {self.runs} runs must be a multiple of that, got {len(x)}")
        template = self._template[0]
        if template.training != self.training:  # setting it takes a while, and hardly ever changes anything
            template.train(self.training)
        parts = x.unflatten(0, (self.runs, -1))  # (runs, batch/runs, …)
        if isinstance(template, PointGenerator | PointDiscriminator):
            return self._perceptrons(template, parts).flatten(0, 1)
        return torch.vmap(lambda weights, buffers, part: functional_call(template, (weights, buffers), part))(
            *self._stacked(), parts
        ).flatten(0, 1)

    def _perceptrons(self, template: nn.Module, points: Tensor) -> Tensor:
        """Do what `vmap` does for models of points, in half the time: one batched product for each layer."""
        weights, buffers = self._stacked()
        for number, layer in enumerate(template.layers):
            if not isinstance(layer, nn.Linear):
                points = layer(points)
                continue
            name = f"layers.{number}."
            if name + "weight" in weights:
                weight = weights[name + "weight"]  # (runs, out, in)
            else:
                weight, norm = (
                    weights[f"{name}parametrizations.weight.original"],
                    f"{name}parametrizations.weight.0.",
                )
                sizes = largest_singular_value(
                    weight, buffers[norm + "left"], buffers[norm + "right"], self.training
                )
                weight = weight / sizes[:, None, None]
            points = torch.baddbmm(
                weights[name + "bias"][:, None], points, weight.mT
            )  # (runs, batch/runs, out)
        return points if isinstance(template, PointGenerator) else template.scale * points.squeeze(2)

    @torch.no_grad()
    def run(self, number: int) -> nn.Module:
        """Return a copy of model `number` as it is now, on the same device."""
        weights, buffers = self._stacked()
        device = self.weights[0].device  # the template stays where it was made
        model = copy.deepcopy(self._template[0]).to(device)
        model.load_state_dict({name: tensor[number] for name, tensor in {**weights, **buffers}.items()})
        return model.train(self.training)
