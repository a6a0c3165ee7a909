"""The latent walk: its callbacks are called directly, with small generators."""

import io
import statistics
import time

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.models.dcgan import DCGANGenerator
from course_lib.widgets.latent_walk import MARGIN, SIDE, TOP, latent_walk

CORNERS = torch.tensor([[-2.0, -2.0], [2.0, -1.9], [-1.9, 2.0], [2.0, 2.1]])


def halves(latents, labels=None):
    """Return images whose left half shows the first latent and the right half the second; labels make both darker."""
    values = (latents / 4).clamp(-1, 1)
    values = values if labels is None else values - labels[:, None].float() / 4
    return values.clamp(-1, 1).repeat_interleave(14, dim=1)[:, None, None].expand(-1, 1, 28, 28)


@pytest.fixture
def walk():
    return latent_walk(halves, CORNERS)


def pixels(walk):
    picture = Image.open(io.BytesIO(walk.picture.value))
    assert picture.format == "PNG"
    return np.asarray(picture)


def shown_image(walk):
    """Return the grey of the left and of the right half of the image at the present place."""
    left = 2 * MARGIN + SIDE
    row = pixels(walk)[TOP + SIDE // 2, left : left + SIDE, 0].astype(float)
    return row[SIDE // 4], row[3 * SIDE // 4]


@pytest.mark.parametrize(("control", "value"), [("across", 0.1), ("down", 0.9)])
def test_each_slider_changes_the_picture(walk, control, value):
    before = walk.picture.value
    getattr(walk, control).value = value
    assert walk.picture.value != before


@pytest.mark.parametrize(("across", "down", "corner"), [(0, 0, 0), (1, 0, 1), (0, 1, 2), (1, 1, 3)])
@pytest.mark.parametrize("way", ["linear", "spherical"])
def test_in_the_corners_are_the_corners(walk, way, across, down, corner):
    walk.way.value, walk.across.value, walk.down.value = way, across, down
    torch.testing.assert_close(walk.latent(), CORNERS[corner])
    expected = 255 * (CORNERS[corner] / 4 + 1) / 2
    assert shown_image(walk) == pytest.approx(expected.tolist(), abs=1)


def test_the_way_between_is_straight_or_turns():
    walk = latent_walk(halves, torch.tensor([[2.0, 0], [0, 2], [2, 0], [0, 2]]))
    walk.across.value = 0.5
    assert walk.latent().norm().item() == pytest.approx(2)
    assert "Length of this latent: 2.0. Of the corners: 2.0, 2.0, 2.0, 2.0." in walk.message.value
    before = walk.picture.value
    walk.way.value = "linear"
    assert walk.latent().norm().item() == pytest.approx(2**0.5)
    assert walk.picture.value != before


def test_the_frame_is_around_the_present_place(walk):
    frame = np.array([0xFF, 0x80, 0x0E])
    for across, down in ((0.0, 0.0), (1.0, 0.5), (0.5, 1.0)):
        walk.across.value, walk.down.value = across, down
        rows, columns = np.argwhere((pixels(walk) == frame).all(axis=2)).T
        cell = SIDE / 5
        assert (columns.min() + columns.max()) / 2 == pytest.approx(MARGIN + cell * (0.5 + 4 * across), abs=1)
        assert (rows.min() + rows.max()) / 2 == pytest.approx(TOP + cell * (0.5 + 4 * down), abs=1)


def test_a_class_can_be_chosen_and_reaches_the_generator():
    walk = latent_walk(halves, CORNERS, ["shirt", "coat", "bag"])
    light, corner = shown_image(walk), pixels(walk)[TOP + SIDE - 3, MARGIN + SIDE - 3, 0]
    walk.label.value = 2
    assert pixels(walk)[TOP + SIDE - 3, MARGIN + SIDE - 3, 0] < corner - 40  # the map, too
    assert all(dark < bright - 40 for dark, bright in zip(shown_image(walk), light, strict=True))
    assert [name for name, _ in walk.label.options] == ["shirt", "coat", "bag"]
    walk.label.value = 0
    assert shown_image(walk) == light


def test_without_classes_there_is_no_menu_and_no_labels(walk):
    assert walk.label not in walk.children[0].children
    assert walk.label.value is None


@pytest.mark.parametrize("training", [True, False])
def test_a_module_is_evaluated_and_left_in_its_mode(training):
    generator = DCGANGenerator(latent_dim=8, width=4, class_count=3).train(training)
    before = [buffer.clone() for buffer in generator.buffers()]
    corners = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    walk = latent_walk(generator, corners, ["a", "b", "c"])
    picture = walk.picture.value
    walk.across.value = 0.2
    assert walk.picture.value != picture
    walk.across.value = 0.5
    assert walk.picture.value == picture
    assert generator.training is training
    assert all(torch.equal(a, b) for a, b in zip(before, generator.buffers(), strict=True))


def test_a_generator_that_fails_is_left_in_its_mode():
    generator = DCGANGenerator(latent_dim=8, width=4, class_count=3)
    with pytest.raises(ValueError, match="this network has 3 classes"):
        latent_walk(generator, torch.randn(4, 8, generator=torch.Generator().manual_seed(0)))
    assert generator.training


@pytest.mark.parametrize(
    ("generator", "corners", "words"),
    [
        (halves, CORNERS[:3], r"corners must have shape \(4, latent_dim\)"),
        (
            lambda latents: latents,
            CORNERS,
            r"expected images of shape \(1, channels, height, width\), got \(1, 2\)",
        ),
        (lambda latents: 3 + halves(latents), CORNERS, r"must lie in \[0, 1\]"),
        (halves, torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), "opposite directions"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(generator, corners, words):
    with pytest.raises(ValueError, match=words):
        latent_walk(generator, corners)


def test_a_place_that_cannot_be_is_explained_and_not_raised():
    walk = latent_walk(halves, torch.tensor([[1.0, 0], [0, 1], [1, 0.1], [0.1, 1]]))
    walk.corners = torch.tensor([[1.0, 0], [-1, 0], [1, 0.0], [-1, 0]])
    walk.across.value = 0.3
    assert "Not possible. " in walk.message.value.replace("</b>", "")
    walk.way.value = "linear"
    assert "Not possible" not in walk.message.value


def test_a_change_is_answered_at_once(capsys):
    """In less than 100 ms of the processor, with a generator as large as that of the notebook."""
    generator = DCGANGenerator(latent_dim=64, width=32, class_count=10).eval()
    corners = torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    walk = latent_walk(generator, corners, [str(label) for label in range(10)])
    seconds = {"place": [], "class": []}
    for number in range(1, 10):
        begin = time.process_time()
        walk.across.value = number / 20
        seconds["place"].append(time.process_time() - begin)
        begin = time.process_time()
        walk.label.value = number
        seconds["class"].append(time.process_time() - begin)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    with capsys.disabled():
        print(
            "\nlatent walk: " + ", ".join(f"another {name} {1000 * s:.0f} ms" for name, s in medians.items())
        )
    assert max(medians.values()) < 0.1
