"""Checks of leakage for notebook 08: find copies, and judge experiments."""

import torch
from torch import Tensor

from course_lib.checks.report import NotAttempted, WrongAnswer, attempt, describe, exercise, require


def _planted(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return train, test and what is leaked; the others of the test images differ in one pixel, or in order only."""
    generator = torch.Generator().manual_seed(seed)
    train = torch.randint(0, 256, (12, 1, 5, 5), generator=generator, dtype=torch.uint8)
    test = torch.randint(0, 256, (8, 1, 5, 5), generator=generator, dtype=torch.uint8)
    test[1], test[4], test[6] = train[9], train[2], train[9]
    test[0] = train[0].flip(-1)  # the same pixels, in another order
    test[7] = train[7]
    test[7, 0, 2, 2] ^= 1  # one grey value off
    leaked = torch.tensor([False, True, False, False, True, False, True, False])
    return train, test, leaked


@exercise("8.5")
def check_leaked(leaked) -> str:
    """Check `leaked(train_images, test_images)`: for each test image, whether it occurs among the training images."""
    for seed in (0, 1):
        train, test, expected = _planted(seed)
        result = torch.as_tensor(attempt(leaked, train, test)).cpu()
        if result.numel() == len(train):
            raise WrongAnswer("One answer for each training image; one for each test image is asked for.")
        require(
            tuple(result.shape) == (len(test),),
            f"The shape should be ({len(test)},), one answer for each test image, got {describe(result)}.",
        )
        found = result.bool()
        require(
            found.any(),
            "Three of the test images are copies, at other places of the training set, and none is found. Compare "
            "the pixels: `in`, `is`, `id` and `hash` ask whether two tensors are the same object, and position i of "
            "one set need not be position i of the other.",
        )
        require(
            not (found[0] and found[7] and found.sum() > 6),
            "Nearly every test image counts as leaked. Two images are equal if *all* pixels are, not any.",
        )
        require(
            not found[0],
            "An image and its mirror image are not equal: sums or means of pixels forget the order.",
        )
        require(
            not found[7],
            "An image that differs in one pixel by one grey value is not equal: compare exactly.",
        )
        missed = (expected & ~found).nonzero().flatten().tolist()
        require(not missed, f"Test images {missed} are copies of training images and were not found.")
        require(
            bool((found == expected).all()), "Some test images count as leaked that are in no way copies."
        )
    return "All copies are found, wherever they stand, and nothing else."


SOUND = {
    "a": (False, "the test images have chosen the network, so its accuracy on them is too good"),
    "b": (False, "the mean of all images knows the test images; the effect is small, and easy to avoid"),
    "c": (False, "augmented validation images are another, harder task, and the score changes from call to call"),
    "d": (False, "versions of one photograph end up on both sides; split first, then augment"),
    "e": (True, "the validation images chose, and the test images were asked once"),
    "f": (True, "what is removed is in the training set, and the test set stays as it is"),
    "g": (True, "every test image is treated the same, without chance, and the choice was made elsewhere"),
}  # fmt: skip


@exercise("8.6")
def check_verdicts(verdicts) -> str:
    """Check True or False for each of seven experiments."""
    require(
        isinstance(verdicts, dict) and set(verdicts) == set(SOUND),
        f"A dictionary with the keys {', '.join(SOUND)} is expected, got {describe(verdicts)}.",
    )
    open_ones = [letter for letter, verdict in verdicts.items() if verdict is ...]
    if len(open_ones) == len(SOUND):
        raise NotAttempted
    require(not open_ones, f"Still three dots: {', '.join(open_ones)}.")
    for letter, (sound, reason) in SOUND.items():
        require(verdicts[letter] in (True, False), f"({letter}) True or False is expected.")
        require(verdicts[letter] == sound, f"({letter}) Think again: {reason}.")
    return "You would have caught all four."
