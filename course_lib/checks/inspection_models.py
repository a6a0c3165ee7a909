"""Small networks on which the answers to notebook 09 are examined, and what must not change in them."""

import copy

import torch
from torch import Tensor, nn

from course_lib.checks.report import require

CLASSES = 4


class Interrupted(Exception):  # noqa: N818  (raised on purpose, in the middle of a forward pass)
    """Raised by `Interrupt`."""


class Interrupt(nn.Module):
    """A layer that raises, as one does whose input has the wrong shape."""

    def forward(self, images: Tensor) -> Tensor:
        raise Interrupted("this layer raises on purpose")


def small_classifier(seed: int, channels: int = 1, size: int = 8) -> nn.Sequential:
    """Return a random float64 network of two convolutions with as many maps each, and a linear layer.

    Its normalisation has running averages unlike those of any batch, so the two modes differ.
    """
    generator = torch.Generator().manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(channels, 5, 3, padding=1),  # (batch, 5, size, size)
        nn.BatchNorm2d(5),
        nn.Tanh(),
        nn.Conv2d(5, 5, 3, padding=1),  # (batch, 5, size, size)
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(5 * size * size, CLASSES),
    ).double()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.6 if parameter.ndim != 2 else 0.3
            parameter.copy_(spread * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
        model[1].running_mean.copy_(torch.randn(5, generator=generator, dtype=torch.float64))
        model[1].running_var.copy_(0.5 + torch.rand(5, generator=generator, dtype=torch.float64))
    return model.eval()


def random_images(seed: int, count: int, channels: int = 1, height: int = 8, width: int = 8) -> Tensor:
    """Return images of random numbers, float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, channels, height, width, generator=generator, dtype=torch.float64)


def in_training_mode(model: nn.Module) -> nn.Module:
    """Return a copy of the model that is in training mode."""
    return copy.deepcopy(model).train()


class Unchanged:
    """Remembers a model's modes, gradients, flags, buffers and hooks, and tells which of them an answer has changed."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.modes = [module.training for module in model.modules()]
        self.buffers = [buffer.clone() for buffer in model.buffers()]

    def require(self) -> None:
        """Raise `WrongAnswer` with a hint if the model is not as it was; then put it right for the next case."""
        modules, parameters = list(self.model.modules()), list(self.model.parameters())
        hooks = sum(len(module._forward_hooks) + len(module._backward_hooks) for module in modules)
        gradients = any(parameter.grad is not None for parameter in parameters)
        buffers = any(not torch.equal(a, b) for a, b in zip(self.model.buffers(), self.buffers, strict=True))
        require(not hooks, "A hook is left in the model, and runs at every later pass. Call handle.remove().")
        require(
            not gradients,
            "backward() has written into .grad of the weights, where the next step of an optimiser would find it. "
            "torch.autograd.grad returns the gradient you ask for and stores none.",
        )
        require(
            not buffers,
            "The running averages of the batch normalisation have changed: the model was in training mode.",
        )
        require(
            [module.training for module in modules] == self.modes,
            "The model is in another mode than before. evaluation_mode(model) puts it back.",
        )
        require(
            all(parameter.requires_grad for parameter in parameters),
            "requires_grad of a weight has changed: nobody could train this model any more.",
        )
