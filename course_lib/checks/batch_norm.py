"""Check of batch normalisation, for notebook 06."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close

PARTS = ("output", "running_mean", "running_var")


def _normalise(x, mean, var, scale, shift, eps):
    mean, var = (v.view(1, -1, 1, 1) if v.ndim == 1 else v for v in (mean, var))
    return (x - mean) / (var + eps).sqrt() * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)


def _wrong_outputs(x, scale, shift, running_mean, running_var, training, eps) -> Iterator[tuple[str, Tensor]]:
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0)
    unbiased = x.var(dim=(0, 2, 3))
    rest = (scale, shift, eps)
    if training:
        yield (
            "in training mode the batch's own mean and variance normalise, not the running averages",
            _normalise(x, running_mean, running_var, *rest),
        )
        yield (
            "the variance that normalises is divided by n, not n - 1 (unbiased is only the one that is remembered); "
            "torch.var divides by n - 1 unless you say correction=0",
            _normalise(x, mean, unbiased, *rest),
        )
        yield (
            "these are statistics of each image by itself; take them over the batch too: dim=(0, 2, 3)",
            _normalise(
                x, x.mean(dim=(2, 3), keepdim=True), x.var(dim=(2, 3), correction=0, keepdim=True), *rest
            ),
        )
        yield (
            "these are statistics of each image over its channels; each channel has its own: dim=(0, 2, 3)",
            _normalise(
                x,
                x.mean(dim=(1, 2, 3), keepdim=True),
                x.var(dim=(1, 2, 3), correction=0, keepdim=True),
                *rest,
            ),
        )
        yield (
            "these are statistics over all channels together; each channel has its own: dim=(0, 2, 3)",
            _normalise(x, x.mean().expand(len(scale)), x.var(correction=0).expand(len(scale)), *rest),
        )
        yield (
            "these are statistics of each pixel over the batch; take them over height and width too: dim=(0, 2, 3)",
            _normalise(x, x.mean(dim=0, keepdim=True), x.var(dim=0, correction=0, keepdim=True), *rest),
        )
    else:
        hint = "in evaluation mode the running averages normalise, not the batch's statistics"
        yield hint, _normalise(x, mean, var, *rest)
        yield hint, _normalise(x, mean, unbiased, *rest)
    mean, var = (mean, var) if training else (running_mean, running_var)
    plain = _normalise(x, mean, var, torch.ones_like(scale), torch.zeros_like(shift), eps)
    yield "scale and shift are missing", plain
    yield (
        "divide by the standard deviation, the root of the variance",
        (_normalise(x, mean, (var + eps) ** 2, scale, shift, 0.0)),
    )
    yield (
        "ε is added to the variance, under the root, not to the root",
        (_normalise(x, mean, (var.sqrt() + eps) ** 2, scale, shift, 0.0)),
    )
    yield "ε is missing under the root", _normalise(x, mean, var, scale, shift, 0.0)


def _wrong_averages(x, running_mean, running_var, momentum) -> Iterator[tuple[str, Tensor, Tensor]]:
    mean, var, unbiased = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), correction=0), x.var(dim=(0, 2, 3))

    def mix(m, v, share=momentum):
        return (1 - share) * running_mean + share * m, (1 - share) * running_var + share * v

    weights = (
        "the weights are swapped: momentum is the share of the new value, 1 - momentum that of the old one"
    )
    yield "the averages have not changed; in training mode they do", running_mean, running_var
    yield weights, *mix(mean, unbiased, 1 - momentum)
    yield weights, *mix(mean, var, 1 - momentum)
    yield (
        "the variance that is remembered is the unbiased one, n / (n - 1) times that of the batch",
        *mix(mean, var),
    )
    yield "it is the variance that is remembered, not the standard deviation", *mix(mean, unbiased.sqrt())
    yield "these are the statistics of the batch alone; mix them into the old averages", mean, unbiased
    yield "these are the statistics of the batch alone; mix them into the old averages", mean, var


@exercise("6.5")
def check_batch_norm(batch_norm) -> str:
    """Check `batch_norm(images, scale, shift, running_mean, running_var, training, momentum, eps)`."""
    generator = torch.Generator().manual_seed(0)
    for shape, momentum, eps in (((6, 3, 4, 5), 0.1, 0.01), ((2, 4, 3, 2), 0.3, 0.1)):
        for training in (True, False):
            x = 2 * torch.randn(shape, generator=generator, dtype=torch.float64) + 1
            x = x * (1 + torch.arange(shape[0]).view(-1, 1, 1, 1)) + torch.arange(shape[1]).view(-1, 1, 1)
            scale, shift, mean = torch.randn(3, shape[1], generator=generator, dtype=torch.float64)
            var = 0.5 + torch.rand(shape[1], generator=generator, dtype=torch.float64)
            arguments = (x, scale, shift, mean, var, training, momentum, eps)
            result = _attempt(batch_norm, *arguments)
            require(
                isinstance(result, tuple | list) and len(result) == 3,
                f"Return three things: output, running_mean, running_var; got {describe(result)}.",
            )
            mode = f"{'training' if training else 'evaluation'} mode, images of shape {shape}"
            result = [_as_wanted(part, name, mode) for part, name in zip(result, PARTS, strict=True)]
            new_mean, new_var = mean.clone(), var.clone()
            expected = F.batch_norm(x, new_mean, new_var, scale, shift, training, momentum, eps)
            for hint, wrong in _wrong_outputs(x, scale, shift, mean, var, training, eps):
                require(not _close(result[0], wrong), f"({mode}) The output is not right: {hint}.")
            require_close(result[0], expected, f"({mode}) Look at the output.", tolerance=1e-6)
            _check_gradient(batch_norm, arguments, mode)
            _check_averages(result[1:], (new_mean, new_var), (x, mean, var, momentum), training, mode)
    return "Equal to torch in training mode and in evaluation mode, running averages included."


def _attempt(batch_norm, *arguments):
    """Call the answer; if shapes do not fit, say which ones would."""
    try:
        return attempt(batch_norm, *arguments)
    except WrongAnswer as wrong:
        hint = "One number per channel: mean over (0, 2, 3), then view(1, -1, 1, 1)."
        require("must match the size" not in str(wrong), f"{wrong}. {hint}")
        raise


def _check_gradient(batch_norm, arguments, mode: str) -> None:
    x, scale, shift, mean, var, *rest = arguments
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    upstream = torch.cos(torch.arange(x.numel(), dtype=x.dtype)).view(x.shape)
    output = _attempt(batch_norm, ours, scale, shift, mean, var, *rest)[0]
    hint = "the output is right, but no gradient flows through it: no detach(), item() or no_grad()"
    require(output.requires_grad, f"({mode}) {hint}.")
    try:
        output.backward(upstream.to(output))
    except RuntimeError:  # it changes in place what autograd remembers; the numbers are right all the same
        return
    F.batch_norm(theirs, mean.clone(), var.clone(), scale, shift, *rest).backward(upstream)
    hint = "The output is right, its gradient is not: mean and variance depend on the images, so do not detach them."
    require_close(ours.grad, theirs.grad, f"({mode}) {hint}", tolerance=1e-5)


def _check_averages(result, expected, setting, training: bool, mode: str) -> None:
    where = f"({mode}) The output is right. The running averages are not"
    if training:
        for hint, wrong_mean, wrong_var in _wrong_averages(*setting):
            require(not (_close(result[0], wrong_mean) and _close(result[1], wrong_var)), f"{where}: {hint}.")
    else:
        same = all(_close(ours, old) for ours, old in zip(result, expected, strict=True))
        require(same, f"{where}: in evaluation mode they stay as they are.")
    for part, right, name in zip(result, expected, PARTS[1:], strict=True):
        require_close(part, right, f"({mode}) The output is right. Look at {name}.", tolerance=1e-6)


def _as_wanted(part, name: str, mode: str) -> Tensor:
    require(isinstance(part, Tensor), f"({mode}) {name} should be a tensor, got {describe(part)}.")
    part = part.detach().cpu().double()
    if name != "output" and part.ndim == 4:  # kept dimensions are as good
        part = part.flatten()
    return part


def _close(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and torch.allclose(first, second, rtol=1e-6, atol=1e-6)
