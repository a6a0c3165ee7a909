"""Examine a discriminator that a learner built to the specification of exercise 14.2."""

import torch
from torch import Tensor, nn

from course_lib.checks.report import WrongAnswer, require

POOLING = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
KNOWN = (
    nn.Conv2d,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.LeakyReLU,
    nn.Linear,
    nn.Flatten,
    nn.Unflatten,
    nn.Identity,
)
OTHER_BENDS = (nn.ReLU, nn.Tanh, nn.ELU, nn.GELU, nn.SELU, nn.SiLU, nn.PReLU)


def examine(model: nn.Sequential, channels: int, width: int) -> None:
    """Raise `WrongAnswer` with a hint unless the model is as specified: 32 → 16 → 8 → 4 → 1 pixels, `width` first."""
    layers = _layers(model)
    _no_foreign_layers(layers)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    require(
        bool(convolutions) and convolutions[0].in_channels == channels,
        f"The first layer should be a convolution of {channels}-channel images. Use the argument `channels`.",
    )
    maps, output = _run(model, convolutions, channels)
    sizes = [each.shape[-1] for each in maps]
    require(
        sizes[:3] == [16, 8, 4],
        f"Behind the convolutions the maps have sides of {sizes}; the first three should be 16, 8, 4. "
        "Kernel 4, stride 2 and padding 1 halve a side: (32 + 2 - 4) / 2 + 1 = 16.",
    )
    strides = [layer.stride for layer in convolutions[:3]]
    require(
        strides == [(2, 2)] * 3,
        f"The sizes are right, but the strides are {strides}: each of the first three convolutions should halve its "
        "maps by its stride of 2, with kernel 4 and padding 1, say.",
    )
    widths = [layer.out_channels for layer in convolutions[:3]]
    require(
        widths == [width, 2 * width, 4 * width],
        f"The first three convolutions should have {width}, {2 * width} and {4 * width} channels, they have {widths}.",
    )
    _one_linear_at_most(layers, 16 * 4 * width)
    _norms(layers)
    _bends(layers)
    require(
        output.shape == (5,),
        f"For 5 images the output should have shape (5,), one logit each; it is {tuple(output.shape)}. "
        "nn.Flatten(0) makes one row of (5, 1, 1, 1).",
    )


def _layers(module: nn.Module) -> list[nn.Module]:
    """Return the layers in their order; one that is used several times, such as a LeakyReLU, counts as often."""
    if isinstance(module, nn.Sequential):
        return [layer for part in module for layer in _layers(part)]
    return [layer for layer in module.modules() if not list(layer.children())]


def _run(model: nn.Module, convolutions: list[nn.Module], channels: int) -> tuple[list[Tensor], Tensor]:
    maps: list[Tensor] = []
    handles = [
        layer.register_forward_hook(lambda module, inputs, output: maps.append(output))
        for layer in convolutions
    ]
    images = torch.rand(5, channels, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    try:
        return maps, model(images)
    except RuntimeError as error:
        sizes = [tuple(each.shape[1:]) for each in maps]
        raise WrongAnswer(
            f"The model does not run on 5 images of shape ({channels}, 32, 32): {str(error).splitlines()[0]}. "
            f"Behind the convolutions that did run the maps are {sizes}."
        ) from error
    finally:
        for handle in handles:
            handle.remove()


def _no_foreign_layers(layers: list[nn.Module]) -> None:
    for layer in layers:
        name = type(layer).__name__
        require(
            not isinstance(layer, POOLING),
            f"There is a {name}. A DCGAN halves its maps with the stride of its convolutions.",
        )
        require(
            not isinstance(layer, nn.Sigmoid | nn.LogSigmoid | nn.Softmax),
            f"There is a {name}. A discriminator returns logits; the loss takes the sigmoid.",
        )
        require(
            not isinstance(layer, OTHER_BENDS),
            f"There is a {name}. The discriminator bends with LeakyReLU, which lets a slope of 0.2 through below "
            "zero, so that every unit passes a gradient on to the generator.",
        )
        require(
            isinstance(layer, KNOWN) or not type(layer).__module__.startswith("torch.nn."),
            f"There is a {name}, which is not in the guidelines. Build it of Conv2d, BatchNorm2d, LeakyReLU, Linear "
            "and Flatten alone.",
        )


def _one_linear_at_most(layers: list[nn.Module], in_features: int) -> None:
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    require(
        len(linear) <= 1,
        f"There are {len(linear)} linear layers: all but the last are hidden and fully connected. Leave them out.",
    )
    require(
        not linear or (linear[0].in_features, linear[0].out_features) == (in_features, 1),
        "A linear layer at the end should go from all of the last maps to one logit.",
    )


def _norms(layers: list[nn.Module]) -> None:
    """Require batch normalisation behind the second and third convolution only."""
    behind, count = [], 0
    for layer in layers:
        count += isinstance(layer, nn.Conv2d | nn.Linear)
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            behind.append(count)
    require(
        0 not in behind and 1 not in behind,
        "There is a batch normalisation in front of or right behind the first convolution. Real and generated "
        "images go through in batches of their own; normalising there would hide how bright they are.",
    )
    require(
        not any(place > 3 for place in behind),
        "There is a batch normalisation behind the last layer. It would force the mean logit of every batch to the "
        "same number, of real images and of generated ones.",
    )
    require(
        behind == [2, 3],
        f"Batch normalisation should follow the second and the third convolution; it follows number {behind}.",
    )


def _bends(layers: list[nn.Module]) -> None:
    bends = [layer for layer in layers if isinstance(layer, nn.LeakyReLU)]
    require(
        all(abs(layer.negative_slope - 0.2) < 1e-9 for layer in bends),
        "LeakyReLU's slope below zero should be 0.2; PyTorch's default is 0.01.",
    )
    behind, count = [], 0
    for layer in layers:
        count += isinstance(layer, nn.Conv2d | nn.Linear)
        if isinstance(layer, nn.LeakyReLU):
            behind.append(count)
    require(
        behind == [1, 2, 3],
        f"A LeakyReLU should follow each of the first three convolutions, and nothing the last; they follow {behind}.",
    )
    kinds = [type(layer) for layer in layers]
    for place, kind in enumerate(kinds[1:], start=1):
        require(
            not (kind is nn.BatchNorm2d and kinds[place - 1] is nn.LeakyReLU),
            "The normalisation stands behind the LeakyReLU. Between convolution and LeakyReLU it makes sure that some "
            "of each channel lies on either side of the kink.",
        )
