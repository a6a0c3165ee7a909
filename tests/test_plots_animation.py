"""Films: tiled images, animated PNGs that play every frame, and their alternative text."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.plots import animation
from course_lib.plots.animation import animated_png, show_film, tile


def test_images_are_tiled_in_reading_order_and_enlarged():
    images = torch.tensor([0, 51, 102, 255], dtype=torch.uint8).reshape(4, 1, 1, 1)
    assert tile(images, columns=2).tolist() == [[0, 51], [102, 255]]
    assert tile(images, columns=4, enlarge=2).tolist() == [[0, 0, 51, 51, 102, 102, 255, 255]] * 2
    assert tile(images.float() / 255, columns=2).tolist() == [[0, 51], [102, 255]]


def test_colour_images_keep_their_channels():
    images = torch.zeros(2, 3, 4, 5)
    images[1, 2] = 1  # the second is blue
    whole = tile(images, columns=2)
    assert whole.shape == (4, 10, 3)
    assert whole[0, 0].tolist() == [0, 0, 0]
    assert whole[0, 9].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(5, 1, 2, 2), "do not fill rows"),
        (torch.zeros(0, 1, 2, 2), "do not fill rows"),
        (torch.zeros(4, 1, 2, 2) - 1, "must lie in"),
    ],
)
def test_images_that_cannot_be_tiled_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        tile(images, columns=2)


def some_frames(count=3):
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (6, 8), dtype=np.uint8) for _ in range(count)]


def test_a_film_holds_every_frame_and_its_time_and_plays_for_ever():
    frames = some_frames()
    film = Image.open(io.BytesIO(animated_png(frames, seconds=0.1, last_seconds=1)))
    assert film.format == "PNG"
    assert (film.n_frames, film.info["loop"]) == (4, 0)  # the first is for viewers in which nothing moves
    assert np.array_equal(np.asarray(film.convert("L")), frames[-1])
    durations = []
    for number, frame in enumerate(frames):
        film.seek(number + 1)
        assert np.array_equal(np.asarray(film.convert("L")), frame)
        durations.append(film.info["duration"])
    assert durations == [100, 100, 1000]


@pytest.mark.parametrize("frames", [some_frames(1), [np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)]])
def test_frames_that_make_no_film_are_refused(frames):
    with pytest.raises(ValueError, match="at least two frames of one shape"):
        animated_png(frames)


def test_a_film_is_shown_with_alternative_text_and_caption(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(animation, "display", lambda *data, **options: shown.append((*data, options)))
    show_film(some_frames(), caption="what to see", alt="in words", seconds=0.5)
    data, options = shown[0]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "<Film of 3 frames>"
    assert options == {"raw": True, "metadata": {"image/png": {"alt": "in words"}}}
    assert capsys.readouterr().out == "Figure: what to see\n"


@pytest.mark.parametrize(("caption", "alt"), [("", "words"), ("words", " "), ("two\nlines", "words")])
def test_a_film_without_words_is_refused(caption, alt):
    with pytest.raises(ValueError, match="caption of one line"):
        show_film(some_frames(), caption=caption, alt=alt)
