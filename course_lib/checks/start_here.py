"""Checks for notebook 00."""

import torch

from course_lib.checks.report import attempt, describe, exercise, require, require_close


def _pictures() -> torch.Tensor:
    """Return seeded random pictures, uint8, shape (6, 1, 4, 5), with black and white among the pixels."""
    pictures = torch.randint(
        0, 256, (6, 1, 4, 5), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )
    pictures[0, 0, 0, :2] = torch.tensor([0, 255], dtype=torch.uint8)
    return pictures


@exercise("0.0")
def check_brightness(brightness) -> str:
    """Check `brightness(image)`: the mean pixel value on a scale from 0 (black) to 1 (white)."""
    for image in _pictures():
        result = attempt(brightness, image)
        expected = image.double().mean() / 255
        value = torch.as_tensor(result, dtype=torch.float64)
        require(value.ndim == 0, f"One number is expected, got {describe(result)}.")
        require(
            (value / 255 - expected).abs() > 1e-4,
            "The number is 255 times too large. Pixels are bytes from 0 to 255: on which scale should white be 1?",
        )
        require_close(
            value, expected, "Brightness is the mean over all pixels, divided by the value of white."
        )
    return "Brightness is on the scale from 0 to 1."


@exercise("0.1")
def check_negative(negative) -> str:
    """Check `negative(image)`: uint8 in, uint8 out, black and white exchanged."""
    for image in _pictures():
        result = attempt(negative, image)
        require(isinstance(result, torch.Tensor), f"A tensor is expected, got {describe(result)}.")
        require(
            result.dtype == torch.uint8,
            f"The negative should still be uint8, it is {result.dtype}. Which number minus the image stays in 0..255?",
        )
        wrapped = 0 - image.int()
        require(
            not torch.equal(result.int(), wrapped % 256),
            "Minus wraps around in uint8: -1 becomes 255, but 0 stays 0, so black stays black. White is 255.",
        )
        require(
            (result.int() - (255 - image.int())).abs().max() != 1,
            "Some pixels are off by one: .to(torch.uint8) cuts off the decimals. Stay with whole numbers.",
        )
        require_close(result, 255 - image.int(), "Black (0) must become white (255), and 255 must become 0.")
    return "Black became white, and the type is still uint8."


@exercise("0.2")
def check_count_per_class(count_per_class) -> str:
    """Check `count_per_class(labels, class_count)`: how often each label occurs."""
    labels = torch.tensor([3, 0, 3, 3, 1, 0])
    for class_count in (4, 6):
        result = attempt(count_per_class, labels, class_count)
        counts = torch.as_tensor(result)
        require(
            counts.shape == (class_count,),
            f"{class_count} counts are expected, one a class, got {describe(result)}. "
            "A class without any image has the count 0 and must not be left out.",
        )
        expected = torch.tensor([2, 1, 0, 3, 0, 0][:class_count])
        require_close(
            counts, expected, f"The labels were {labels.tolist()}: count the 0s, the 1s, and so on."
        )
    return "Classes without any image are counted too."


@exercise("0.3")
def check_megabytes(megabytes) -> str:
    """Check the answer to: how many megabytes (10^6 bytes) are 60,000 grey images of 28×28 in uint8?"""
    require(isinstance(megabytes, int | float), f"A number is expected, got {describe(megabytes)}.")
    require(
        abs(megabytes - 188.16) > 0.5,
        "That is four bytes a pixel, which is what float32 would take. How many bytes has a uint8?",
    )
    require(
        abs(megabytes - 44.86) > 0.05,
        "That is in units of 1024 · 1024 bytes. A megabyte is a million bytes here.",
    )
    require(
        abs(megabytes - 47.04) < 0.5,
        "Multiply: images, pixels in an image, bytes in a pixel. Then divide by a million.",
    )
    return "47 MB fit into the memory of any laptop, so the course reads the files once and keeps all images there."
