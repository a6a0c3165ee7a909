"""The pooling explorer: its callbacks are called directly, without a browser."""

import io
import statistics
import time

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from course_lib.widgets.pooling import LARGEST_SHIFT, PoolingExplorer, PoolingStep

SETTINGS = {"kind": "average", "window": 3, "stride": 1, "shift": 2, "position": 3}


@pytest.fixture
def picture():
    return torch.randint(0, 10, (8, 12), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def explorer(picture):
    return PoolingExplorer(picture)


@pytest.mark.parametrize(("control", "value"), SETTINGS.items())
def test_every_control_changes_the_picture(explorer, control, value):
    before = explorer.picture.value
    getattr(explorer, control).value = value
    assert explorer.picture.value != before
    assert Image.open(io.BytesIO(explorer.picture.value)).format == "PNG"


def test_the_update_is_a_plain_call_and_the_same_settings_give_the_same_picture(explorer):
    before = explorer.picture.value
    explorer.update()
    explorer.update({"name": "value"})
    assert explorer.picture.value == before


@pytest.mark.parametrize("kind", ["maximum", "average"])
@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 1), (3, 2), (2, 3), (8, 1)])
def test_values_and_gradient_are_those_of_torch(picture, kind, window, stride):
    image = picture[:, :8].double().requires_grad_()
    pool = F.max_pool2d if kind == "maximum" else F.avg_pool2d
    expected = pool(image[None, None], window, stride)[0, 0]
    (gradient,) = torch.autograd.grad(expected.sum(), image)
    step = PoolingStep(image.detach(), window, stride, kind)
    assert torch.allclose(step.output, expected)
    assert torch.allclose(step.gradient, gradient)


def test_the_sentence_says_which_pixel_gets_the_gradient(explorer, picture):
    text = explorer.message.value
    window = picture[:2, LARGEST_SHIFT : LARGEST_SHIFT + 2]
    row, column = divmod(int(window.flatten().argmax()), 2)
    listed = ", ".join(str(number) for number in window.flatten().tolist())
    assert f"output[0, 0] = max({listed}) = {int(window.max())}." in text
    assert f"goes to the pixel in row {row}, column {column}" in text


def test_ties_and_averages_are_told():
    step = PoolingStep(torch.tensor([[1.0, 4.0], [4.0, 2.0]]), 2, 2)
    assert "the first of 2 that are equally large" in step.in_words((0, 0))
    assert step.receivers((0, 0)) == [(0, 1)]
    average = PoolingStep(step.image, 2, 2, "average")
    assert average.in_words((0, 0)).startswith("output[0, 0] = (1 + 4 + 4 + 2) / 4 = 2.75. ")
    assert len(average.receivers((0, 0))) == 4


def test_what_the_stride_leaves_out_is_told(explorer):
    explorer.window.value, explorer.stride.value = 2, 4
    assert "⌊(8 − 2) / 4⌋ + 1 = 2 rows and columns; 2 at the end not reached" in explorer.message.value
    assert "48 of 64 pixels lie in no window" in explorer.message.value


def test_a_shift_by_the_stride_moves_the_output_and_another_one_does_not(explorer):
    assert "Shift the picture" in explorer.message.value
    explorer.shift.value = 2
    assert "It is a multiple of the stride: the numbers have moved by 1" in explorer.message.value
    assert torch.equal(explorer.step(2).output[:, 1:], explorer.step(0).output[:, :-1])
    explorer.shift.value = 1
    assert "no multiple of the stride" in explorer.message.value
    assert not torch.equal(explorer.step(1).output[:, 1:], explorer.step(0).output[:, :-1])


def test_a_window_that_does_not_fit_is_explained_and_not_raised(explorer):
    good = explorer.picture.value
    explorer.window.value = 9
    assert "Not possible. A window of 9 × 9 pixels does not fit" in explorer.message.value
    assert "at most 8" in explorer.message.value
    assert explorer.position.disabled
    assert explorer.picture.value != good
    explorer.window.value = 2
    assert not explorer.position.disabled
    assert explorer.picture.value == good


def test_the_place_stays_inside_when_the_output_shrinks(explorer):
    explorer.position.value = 15
    explorer.window.value = 8
    assert (explorer.position.value, explorer.position.max) == (0, 0)
    assert "output[0, 0]" in explorer.message.value


def test_no_setting_raises(explorer):
    for kind in explorer.kind.options:
        explorer.kind.value = kind
        for window in range(explorer.window.min, explorer.window.max + 1):
            for stride in range(explorer.stride.min, explorer.stride.max + 1):
                explorer.window.value, explorer.stride.value = window, stride
                explorer.position.value = explorer.position.max
                explorer.shift.value = (explorer.shift.value + 1) % (LARGEST_SHIFT + 1)
                assert "Traceback" not in explorer.message.value


@pytest.mark.parametrize("shape", [(8, 11), (7, 12), (1, 8, 12)])
def test_a_picture_that_is_too_small_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match=rf"at least 8 × 12 numbers, got shape \({shape[0]}, "):
        PoolingExplorer(torch.zeros(shape))


def test_a_change_is_answered_at_once(explorer, capsys):
    """The slowest setting, most windows and most numbers, answers in less than 100 ms."""
    explorer.window.value, explorer.stride.value = 1, 1
    seconds = []
    for number in range(1, 21):
        begin = time.perf_counter()
        explorer.position.value = number
        seconds.append(time.perf_counter() - begin)
    with capsys.disabled():
        print(f"\npooling explorer: {1000 * statistics.median(seconds):.0f} ms per change (median of 20)")
    assert statistics.median(seconds) < 0.1
