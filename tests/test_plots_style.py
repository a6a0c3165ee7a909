"""The look of figures, and the one way to show them."""

import pytest
from matplotlib import pyplot as plt

from course_lib.plots import style


@pytest.fixture
def displayed(monkeypatch):
    calls = []
    monkeypatch.setattr(style, "display", lambda figure, metadata: calls.append((figure, metadata)))
    return calls


def test_a_figure_is_shown_with_alt_text_and_caption_and_closed(displayed, capsys):
    figure = plt.figure()
    assert style.show(figure, caption="A coat.", alt="a grey coat on black") is None
    assert displayed == [(figure, {"image/png": {"alt": "a grey coat on black"}})]
    assert capsys.readouterr().out == "Figure: A coat.\n"
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "words",
    [
        {"caption": "", "alt": "a coat"},
        {"caption": "A coat.", "alt": " "},
        {"caption": "two\nlines", "alt": "a coat"},
    ],
)
def test_a_figure_without_words_is_not_shown(displayed, words):
    with pytest.raises(ValueError, match="a figure needs a caption of one line and an alternative text"):
        style.show(plt.figure(), **words)
    assert displayed == []


def test_the_style_has_colours_for_all_readers_and_a_second_cue_beside_colour():
    with plt.rc_context():
        style.use_course_style()
        colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
        assert "#006BA4" in colours  # the blue of tableau-colorblind10
        assert plt.rcParams["image.interpolation"] == "nearest"
        assert not plt.rcParams["axes.spines.top"]
    assert len(set(style.MARKERS)) == len(style.MARKERS) == 8


def test_importing_the_plots_changes_no_default_and_opens_no_figure():
    assert plt.get_fignums() == []
