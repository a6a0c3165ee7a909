"""Typical wrong answers to exercises 9.4 (Grad-CAM) and 9.5 (fast gradient sign), with the hints that meet them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks.inspection_mistakes import Mistakes, gradient_of, of_scores, scaled, total_score
from course_lib.checks.inspection_models import in_training_mode


def maps_and_gradient(
    model: nn.Sequential, position: int, images: Tensor, labels: Tensor, score: str = "logit"
) -> tuple[Tensor, Tensor]:
    """Return the output of layer `position` and the gradient of the score with respect to it."""
    with torch.no_grad():
        maps = model[: position + 1](images)
    maps.requires_grad_()
    (gradient,) = torch.autograd.grad(total_score(model[position + 1 :](maps), labels, score), maps)
    return maps.detach(), gradient


def cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Return Grad-CAM from maps and gradient, both (batch, channels, height, width)."""
    return (gradient.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1).relu()


def of_grad_cam(model: nn.Sequential, position: int, other: int, images: Tensor, labels: Tensor) -> Mistakes:
    """Return wrong answers to exercise 9.4; `other` is the position of a layer whose maps have the same shape."""
    maps, gradient = maps_and_gradient(model, position, images, labels)
    other_maps, other_gradient = maps_and_gradient(model, other, images, labels)
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (batch, channels, 1, 1)
    raw = (weights * maps).sum(dim=1)
    no_mean = (
        "The weights are not averaged over the places: each map gets one weight, gradient.mean(dim=(2, 3))."
    )
    no_relu = "The ReLU at the end is missing: places that speak against the class are in there with a minus."
    early = "The ReLU comes too early: first add up all channels, minus included, then cut off at 0."
    layers = "Maps or gradient are those of another layer. Both belong to the output of `layer`."
    batch = "The weights are averaged over the batch as well. Each image has its own."
    return [
        (no_mean, (gradient * maps).sum(dim=1).relu()),
        (no_mean + " And the ReLU is missing.", (gradient * maps).sum(dim=1)),
        ("It is divided by its largest value before the ReLU. Return it as it is.", scaled(raw)),
        (no_relu, raw),
        ("abs() is not ReLU: what speaks against the class becomes 0, not positive.", raw.abs()),
        (early, (weights * maps).relu().sum(dim=1)),
        (
            "The ReLU belongs to the sum over the maps, not to the weights.",
            (weights.relu() * maps).sum(dim=1),
        ),
        (
            "The ReLU belongs to the sum over the maps, not to the weights.",
            (weights.relu() * maps).sum(dim=1).relu(),
        ),
        (
            "The gradient is cut off at 0 before it is averaged. Average it as it is.",
            cam(maps, gradient.relu()),
        ),
        (layers, cam(other_maps, other_gradient)),
        (layers, cam(maps, other_gradient)),
        (layers, cam(other_maps, gradient)),
        (
            "The weight is the mean of the gradient over the places, not its sum.",
            cam(maps, gradient * maps[0, 0].numel()),
        ),
        ("The channels are averaged. They are added up.", raw.relu() / maps.shape[1]),
        (batch, (weights.mean(dim=0) * maps).sum(dim=1).relu()),
        (
            "It is divided by its largest value. Return it as it is, so that images can be compared.",
            scaled(raw.relu()),
        ),
        ("The maps are missing: weight times map, added up over the channels.", gradient.mean(dim=1).relu()),
        *of_scores(
            model,
            images,
            labels,
            lambda m, score: cam(*maps_and_gradient(m, position, images, labels, score)),
        ),
    ]


def moved(images: Tensor, step: Tensor, mean: float, std: float) -> Tensor:
    """Return the images moved by `step`, in normalised units, and clamped to black and white."""
    return (images + step).clamp(-mean / std, (1 - mean) / std)


def of_fast_gradient(
    model: nn.Module, images: Tensor, labels: Tensor, epsilon: float, mean: float, std: float
) -> Mistakes:
    """Return wrong answers to exercise 9.5."""
    gradient = gradient_of(model, images, labels, "loss")
    sign = gradient.sign()
    step = epsilon / std * sign
    training = gradient_of(in_training_mode(model), images, labels, "loss").sign()
    units = "Epsilon is meant where white is 1; the images are divided by std, so the step is epsilon / std."
    size = "That goes along the gradient itself, which is tiny at most pixels. Only its sign counts."
    border = "Black is -mean / std and white (1 - mean) / std here; the images are clamped to other numbers."
    back = "The result is not normalised any more. Return it in the units of the images."
    logit = gradient_of(model, images, labels, "logit").sign()
    return [
        ("The step goes down the loss: the picture becomes easier. Add it.", moved(images, -step, mean, std)),
        ("Pixels are blacker than black or whiter than white: clamp them.", images + step),
        (units, moved(images, epsilon * sign, mean, std)),
        (units, images + epsilon * sign),
        (units, moved(images, epsilon * std * sign, mean, std)),
        (units, (images + epsilon * sign).clamp(0, 1)),
        (size, moved(images, epsilon / std * gradient, mean, std)),
        (size, moved(images, epsilon / std * gradient / len(images), mean, std)),
        (size, moved(images, epsilon * gradient, mean, std)),
        (size, moved(images, epsilon / std * F.normalize(gradient.flatten(1)).view_as(gradient), mean, std)),
        (border, (images + step).clamp(0, 1)),
        (border, (images + step).clamp(-1, 1)),
        (back, moved(images, step, mean, std) * std + mean),
        ("That is the step. Add it to the images.", step),
        (
            "That is the gradient in training mode. Use evaluation_mode(model).",
            moved(images, epsilon / std * training, mean, std),
        ),
        (
            "That raises the label's logit: the picture becomes easier. The loss should rise.",
            moved(images, epsilon / std * logit, mean, std),
        ),
        (
            "That lowers the label's logit. The loss has the other classes in it as well: differentiate that.",
            moved(images, -epsilon / std * logit, mean, std),
        ),
    ]
