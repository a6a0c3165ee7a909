"""Record what a layer inside a network returns, and leave the network as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into evaluation mode; afterwards every part of it is in the mode it was in before."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def recorded(layer: nn.Module, *, attached: bool = False) -> Iterator[list[Tensor]]:
    """Collect the outputs of `layer` inside the `with` block; the hook is removed at its end, come what may.

    Args:
        layer: any part of a model that returns one tensor.
        attached: keep the outputs as they are in the graph, to differentiate with respect to them.
            Otherwise they are detached copies, which nothing that happens later can change.

    Yields:
        a list that grows by one output at each forward pass.

    >>> layer = nn.ReLU()
    >>> with recorded(layer) as outputs:
    ...     _ = layer(torch.tensor([-1.0, 2.0]))
    >>> outputs
    [tensor([0., 2.])]
    """
    outputs = []

    def keep(module, inputs, output):
        outputs.append(output if attached else output.detach().clone())

    handle = layer.register_forward_hook(keep)
    try:
        yield outputs
    finally:
        handle.remove()


@torch.no_grad()
def feature_maps(model: nn.Module, layer: nn.Module, images: Tensor, batch_size: int = 500) -> Tensor:
    """Return the output of `layer` for all images, computed in evaluation mode.

    Args:
        model: takes the images; `layer` is a part of it that it calls once.
        images: normalised, shape (count, channels, height, width), on the model's device.

    Returns:
        a tensor of shape (count, …) without a graph: for a convolutional layer (count, channels of the
        layer, height of its maps, width of its maps).

    Raises:
        ValueError: the model does not call the layer.
    """
    with evaluation_mode(model), recorded(layer) as outputs:
        for batch in images.split(batch_size):
            model(batch)
    if not outputs:
        raise ValueError("the model did not call this layer; is the layer a part of this very model?")
    return torch.cat(outputs)
