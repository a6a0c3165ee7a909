"""Checks for notebook 09: a look inside a network."""

import copy

import torch
from torch import Tensor, nn

from course_lib.checks import inspection_gradient_mistakes as gradient_mistakes
from course_lib.checks import inspection_mistakes as mistakes
from course_lib.checks.inspection_models import (
    CLASSES,
    Interrupt,
    Interrupted,
    Unchanged,
    in_training_mode,
    random_images,
    small_classifier,
)
from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close


@exercise("9.1")
def check_feature_map(feature_map) -> str:
    """Check `feature_map(model, layer, images)`: the layer's output, detached, and no hook left behind."""
    for seed, count in ((0, 2), (1, 1), (2, 3)):
        model = small_classifier(seed)
        model[4] = nn.ReLU(inplace=True)  # overwrites what the layer in front of it returns
        images, before = random_images(seed, count), Unchanged(model)
        with torch.no_grad():
            wanted = model[3](model[:3](images))  # (count, 5, 8, 8), negative numbers among them
            inputs, output = model[:3](images), model(images)
            trained = in_training_mode(model)[:4](images)
        result = attempt(feature_map, model, model[3], images)
        if isinstance(result, list | tuple):
            result = result[0] if len(result) == 1 else result
        require(isinstance(result, Tensor), f"A tensor is expected, got {describe(result)}.")
        require(
            not result.requires_grad, "The maps still hang on the graph, and keep it in memory. Detach them."
        )
        mistakes.recognise(
            result,
            wanted,
            [
                ("The layer behind has overwritten the maps: it works in place. Keep a copy, clone().", wanted.relu()),
                ("That is what goes into the layer. A hook gets module, inputs and output, in this order.", inputs),
                ("That is in training mode. Leave the model in the mode it is in.", trained),
                ("That is what the model returns. What the layer returns is asked for.", output),
            ],
        )  # fmt: skip
        require_close(result, wanted, "The output of the layer is asked for, unchanged.")
        before.require()
    _require_hook_removed_after_error(feature_map)
    return "The right maps, a copy of their own, and no hook is left, not even after an error."


def _require_hook_removed_after_error(feature_map) -> None:
    model = nn.Sequential(*small_classifier(0)[:4], Interrupt())
    swallowed = False
    try:
        feature_map(model, model[3], random_images(0, 2))
        swallowed = True
    except Interrupted:
        pass
    except Exception as error:
        raise WrongAnswer(f"Where the model raises an error, another came out: {error!r}.") from error
    left = any(module._forward_hooks for module in model.modules())
    require(
        not left,
        "Where the model raises an error, the hook stays. Put handle.remove() where it runs in any case: "
        "try: … finally: …",
    )
    require(
        not swallowed,
        "The model raised an error, and your function returned as if nothing had been. Let it pass.",
    )


@exercise("9.2")
def check_occlusion(occlusion) -> str:
    """Check `occlusion(model, image, label, size, stride, value)` on images of several shapes and channels."""
    for seed, channels, side, size, stride, value in (
        (0, 1, 8, 3, 1, -0.8), (1, 1, 9, 3, 2, 0.5), (2, 2, 8, 4, 3, 1.0), (3, 1, 7, 3, 4, -0.8),
    ):  # fmt: skip
        model = small_classifier(seed, channels, side)
        image, before = random_images(seed, 1, channels, side, side)[0], Unchanged(model)
        label = (model(image[None]).argmax().item() + 1) % CLASSES  # not the one that the network prefers
        setting = f"{side} × {side} pixels, size {size}, stride {stride}"
        result = mistakes.as_tensor(attempt(occlusion, model, image, label, size, stride, value))
        whole, covered = mistakes.occluded(model, image, label, size, stride, value)
        mistakes.recognise(
            result,
            whole - covered,
            [
                (f"({setting}) {hint}", wrong)
                for hint, wrong in mistakes.of_occlusion(model, image, label, size, stride, value)
            ],
        )
        require_close(
            result,
            whole - covered,
            f"({setting}) Entry (i, j) belongs to the patch from (i · stride, j · stride) on.",
        )
        before.require()
    return "Every place is covered once, with the right patch, and the right probability is watched."


@exercise("9.3")
def check_saliency(saliency) -> str:
    """Check `saliency(model, images, labels)`: |gradient of the label's logit|, of the channels the largest."""
    for seed, channels, count in ((0, 1, 3), (1, 3, 2), (2, 2, 4)):
        model, images = small_classifier(seed, channels), random_images(seed, count, channels)
        labels = (model(images).argmax(dim=1) + 1) % CLASSES
        _examine(
            saliency,
            model,
            (images, labels),
            mistakes.gradient_of(model, images, labels).abs().amax(dim=1),
            mistakes.of_saliency(model, images, labels),
            "Differentiate the label's logit by the pixels, in evaluation mode; abs(), then amax(dim=1).",
        )
    return "One number for each pixel, of the right logit, and the model is as it was."


@exercise("9.4")
def check_grad_cam(grad_cam) -> str:
    """Check `grad_cam(model, layer, images, labels)` for both convolutions of a network."""
    for seed, position, other, count in ((0, 3, 0, 3), (1, 0, 3, 2), (2, 3, 0, 1)):
        model, images = small_classifier(seed), random_images(seed, count)
        labels = (model(images).argmax(dim=1) + 1) % CLASSES
        _examine(
            grad_cam,
            model,
            (model[position], images, labels),
            gradient_mistakes.cam(*gradient_mistakes.maps_and_gradient(model, position, images, labels)),
            gradient_mistakes.of_grad_cam(model, position, other, images, labels),
            "A weight for each map of each image, the mean of its gradient; weight times map, added up; ReLU.",
            detached=True,
        )
    return "Weights, sum and ReLU are right, for every image its own, and the model is as it was."


@exercise("9.5")
def check_fast_gradient(fast_gradient) -> str:
    """Check `fast_gradient(model, images, labels, epsilon, mean, std)` on normalised grey images."""
    for seed, epsilon, mean, std, count in ((0, 0.1, 0.3, 0.35, 3), (1, 0.02, 0.5, 0.25, 1)):
        model = small_classifier(seed)
        pixels = (0.5 + 0.4 * random_images(seed, count)).clamp(0, 1)  # some are black, some are white
        images = (pixels - mean) / std
        labels = model(images).argmax(dim=1)
        step = epsilon / std * mistakes.gradient_of(model, images, labels, "loss").sign()
        _examine(
            fast_gradient,
            model,
            (images, labels, epsilon, mean, std),
            gradient_mistakes.moved(images, step, mean, std),
            gradient_mistakes.of_fast_gradient(model, images, labels, epsilon, mean, std),
            "Every pixel moves by epsilon / std along the sign of the loss's gradient, between black and white.",
        )
    return "Each pixel goes as far as it may, in the direction that hurts."


def _examine(
    function,
    model: nn.Module,
    arguments: tuple,
    expected: Tensor,
    wrong,
    hint: str,
    *,
    detached: bool = False,
) -> None:
    """Hand over a copy of the model in training mode; compare the result, then look at what was left behind."""
    handed = copy.deepcopy(model).train()
    places = dict(zip(model.modules(), handed.modules(), strict=True))
    arguments = [places.get(a, a) if isinstance(a, nn.Module) else a for a in arguments]
    before = Unchanged(handed)
    answer = attempt(function, handed, *arguments)
    result = mistakes.as_tensor(answer)
    if result.ndim == 4 and expected.ndim == 3 and result.shape[1] == 1:
        result = result[:, 0]  # an axis of length 1 does no harm
    mistakes.recognise(result, expected.double(), wrong)
    require_close(result, expected, hint)
    on_graph = isinstance(answer, Tensor) and answer.requires_grad
    require(
        not (detached and on_graph), "The numbers are right, but still hang on the graph. Detach the maps."
    )
    before.require()
