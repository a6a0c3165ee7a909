"""What goes wrong in the exercises of notebook 17 on shapes, accuracies and charts, so that an answer can be told."""

import copy

import torch
from torch import Tensor, nn

from course_lib.checks.report import describe, require

CLASSES = 10


def examine_logits(logits, count: int, setting: str) -> None:
    """Raise `WrongAnswer` unless these are `count` rows of ten logits."""
    require(
        isinstance(logits, Tensor), f"({setting}) The model should return a tensor, got {describe(logits)}."
    )
    if logits.ndim == 2 and logits.shape[1] == CLASSES and logits.shape[0] != count:
        require(
            False,
            f"({setting}) {count} images went in, and {len(logits)} rows of logits came out: view(-1, …) has made up a "
            "batch size that fits. The first dimension is the batch; flatten what comes after it.",
        )  # fmt: skip
    require(
        tuple(logits.shape) == (count, CLASSES),
        f"({setting}) The logits should have the shape {(count, CLASSES)}, they have {tuple(logits.shape)}.",
    )
    probabilities = (logits >= 0).all() and torch.allclose(logits.sum(dim=1), torch.ones(count), atol=1e-4)
    require(
        not probabilities,
        f"({setting}) Each row adds up to 1: these are probabilities. Return logits; the loss takes the softmax.",
    )


def examine_reach(model: nn.Module, images: Tensor, setting: str) -> None:
    """Raise `WrongAnswer` unless every corner of the picture can change the logits."""
    pixels = images.clone().requires_grad_()
    logits = model(pixels)
    slopes = torch.autograd.grad(logits.square().sum(), pixels)[0] if logits.requires_grad else 0 * images
    half = images.shape[-1] // 2
    for rows in (slice(0, half), slice(half, None)):
        for columns in (slice(0, half), slice(half, None)):
            require(
                bool(slopes[:, :, rows, columns].any()),
                f"({setting}) A quarter of the picture does not reach the logits. Nothing may be cut off.",
            )


def of_accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int):
    """Return the accuracy, and what typical mistakes make of it, as pairs of hint and number."""
    with torch.no_grad():
        right = (copy.deepcopy(model).eval()(images).argmax(dim=1) == labels).double()
        training = copy.deepcopy(model).train()
        parts = [training(batch).argmax(dim=1) for batch in images.split(batch_size)]
        in_training = (torch.cat(parts) == labels).double()
    batch_means = torch.stack([part.mean() for part in right.split(batch_size)])
    training_means = torch.stack([part.mean() for part in in_training.split(batch_size)])
    padded = batch_size * len(batch_means)
    whole = len(images) - len(images) % batch_size
    hints = [
        ("That is in training mode, where an image's answer depends on its neighbours. Call model.eval() first.",
         in_training.mean()),
        ("That is in training mode, and the mean of the batches' means on top. First model.eval(); then count.",
         training_means.mean()),
        ("That is the mean of the batches' means. The last batch is smaller and counts too much: count images.",
         batch_means.mean()),
        ("That is a percentage. A fraction in [0, 1] is asked for.", 100 * right.mean()),
        ("That is the number of right answers. Divide by the number of images.", right.sum()),
        ("That is the share of wrong answers.", 1 - right.mean()),
        ("You divide by batches times batch size, and the last batch is smaller.", right.sum() / padded),
        ("That is the last batch only. Collect over all of them.", batch_means[-1]),
        ("The images of the last, smaller batch are left out.", right[:whole].mean() if whole else right.mean()),
    ]  # fmt: skip
    return right.mean().item(), [(hint, float(value)) for hint, value in hints]


def as_names(result) -> list[str]:
    """Return the learner's names as a list, or tell what else was returned."""
    require(
        isinstance(result, list | tuple | set | frozenset),
        f"A list of names is expected, got {describe(result)}.",
    )
    names = list(result)
    require(
        all(isinstance(name, str) for name in names),
        "The names of the weights are asked for, as model.named_parameters() gives them: '0.weight' and so on.",
    )
    return names


CAUSES = {
    "A": "learning rate too small", "B": "gradients never zeroed", "C": "evaluation in training mode",
    "D": "view(-1, …) with a wrong size", "E": "all logits of the discriminator detached",
    "F": "real and generated both labelled one", "G": "the generator trained towards \"generated\"",
    "H": "a sigmoid followed by a logarithm", "I": "all pictures drawn onto one axis",
    "J": "no tanh where the plot clips to [-1, 1]",
}  # fmt: skip

# for each chart: the right letter, why, and what to tell certain wrong answers
DIAGNOSES = (
    ("A", "Which fault lets every weight have its gradient, and the loss stay where it was?",
     {"E": "With detached logits no weight would have a gradient.",
      "B": "Sums of old gradients make large steps; here the steps are tiny.",
      "F": "A classifier of ten classes has no such labels."}),
    ("C", "The network is the same, only the pictures' neighbours have changed. In which mode do they matter?",
     {"D": "With a wrong size the number of rows would be wrong in any order.",
      "B": "Nothing is trained here."}),
    ("B", "It gathers speed downhill and runs up the other side. What does not let go of old gradients?",
     {"A": "With too small a rate the loss does not fall in ten steps.",
      "H": "A rounded sigmoid ends in NaN, and does not swing."}),
    ("F", "Look at the sign of the logit: what does the discriminator believe, and who told it so?",
     {"G": "Its generated samples would have negative logits: there the discriminator sees through them.",
      "E": "With detached logits no loss would fall."}),
    ("G", "Look at the sign of the logit: the discriminator is right. Why does the generator's loss not mind?",
     {"F": "There the discriminator would take generated samples for real, with positive logits.",
      "E": "With detached logits no loss would fall."}),
    ("E", "Not one bit has moved in 500 steps. What keeps the gradient from every weight?",
     {"A": "With a small rate the weights move little, but they move, and the samples with them.",
      "I": "Equal numbers are not a matter of drawing."}),
    ("H", "From one step to the next a number became none. Which function is infinite at a rounded 0?",
     {"B": "Sums of old gradients swing, and one sees it coming; here all is well until a single step.",
      "A": "A small rate does no harm of this kind."}),
    ("D", "What makes up a number of rows that was never asked for?",
     {"C": "The mode changes the logits' values, not their number.",
      "E": "detach() changes no shape.",
      "I": "No picture has been drawn yet."}),
)  # fmt: skip
