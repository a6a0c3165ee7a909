"""A small film inside a notebook: an animated PNG. Where PNGs do not move, its last frame is seen."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from IPython.display import display
from PIL import Image
from torch import Tensor

from course_lib.plots.images import displayable


def tile(images: Tensor, columns: int, enlarge: int = 1) -> np.ndarray:
    """Return images side by side as one array of bytes, shape (height, width) or (height, width, 3), in reading order.

    Args:
        images: shape (count, 1 or 3, height, width), uint8, or floating point in [0, 1]; count is a multiple of
            `columns`.
        columns: images in a row.
        enlarge: each pixel becomes a square of so many.

    Raises:
        ValueError: the images do not fill the rows, or their values are out of range.

    >>> import torch
    >>> tile(torch.zeros(6, 1, 28, 28), columns=3, enlarge=2).shape
    (112, 168)
    """
    if len(images) == 0 or len(images) % columns:
        raise ValueError(f"{len(images)} images do not fill rows of {columns}")
    pictures = np.stack([displayable(image) for image in images])  # (count, height, width) and perhaps 3
    rows = [np.concatenate(list(row), axis=1) for row in pictures.reshape(-1, columns, *pictures.shape[1:])]
    whole = np.concatenate(rows, axis=0)
    return np.round(255 * whole).astype(np.uint8).repeat(enlarge, axis=0).repeat(enlarge, axis=1)


def animated_png(frames: Sequence[np.ndarray], seconds: float = 0.25, last_seconds: float = 2.0) -> bytes:
    """Return the bytes of an animated PNG that plays these frames again and again, and shows the last where it cannot.

    Args:
        frames: bytes, all of one shape: (height, width), or (height, width, 3) for colour.
        seconds: how long each frame stays; the last one stays `last_seconds`.

    Raises:
        ValueError: fewer than two frames, or frames of different shapes.
    """
    shapes = {frame.shape for frame in frames}
    if len(frames) < 2 or len(shapes) != 1:
        raise ValueError(f"a film needs at least two frames of one shape, got {len(frames)} of {shapes}")
    pictures = [Image.fromarray(frame) for frame in frames]
    milliseconds = [int(1000 * seconds)] * (len(frames) - 1) + [int(1000 * last_seconds)]
    file = io.BytesIO()
    options = {"save_all": True, "append_images": pictures, "duration": milliseconds, "loop": 0}
    pictures[-1].save(file, format="PNG", default_image=True, **options)  # seen where nothing moves
    return file.getvalue()


def show_film(frames: Sequence[np.ndarray], *, caption: str, alt: str, **timing: float) -> None:
    """Play frames in a notebook, with a caption below, as `course_lib.plots.style.show` does for a figure.

    Args:
        frames, timing: as for `animated_png`.
        caption: one line for the reader, which says what to see.
        alt: what the film shows, in words, for those who cannot see it.
    """
    if not caption.strip() or not alt.strip() or "\n" in caption:
        raise ValueError("a film needs a caption of one line and an alternative text")
    content = base64.b64encode(animated_png(frames, **timing)).decode("ascii")
    text = f"<Film of {len(frames)} frames>"
    display({"image/png": content, "text/plain": text}, raw=True, metadata={"image/png": {"alt": alt}})
    print(f"Figure: {caption}")
