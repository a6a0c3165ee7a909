"""Checks for notebook 05."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checks.report import NotAttempted, attempt, describe, exercise, require, require_close
from course_lib.checks.training_loop import check_train_one_epoch  # noqa: F401  (for the notebook)


@exercise("5.1")
def check_shapes(shapes) -> str:
    """Check the shapes of (8, 3, 32, 32) images behind each of six layers; see the exercise."""
    layers = nn.Sequential(
        nn.Conv2d(3, 24, kernel_size=5), nn.MaxPool2d(2), nn.Conv2d(24, 48, kernel_size=3, padding=1),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48 * 7 * 7, 10),
    )  # fmt: skip
    require(
        isinstance(shapes, list | tuple) and len(shapes) == len(layers),
        f"A list of {len(layers)} shapes is expected, one behind each layer, got {describe(shapes)}.",
    )
    if any(shape is ... for shape in shapes):
        require(all(shape is ... for shape in shapes), "Some of the shapes are still three dots.")
        raise NotAttempted
    images = torch.zeros(8, 3, 32, 32)
    for number, (layer, shape) in enumerate(zip(layers, shapes, strict=True), start=1):
        images = layer(images)
        where = f"Shape {number} of {len(layers)}, {describe(shape)}, is not right."
        require(isinstance(shape, tuple | list), f"{where} A shape is a tuple, as (8, 10) is.")
        expected = tuple(images.shape)
        require(tuple(shape) == expected, f"{where} {_shape_hint(layer, tuple(shape), expected)}")
    return "All six shapes are right, and so is the size of the flattened vector."


def _shape_hint(layer: nn.Module, shape: tuple, expected: tuple) -> str:
    """Return what to look at for a wrong shape behind `layer`."""
    if shape[:1] != expected[:1]:
        return "The batch of 8 images comes first, behind every layer: Flatten keeps the batch axis too."
    if isinstance(layer, nn.Flatten):
        return "Flatten keeps the batch axis and multiplies all others."
    if isinstance(layer, nn.Linear) or len(shape) != len(expected):
        return f"It should have {len(expected)} numbers, and the last layer gives ten logits an image."
    if isinstance(layer, nn.MaxPool2d):
        return "Pooling by 2 halves height and width, rounded down, and keeps the channels."
    if shape[1] != expected[1]:
        return "Order: batch, channels, height, width; a convolution's second number is its output channels."
    return (
        "A convolution without padding loses kernel_size - 1 pixels; with padding p it gets 2p of them back."
    )


@exercise("5.2")
def check_convolution_parameters(convolution_parameters) -> str:
    """Check `convolution_parameters(in_channels, out_channels, kernel_size, bias)`."""
    for in_channels, out_channels, kernel_size, bias in (
        (1, 16, 3, False),
        (16, 32, 3, True),
        (3, 5, 7, True),
    ):
        result = attempt(convolution_parameters, in_channels, out_channels, kernel_size, bias)
        layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        expected = sum(parameter.numel() for parameter in layer.parameters())
        setting = f"{in_channels} → {out_channels} channels, kernel {kernel_size}, bias {bias}"
        hints = {
            expected - out_channels * bias if bias else None: "the biases are missing, one for each output channel",
            expected + (not bias) * out_channels if not bias else None: "there is no bias to count here",
            out_channels * kernel_size**2 + out_channels * bias: "each filter has a kernel for every input channel",
            in_channels * out_channels * kernel_size + out_channels * bias: "a kernel has height and width",
        }  # fmt: skip
        hint = (
            hints.get(result, "count one kernel, then all of them, then one bias for each output channel")
            if result != expected
            else ""
        )
        require(result == expected, f"For {setting} you get {describe(result)}: {hint}.")
    return "A convolution has few weights, since it uses each at every position."


@exercise("5.3")
def check_cross_entropy(cross_entropy) -> str:
    """Check `cross_entropy(logits, labels)`: the mean over the batch, finite for large logits."""
    generator = torch.Generator().manual_seed(0)
    for scale in (1.0, 5.0):
        logits = scale * torch.randn(6, 4, generator=generator)
        labels = torch.randint(0, 4, (6,), generator=generator)
        result = torch.as_tensor(attempt(cross_entropy, logits, labels))
        expected = F.cross_entropy(logits, labels)
        require(result.ndim == 0, f"One number is expected, the mean over the batch, got {describe(result)}.")
        require((result + expected).abs() > 1e-4, "The sign is wrong: the loss is minus the logarithm.")
        require((result - 6 * expected).abs() > 1e-4, "That is the sum over the batch. The mean is expected.")
        base_2 = expected / math.log(2)
        require(
            (result - base_2).abs() > 1e-4, "That is the logarithm to base 2. The natural one is expected."
        )
        require_close(
            result, expected, "Minus the logarithm of the softmax probability of the right class, on average."
        )
    large = torch.tensor([[1000.0, 0.0], [0.0, -1000.0]])
    result = torch.as_tensor(attempt(cross_entropy, large, torch.tensor([1, 1])))
    require(
        bool(result.isfinite()),
        "For logits of 1000 your result is not finite: exp(1000) overflows, and a probability of 0 has the "
        "logarithm minus infinity. Compute log(sum(exp(logits))) with the row's largest logit taken out of it, as "
        "torch.logsumexp does, and subtract the right logit; do not go through the probabilities.",
    )
    require_close(
        result, torch.tensor(1000.0), "The formula is right for small logits but not for large ones."
    )
    return "The loss is right, and finite for large logits too."


@exercise("5.5")
def check_top_k_accuracy(top_k_accuracy) -> str:
    """Check `top_k_accuracy(logits, labels, k)`: the share of images with the label among the k largest logits."""
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(40, 6, generator=generator), torch.randint(0, 6, (40,), generator=generator)
    for k in (1, 2, 6, 3):
        result = attempt(top_k_accuracy, logits, labels, k)
        value = torch.as_tensor(result, dtype=torch.float64)
        require(value.ndim == 0, f"One number is expected, got {describe(result)}.")
        hits = (logits.topk(k, dim=1).indices == labels[:, None]).any(dim=1)
        expected = hits.double().mean()
        require(value <= 1 + 1e-9, f"For k = {k} you get {value:.4g}. A share of images is at most 1.")
        smallest = (
            (logits.topk(k, dim=1, largest=False).indices == labels[:, None]).any(dim=1).double().mean()
        )
        require(
            k == 6 or abs(value - smallest) > 1e-6,
            "These are the k smallest logits. The largest are the best guesses.",
        )
        values_compared = (logits.topk(k, dim=1).values == labels[:, None]).any(dim=1).double().mean()
        require(
            abs(value - values_compared) > 1e-6,
            "topk returns the logits and, second, their positions. The positions are the classes.",
        )
        if k > 1:
            require(abs(value - expected / k) > 1e-6, "Divide by the number of images, not of guesses.")
            first = (logits.argmax(dim=1) == labels).double().mean()
            require(
                abs(value - first) > 1e-6,
                "That is the accuracy of the first guess only; k guesses are allowed.",
            )
        require_close(
            value, expected, f"For k = {k}: an image counts if its label is among the k largest logits."
        )
    return "With as many guesses as classes everybody is right."
