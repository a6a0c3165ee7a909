"""What of a text a slide shows: whole sentences, whole formulas, and no more than fits."""

import pytest

from tools.slide_text import ROOM, blocks, excerpt, lines, parts, sentences, with_links_to_decks

LONG = "A sentence of nine words that says very little. " * 30


def test_a_cell_is_cut_before_sections_and_exercises():
    text = "Before.\n\n## 2. Next\n\nText.\n\n### Not cut\n\n### Exercise 2.1. Do (easy, 5 min)\n\nTask."
    assert [part.split("\n")[0] for part in parts(text)] == [
        "Before.", "## 2. Next", "### Exercise 2.1. Do (easy, 5 min)"
    ]  # fmt: skip


def test_a_long_opening_is_cut_after_a_sentence():
    shown = excerpt(f"## 1. Title\n\n{LONG}")
    assert shown.startswith("## 1. Title\n\nA sentence")
    assert shown.endswith("little.")
    assert len(shown.split()) <= 80
    assert sum(map(lines, blocks(shown))) <= ROOM


def test_a_later_paragraph_is_shown_whole_or_not_at_all():
    assert excerpt(f"Short.\n\n{LONG}") == "Short."
    assert excerpt("Short.\n\nAlso short. And more.") == "Short.\n\nAlso short. And more."


def test_a_formula_brings_the_sentence_that_leads_to_it():
    shown = excerpt(f"Short.\n\n{LONG}The loss is\n\n$$L = 1$$\n\nThe end.")
    assert shown == "Short.\n\nThe loss is\n\n$$L = 1$$"


def test_what_leads_on_to_something_left_out_is_left_out():
    code = "x = 1\n" * 30
    assert excerpt(f"It holds. There are two kinds:\n\n```\n{code}```") == "It holds."
    assert excerpt(f"It holds. (Not in that paper.\n\n{LONG}") == "It holds."


def test_a_long_list_keeps_the_first_sentence_of_each_item():
    text = "\n".join(f"{number}. First {number}. {LONG}" for number in range(1, 4))
    assert excerpt(text) == "1. First 1.\n2. First 2.\n3. First 3."


def test_many_short_lists_and_formulas_stop_where_the_slide_ends():
    shown = excerpt("\n\n".join(["- one\n- two", "$$L = 1$$"] * 10))
    assert ROOM - 4 < sum(map(lines, blocks(shown))) <= ROOM


def test_a_long_table_keeps_the_rows_that_fit():
    text = "\n".join(["| a | b |", "|---|---|", *["| one | two |"] * 40])
    shown = excerpt(text).splitlines()
    assert shown[:3] == ["| a | b |", "|---|---|", "| one | two |"]
    assert 5 < len(shown) < 15


@pytest.mark.parametrize("text", ["$$\na\n\nb\n$$", "```\na\n\nb\n```"])
def test_what_belongs_together_is_not_cut(text):
    assert blocks(f"Before.\n\n{text}\n\nAfter.") == ["Before.", text, "After."]


def test_formulas_stay_whole_in_sentences():
    assert sentences("So $a. B$ and $c$. Then $d$.") == ["So $a. B$ and $c$.", "Then $d$."]


def test_links_lead_to_decks_or_stay_words():
    text = "[03](03_x.ipynb) and [answers](solutions/03_x.ipynb) and [words](../GLOSSARY.md#kernel)"
    assert with_links_to_decks(text) == "[03](03_x.slides.html) and answers and words"
