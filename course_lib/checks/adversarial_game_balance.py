"""Check for notebook 11: what the losses read at balance, and how typical wrong numbers come about."""

import math

from course_lib.checks.adversarial_game_mistakes import as_tensor
from course_lib.checks.report import NotAttempted, WrongAnswer, describe, exercise, require

BALANCE = [  # (right, [(wrong, why)]) for each number of exercise 11.6
    (math.log(4), [
        (math.log(2), "It is a sum of two means, -log ½ for real samples and -log ½ for generated ones."),
        (-math.log(4), "A loss is minimised: it is minus the value of the game."),
        (0.0, "0 would mean that no sample is ever mistaken. At balance nobody can tell them apart."),
        (0.5, "That is the probability. The loss is minus its logarithm, for both kinds of samples."),
        (1.0, "Each term is -log ½, not ½."),
        (2.0, "Each term is -log ½ with the natural logarithm; log₂ would give 1 each."),
    ]),
    (math.log(2), [
        (math.log(4), "The generator's loss has one term only: it has no influence on real samples."),
        (-math.log(2), "That is the saturating loss, log(1 - ½). The non-saturating one is -log ½."),
        (0.0, "0 would mean D(G(z)) = 1: the discriminator would be fooled for sure. It says ½."),
        (0.5, "That is the probability. The loss is minus its logarithm."),
    ]),
    (-math.log(2), [
        (math.log(2), "It is log(1 - D(G(z))), without a minus in front."),
        (-math.log(4), "The generator's loss has one term only."),
        (0.0, "0 would mean D(G(z)) = 0: every generated sample is caught. At balance D says ½."),
    ]),
    (math.log(2), [
        (math.log(4), "A mean over all 2B logits is half the sum of the two means over B logits each."),
        (0.0, "At balance the targets are 1 and 0, and the answer is ½ each time."),
    ]),
    (0.0, [
        (math.log(4), "That is the balance. Here every sample can be told for sure: D = 1 or D = 0, rightly."),
        (math.log(2), "That is the JSD. The discriminator's loss is -C = log 4 - 2·JSD."),
        (-math.log(4), "Put D = 1 on real and D = 0 on generated samples into the loss."),
    ]),
]  # fmt: skip


@exercise("11.6")
def check_balance(values) -> str:
    """Check a list of five losses, in the order of the exercise."""
    require(
        isinstance(values, list | tuple) and len(values) == len(BALANCE),
        f"A list of {len(BALANCE)} numbers is expected, got {describe(values)}.",
    )
    if any(value is ... for value in values):
        require(all(value is ... for value in values), "Some of the answers are still three dots.")
        raise NotAttempted
    for number, (value, (expected, hints)) in enumerate(zip(values, BALANCE, strict=True), start=1):
        value = as_tensor(value).item()
        if abs(value - expected) > 1e-3:
            hint = next((text for wrong, text in hints if abs(value - wrong) <= 1e-3), "Put D = 1/2, or the best D, "
                        "into the formula.")  # fmt: skip
            raise WrongAnswer(f"Number {number} is not {value:.4g}. {hint}")
    return "You know what a balanced game reads, and in which convention."
