"""The convolution explorer, driven by its controls; what it draws and says is compared with torch."""

import re
import time

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.widgets.convolution import KERNELS, OWN_KERNEL, ConvolutionExplorer
from course_lib.widgets.convolution_step import ConvolutionStep, as_png, parse_kernel

PATCH = torch.arange(25.0).view(5, 5) % 7
PNG = b"\x89PNG"


@pytest.fixture
def explorer():
    return ConvolutionExplorer({"small": PATCH, "large": torch.arange(49).view(7, 7) % 10})


def png(explorer):
    return bytes(explorer.picture.value)  # a memoryview in ipywidgets 8


def total_in(text):
    return float(re.search(r"[=≈] (-?[\d.]+)(<br>|$)", text).group(1))


def test_it_opens_with_a_picture_and_the_sum_of_the_first_place(explorer):
    assert png(explorer).startswith(PNG)
    assert explorer.message.value.count("·") > 9
    expected = F.conv2d(PATCH[None, None], parse_kernel(KERNELS["vertical edge"]).float()[None, None])[
        0, 0, 0, 0
    ]
    assert total_in(explorer.message.value) == expected
    assert (explorer.position.value, explorer.position.max) == (0, 8)


@pytest.mark.parametrize(
    ("control", "value"),
    [
        ("patch", "large"),
        ("kernel_menu", "blur"),
        ("kernel_text", "1 2; 3 4"),
        ("stride", 2),
        ("padding", 1),
        ("position", 4),
        ("direction", True),
    ],
)
def test_each_control_changes_the_picture_and_the_words(explorer, control, value):
    before = png(explorer), explorer.message.value
    getattr(explorer, control).value = value
    assert png(explorer).startswith(PNG)
    assert png(explorer) != before[0]
    assert explorer.message.value != before[1]
    assert "Not possible" not in explorer.message.value


def test_dilation_changes_the_picture_too(explorer):
    explorer.patch.value = "large"
    before = png(explorer)
    explorer.dilation.value = 2
    assert png(explorer) != before


def test_the_place_stays_within_an_output_that_becomes_smaller(explorer):
    explorer.position.value = 8
    explorer.stride.value = 3
    assert (explorer.position.max, explorer.position.value) == (0, 0)
    assert "output[0, 0]" in explorer.message.value


def test_menu_and_weights_follow_each_other(explorer):
    explorer.kernel_menu.value = "Sobel"
    assert explorer.kernel_text.value == KERNELS["Sobel"]
    explorer.kernel_text.value = "1 1; 1 2"
    assert explorer.kernel_menu.value == OWN_KERNEL
    explorer.kernel_menu.value = "Sobel"
    assert explorer.kernel_text.value == KERNELS["Sobel"]
    explorer.kernel_text.value = KERNELS["blur"]
    assert explorer.kernel_menu.value == "blur"


def test_a_kernel_that_fits_nowhere_is_explained_with_its_numbers(explorer):
    explorer.dilation.value = 3
    assert "Not possible" in explorer.message.value
    assert "spans 7 pixels and does not fit into 5" in explorer.message.value
    assert "more padding" in explorer.message.value
    assert png(explorer).startswith(PNG)
    assert explorer.position.disabled
    explorer.padding.value = 1
    assert "Not possible" not in explorer.message.value
    assert not explorer.position.disabled


def test_a_transposed_output_of_which_nothing_is_left_is_explained(explorer):
    explorer.kernel_text.value = "1"
    explorer.direction.value = True
    explorer.padding.value = 3
    assert "takes all of them away" in explorer.message.value
    assert "less padding" in explorer.message.value


WRONG_KERNELS = [
    ("", "There is no kernel yet"),
    (" ; ", "There is no kernel yet"),
    ("1 2; ; 3 4", "row 2 has 0"),
    ("1 2; 3", "Row 1 has 2 numbers and row 2 has 1"),
    ("1 x", "'x' is not a number"),
    ("1 <b>", "'<b>' is not a number"),
    ("1/0", "'1/0' is not a number"),
    ("nan", "'nan' is not a number"),
    ("inf", "'inf' is not a number"),
    ("1e9", "1e9 is too large"),
    ("1 2 3 4 5 6", "1 × 6 numbers. At most 5 × 5"),
    ("1;1;1;1;1;1", "6 × 1 numbers. At most 5 × 5"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_KERNELS)
def test_weights_that_cannot_be_read_are_refused_with_a_reason(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_kernel(text)


@pytest.mark.parametrize("text", [text for text, _ in WRONG_KERNELS])
def test_weights_that_cannot_be_read_are_explained_and_not_raised(explorer, text):
    explorer.kernel_text.value = text
    assert "Not possible" in explorer.message.value
    assert "<b>'" not in explorer.message.value  # what was typed is text, not HTML
    assert png(explorer).startswith(PNG)
    explorer.kernel_text.value = "1, 1; 1 1;"
    assert "Not possible" not in explorer.message.value


@given(
    height=st.integers(1, 7), width=st.integers(1, 7), kernel_size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 3), padding=st.integers(0, 3), dilation=st.integers(1, 3), transposed=st.booleans(),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_the_terms_of_each_place_add_up_to_torchs_output(
    height, width, kernel_size, stride, padding, dilation, transposed, seed
):
    generator = torch.Generator().manual_seed(seed)
    image = torch.randint(-9, 10, (height, width), generator=generator)
    kernel = torch.randint(-3, 4, kernel_size, generator=generator).double()
    step = ConvolutionStep(image, kernel, stride, padding, dilation, transposed)
    convolve = F.conv_transpose2d if transposed else F.conv2d
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    try:
        size = step.output_size
    except ValueError:
        with pytest.raises(RuntimeError):
            convolve(image[None, None].double(), kernel[None, None], **settings)
        return
    expected = convolve(image[None, None].double(), kernel[None, None], **settings)[0, 0]
    assert tuple(expected.shape) == size
    for row in range(size[0]):
        for column in range(size[1]):
            terms = step.terms((row, column))
            total = sum(step.kernel[term.weight].item() * step.value(term.pixel) for term in terms)
            assert total == expected[row, column] == total_in(step.sum_in_words((row, column)))
    assert step.size_in_words().count(f"= {size[0]}") >= 1
    assert as_png(step.draw((size[0] - 1, size[1] - 1))).startswith(PNG)


def test_what_the_stride_leaves_over_is_said():
    step = ConvolutionStep(PATCH, torch.ones(2, 3), stride=2)
    assert step.size_in_words() == (
        "rows: ⌊(5 + 2·0 − 2) / 2⌋ + 1 = 2 (the last 1 not reached); columns: ⌊(5 + 2·0 − 3) / 2⌋ + 1 = 2"
    )


def test_rounded_numbers_are_marked_as_such():
    assert "≈" in ConvolutionStep(PATCH, parse_kernel(KERNELS["blur"])).sum_in_words((0, 0))


def test_a_place_of_a_transposed_output_where_no_weight_lands_is_said_to_be_empty():
    step = ConvolutionStep(PATCH, torch.ones(1, 1), stride=2, transposed=True)
    assert step.sum_in_words((0, 1)) == "output[0, 1] = nothing, no weight lands here, = 0"


@pytest.mark.parametrize(
    "patches", [{}, {"wrong": torch.zeros(3)}, {"wrong": torch.zeros(10, 3)}, {"wrong": torch.zeros(0, 3)}]
)
def test_patches_that_cannot_be_drawn_are_refused(patches):
    with pytest.raises(ValueError, match="patch"):
        ConvolutionExplorer(patches)


def test_the_time_for_a_change_is_reported(explorer):
    explorer.patch.value, explorer.padding.value = "large", 3  # the most numbers there are to write
    seconds = []
    for place in range(1, 21):
        start = time.perf_counter()
        explorer.position.value = place
        seconds.append(time.perf_counter() - start)
    milliseconds = 1000 * sorted(seconds)[len(seconds) // 2]
    print(f"convolution explorer: {milliseconds:.0f} ms for a change (median of 20)")
    assert milliseconds < 1000  # a bound for a busy machine; on a quiet one it is about 15 ms
