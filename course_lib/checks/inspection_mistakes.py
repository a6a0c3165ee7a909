"""Typical wrong answers to the exercises of notebook 09, each with the hint that meets it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks.inspection_models import in_training_mode
from course_lib.checks.report import WrongAnswer, describe, require

Mistakes = list[tuple[str, Tensor]]  # a hint, and the outcome of the mistake


def as_tensor(result) -> Tensor:
    """Return a learner's tensor, array or nested list as a float64 tensor."""
    try:
        return torch.as_tensor(result, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise WrongAnswer(f"Numbers are expected, got {describe(result)}.") from None


def recognise(result: Tensor, expected: Tensor, mistakes: Mistakes) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    for hint, wrong in mistakes:
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=1e-5)
        same = result.shape == wrong.shape and torch.allclose(result, wrong, atol=1e-6, rtol=1e-4)
        require(not (differs and same), hint)


@torch.no_grad()
def occluded(
    model, image, label, size, stride, value, *, score="probability", once=False, missing=0, width=None
) -> tuple[Tensor, Tensor]:
    """Return the score of the whole image and of each occluded one; the options make typical mistakes."""

    def of(picture):
        logits = model(picture[None])[0]
        return {"probability": logits.softmax(0), "logit": logits, "loss": -logits.log_softmax(0)}[score][
            label
        ]

    tops, lefts = (range(0, side - size + 1 - missing, stride) for side in image.shape[1:])
    after, canvas = image.new_zeros(len(tops), len(lefts)), image.clone()
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            canvas = canvas if once else image.clone()
            canvas[:, top : top + (width or size), left : left + (width or size)] = value
            after[i, j] = of(canvas)
    return of(image), after


def of_occlusion(model, image, label, size, stride, value) -> Mistakes:
    """Return wrong answers to exercise 9.2."""
    setting = (model, image, label, size, stride, value)

    def fall(**options) -> Tensor:
        before, after = occluded(*setting, **options)
        return before - after

    before, after = occluded(*setting)
    best = model(image[None])[0].argmax().item()
    before_best, after_best = occluded(model, image, best, size, stride, value)
    before_one, after_one = occluded(model, image, label, size, 1, value)
    small = "In each direction there is one place more: the last patch begins at side - size, so range ends one later."
    return [
        (
            "The sign is reversed: a fall is the probability before minus the probability after.",
            after - before,
        ),
        ("These are the probabilities after covering. The fall is before minus after.", after),
        (
            "That is the fall of the logit. The probability is asked for: take the softmax first.",
            fall(score="logit"),
        ),
        ("That is the change of the loss. The probability is asked for.", -fall(score="loss")),
        (
            "That is for the class the network prefers. `label` says which class is asked about.",
            before_best - after_best,
        ),
        (
            "Each patch stays when the next is laid: begin with a fresh copy, image.clone(), at every place.",
            fall(once=True),
        ),
        (small, fall(missing=1)),
        (
            "The patch is one pixel too small: it ends at top + size, which a slice leaves out by itself.",
            fall(width=size - 1),
        ),
        (
            "The patch is one pixel too large: a slice from top to top + size has size pixels.",
            fall(width=size + 1),
        ),
        ("The patch is filled with 0. Fill it with `value`.", before - occluded(*setting[:5], 0.0)[1]),
        ("Rows and columns are exchanged.", fall().T),
        ("The stride is ignored: from one place to the next it is `stride` pixels.", before_one - after_one),
    ]


def gradient_of(model: nn.Module, images: Tensor, labels: Tensor, score: str = "logit") -> Tensor:
    """Return the gradient of a score with respect to the images; the scores but for "logit" are mistakes."""
    images = images.clone().requires_grad_()
    return torch.autograd.grad(total_score(model(images), labels, score), images)[0]


def total_score(logits: Tensor, labels: Tensor, score: str) -> Tensor:
    if score == "all":
        return logits.sum()
    if score in ("loss", "mean loss"):
        return F.cross_entropy(logits, labels, reduction="sum" if score == "loss" else "mean")
    table = {
        "logit": logits,
        "probability": logits.softmax(1),
        "largest": logits.amax(1, keepdim=True).expand_as(logits),
    }
    return table[score].gather(1, labels[:, None]).sum()


SCORES = {
    "loss": "That is the gradient of the loss, in which all classes have a part. Differentiate the label's logit.",
    "mean loss": "That is the gradient of the mean loss of the batch. Differentiate the label's logit.",
    "probability": "That is the gradient of the probability, which falls when another logit rises. Differentiate the "
    "label's logit.",
    "all": "That is the gradient of the sum of all logits. Pick the logit of each image's label.",
    "largest": "That is for the class the network prefers. `labels` says which classes are asked about.",
}


def of_scores(
    model: nn.Module, images: Tensor, labels: Tensor, finish: Callable[[nn.Module, str], Tensor]
) -> Mistakes:
    """Return what comes out for each wrong score, and in training mode; `finish(model, score)` makes the map."""
    wrong = [(hint, finish(model, score)) for score, hint in SCORES.items()]
    training = "That is in training mode, where an image's logits depend on its neighbours. Use evaluation_mode(model)."
    return [*wrong, (training, finish(in_training_mode(model), "logit"))]


def of_saliency(model: nn.Module, images: Tensor, labels: Tensor) -> Mistakes:
    """Return wrong answers to exercise 9.3."""
    gradient = gradient_of(model, images, labels)
    channels = "Of the channels the largest is asked for: amax(dim=1), after abs()."
    no_abs = "The sign is still there: a pixel that would lower the logit matters as well. Take abs() first."
    return [
        *of_scores(
            model, images, labels, lambda m, score: gradient_of(m, images, labels, score).abs().amax(dim=1)
        ),
        ("One number for each pixel is asked for: of the channels the largest.", gradient),
        ("One number for each pixel is asked for: of the channels the largest.", gradient.abs()),
        (no_abs, gradient.amax(dim=1)),
        (no_abs, gradient.mean(dim=1)),
        (no_abs, gradient.amax(dim=1).abs()),
        (channels, gradient.abs().mean(dim=1)),
        (channels, gradient.abs().sum(dim=1)),
        (channels, gradient.mean(dim=1).abs()),
        (channels, gradient.norm(dim=1)),
        ("Only the first channel is looked at.", gradient[:, 0].abs()),
        ("That is gradient times pixel. The gradient alone is asked for.", (gradient * images).abs().amax(dim=1)),
        ("It is divided by its largest value. Return it as it is.", scaled(gradient.abs().amax(dim=1))),
    ]  # fmt: skip


def scaled(maps: Tensor) -> Tensor:
    """Return each map divided by its largest value."""
    return maps / maps.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
