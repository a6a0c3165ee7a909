"""Checks for notebook 01."""

import torch

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@exercise("1.1")
def check_to_nchw(to_nchw) -> str:
    """Check `to_nchw(pictures)`: uint8 (count, height, width, channels) to float32 (count, channels, height, width)."""
    for shape in ((2, 3, 5, 3), (1, 4, 2, 1), (3, 3, 3, 3)):
        pictures = torch.randint(0, 256, shape, generator=_generator(), dtype=torch.uint8)
        result = attempt(to_nchw, pictures)
        expected = pictures.permute(0, 3, 1, 2).double() / 255
        require(isinstance(result, torch.Tensor), f"A tensor is expected, got {describe(result)}.")
        require(
            result.dtype == torch.float32,
            f"The type should be float32, it is {result.dtype}: divide after .float().",
        )
        require(result.max() <= 1, "Values go up to 255; they should lie between 0 and 1, where white is 1.")
        if result.shape == expected.shape:
            reshaped = pictures.reshape(expected.shape).double() / 255
            require(
                torch.equal(expected, reshaped) or (result.double() - reshaped).abs().max() > 1e-6,
                "view and reshape keep the order of the numbers and only cut it elsewhere, so the colours of "
                "neighbouring pixels end up as pixels. Axes change their order with permute.",
            )
            swapped = expected.transpose(2, 3)
            if swapped.shape == expected.shape and not torch.equal(expected, swapped):
                require(
                    (result.double() - swapped).abs().max() > 1e-6,
                    "Height and width are exchanged: the pictures lie on their side.",
                )
        require_close(result, expected, "Order: count, channels, height, width; scale: white is 1.")
    return "Channels come before height and width, and white is 1."


@exercise("1.2")
def check_center_crop(center_crop) -> str:
    """Check `center_crop(images, size)`: the middle `size` × `size` pixels of NCHW images."""
    for height, width, size in ((7, 9, 3), (6, 6, 2), (5, 8, 5), (6, 6, 6)):
        images = torch.rand(2, 3, height, width, generator=_generator())
        result = attempt(center_crop, images, size)
        top, left = (height - size) // 2, (width - size) // 2
        expected = images[:, :, top : top + size, left : left + size]
        require(isinstance(result, torch.Tensor), f"A tensor is expected, got {describe(result)}.")
        require(
            result.shape == expected.shape,
            f"Of {height}×{width} pixels the middle {size}×{size} should remain, so the shape "
            f"{tuple(expected.shape)}; it is {tuple(result.shape)}. Slices go on the last two axes.",
        )
        corner = images[:, :, :size, :size]
        require(
            torch.equal(expected, corner) or not torch.equal(result, corner),
            "That is the upper left corner. The same number of rows must go above and below.",
        )
        upper, lower = (height - size + 1) // 2, (width - size + 1) // 2
        rounded_up = images[:, :, upper : upper + size, lower : lower + size]
        require(
            torch.equal(expected, rounded_up) or not torch.equal(result, rounded_up),
            "Almost: where the margin is odd, the smaller half of it goes above and left. // rounds down.",
        )
        hint = "The margins are height - size and width - size; half of each goes above and left."
        require_close(result, expected, hint)
    return "The middle remains, also for odd margins and pictures that are not square."


@exercise("1.3")
def check_undo_normalisation(undo_normalisation) -> str:
    """Check `undo_normalisation(images, mean, std)`: float in, values in [0, 1] out."""
    mean, std = torch.tensor([0.2, 0.5, 0.7]), torch.tensor([0.3, 0.1, 0.25])
    original = torch.rand(2, 3, 4, 3, generator=_generator())
    normalised = (original - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
    result = attempt(undo_normalisation, normalised, mean, std)
    require(isinstance(result, torch.Tensor), f"A tensor is expected, got {describe(result)}.")
    if result.shape == original.shape:
        wrong_order = (normalised + mean.view(1, 3, 1, 1)) * std.view(1, 3, 1, 1)
        require(
            (result - wrong_order).abs().max() > 1e-5,
            "The order is wrong. Normalising subtracts first and divides then; undo the last step first.",
        )
        along_width = normalised * std + mean  # broadcasts along the last axis, which happens to be 3 as well
        require(
            (result - along_width).abs().max() > 1e-5,
            "Mean and standard deviation were applied along the width. Give them the shape (1, 3, 1, 1).",
        )
    require_close(
        result, original, "Multiply by the standard deviation, then add the mean, channel by channel."
    )
    return "Normalising loses nothing: it can be undone."


@exercise("1.4")
def check_nearest_mean(nearest_mean) -> str:
    """Check `nearest_mean(images, means)`: for each image the number of the closest mean image."""
    means = torch.rand(4, 2, 3, 3, generator=_generator())
    images = torch.rand(12, 2, 3, 3, generator=torch.Generator().manual_seed(1))
    means[3], means[0] = 2.0, -3.0  # a bright mean has the largest product, a dark one the largest distance
    try:
        result = attempt(nearest_mean, images, means)
    except WrongAnswer as wrong:
        if "must match" not in str(wrong):
            raise
        raise WrongAnswer(
            f"{wrong}. Every image has to meet every mean. Give the images an axis of length 1 behind the first, "
            "images[:, None], or flatten both to rows and multiply matrices."
        ) from wrong
    result = torch.as_tensor(result)
    require(
        result.shape != (4,),
        "One label for each of the 12 images is expected, and there is one for each of the 4 means: the minimum runs "
        "over the images. It should run over the means, along the other axis.",
    )
    require(result.shape == (12,), f"One label an image is expected, shape (12,), got {tuple(result.shape)}.")
    distances = (images[:, None] - means[None]).flatten(2).pow(2).sum(dim=2)  # (12, 4)
    require(
        not torch.equal(result.long(), distances.argmax(dim=1)),
        "These are the means that are farthest away. The closest has the smallest distance: argmin.",
    )
    differences = (images[:, None] - means[None]).flatten(2).sum(dim=2)
    require(
        not torch.equal(result.long(), differences.abs().argmin(dim=1)),
        "Differences of both signs cancel each other. Square them before you add them up.",
    )
    products = images.flatten(1) @ means.flatten(1).T
    require(
        not torch.equal(result.long(), products.argmax(dim=1)),
        "A bright mean wins against all others: that comes of the largest product, or of differences without squares.",
    )
    halved = (means.flatten(1).pow(2).sum(dim=1) - products).argmin(dim=1)
    require(
        not torch.equal(result.long(), halved),
        "Expanding the square gives minus two times the product: is the 2 missing?",
    )
    one_channel = (images[:, None, 0] - means[None, :, 0]).flatten(2).pow(2).sum(dim=2).argmin(dim=1)
    require(
        not torch.equal(result.long(), one_channel),
        "Only the first channel was looked at; there may be several.",
    )
    require_close(
        result.long(),
        distances.argmin(dim=1),
        "Sum the squared differences over all pixels, for every image and mean.",
    )
    return "Each image gets the label of the mean it is closest to."
