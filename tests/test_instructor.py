"""The instructor's pages agree with the notebooks, and each rule that says so notices when it is broken."""

import shutil

import pytest

from tools.instructor_pages import INSTRUCTOR, blocks, days, expand, section_minutes
from tools.instructor_plans import plan_problems
from tools.instructor_rules import all_problems, page_problems
from tools.notebook_parts import NOTEBOOKS, ROOT
from tools.student_edition import LEFT_OUT, for_students

NOTEBOOK = NOTEBOOKS / "02_convolution.ipynb"
PAGE = (INSTRUCTOR / "notebooks" / "02_convolution.md").read_text(encoding="utf-8")
PLAN = (INSTRUCTOR / "one_day.md").read_text(encoding="utf-8")


def test_the_folder_is_as_it_should_be():
    assert all_problems() == []


def test_every_page_and_both_plans_are_read():
    assert len(list((INSTRUCTOR / "notebooks").glob("*.md"))) == 18
    assert [len(days(PLAN)), len(days((INSTRUCTOR / "two_days.md").read_text(encoding="utf-8")))] == [1, 2]
    assert sum(block.exercise_minutes for block in blocks(days(PLAN)["Day"])) > 100


def test_students_get_none_of_it():
    assert "instructor/" in LEFT_OUT
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "instructor/README.md" in readme
    assert "instructor" not in for_students(readme)


def test_minutes_of_sections_cover_the_notebook():
    assert sum(section_minutes(NOTEBOOK).values()) > 20
    assert list(section_minutes(NOTEBOOK)) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert expand("1, 3 to 5 and 8") == [1, 3, 4, 5, 8]


SPOILED_PLANS = {
    "10:20 | 10:35": ("10:20 | 10:40", "a gap or an overlap"),
    "| 12 | 1 | 8: 2.1 |": ("| 5 | 1 | 8: 2.1 |", "5 minutes to teach, 1.5 × "),
    "| 11 | 1 | 15: 1.1, 1.4 |": ("| 12 | 1 | 14: 1.1, 1.4 |", "the exercises take 15 minutes"),
    "8: 2.1 |": ("8: 2.9 |", "stand in these sections"),
    "10: 0.1, 0.2, 0.3 |": ("10: 0.1, 0.2, 1.1 |", "stand in these sections"),
    "| 11 | 7 | 6: 14.1 |": ("| 17 | 1 | 6: 14.1 |", "plan 1.5 times that"),
    "| 13 | 2 |  |": ("| 14 | 2 |  |", "minutes, but 14"),
    "sections 5 and 6 |": ("sections 5 and 12 |", "sections are missing or do not exist"),
    "| Break |": ("| Talk |", "a pause has no minutes"),
    "212 teaching": ("213 teaching", "the total should read"),
    "12:00 | 13:00 | Lunch": ("12:00 | 12:30 | Lunch", "lunch is shorter than 45"),
    "13:00 | Lunch": ("13:00 | Break", "a day has one lunch"),
    "03_convolution_gradients.ipynb) | skipped": (
        "03_convolution_gradients.ipynb) | left",
        "03_convolution_gradients.ipynb is neither",
    ),
    "12_gan_dynamics.ipynb) | shown": ("12_gan_dynamics.ipynb) | left", "12_gan_dynamics.ipynb has no exercises"),
    "../notebooks/02_convolution.ipynb": ("../notebooks/02_warp.ipynb", "there is no notebook 02_warp.ipynb"),
    "Drop in this order: notebook 15": ("Drop in this order: notebook 19", "there is no notebook 19"),
    "exercise 2.4;": ("exercise 2.7;", "there is no exercise 2.7"),
    "| 09:10 | 09:32 |": ("| 9:10 | 09:32 |", "a row of the timetable cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("old", SPOILED_PLANS)
def test_a_spoiled_plan_is_noticed(old):
    new, wanted = SPOILED_PLANS[old]
    assert old in PLAN
    found = "\n".join(plan_problems(PLAN.replace(old, new)))
    assert wanted in found


def test_a_stretch_without_a_break_is_noticed():
    rows = [row for row in PLAN.splitlines() if row.startswith("| 10:20 | 10:35 | Break")]
    found = "\n".join(plan_problems(PLAN.replace(rows[0] + "\n", "")))
    assert "minutes without a break" in found


SPOILED_PAGES = {
    "## On the board": ("## Drawings", "the headings are"),
    "../../notebooks/02_convolution.ipynb": ("../../notebooks/03_convolution_gradients.ipynb", "first line"),
    "solutions/02_convolution.ipynb": ("solutions/03_convolution_gradients.ipynb", "no link to the worked answers"),
    "They can say what it saves": ("Fine. They can say what it saves", "two sentences"),
    "**Ask:** How many numbers": ("How many numbers", "no question or no answer"),
    "the redness filter of section 6": ("the redness filter", "names no section"),
    "sections 1 to 3 and 5": ("sections 1 to 3 and 15", "there is no section 15"),
    "exercise 2.2 on paper": ("exercise 2.8 on paper", "there is no exercise 2.8"),
    "| 2.5 | “Count": ("| 2.6 | “Count", "rows for the exercises"),
    "“Only the rows are exchanged.": ("“Only the rows have been exchanged.", "no check of this notebook says"),
    "“Only the input channels": ("“The sum is not divided yet” “Only the input channels", "no check of this"),
    "Notebook 01 for shapes": ("Notebook 91 for shapes", "there is no notebook 91"),
    "Sums with two indices": ("[Sums](sums.md) with two indices", "leads nowhere"),
    "nothing of calculus": ("`make calculus`", "no target calculus"),
    "two indices": ("two indices (notebook 03, section 12)", "notebook 03 has no section 12"),
}  # fmt: skip


@pytest.mark.parametrize("old", SPOILED_PAGES)
def test_a_spoiled_page_is_noticed(old):
    new, wanted = SPOILED_PAGES[old]
    assert old in PAGE
    assert wanted in "\n".join(page_problems(PAGE.replace(old, new), NOTEBOOK))


def test_too_few_misconceptions_and_answers_are_noticed():
    fewer = PAGE.replace("\n### ", "\n#### ").replace("**Answer:**", "Answer:")
    found = "\n".join(page_problems(fewer, NOTEBOOK))
    assert "0 misconceptions; 3 to 5 are wanted" in found
    assert "at least two questions for discussion" in found


def test_an_exercise_without_a_quoted_hint_is_noticed():
    found = page_problems(PAGE.replace("“", "'").replace("”", "'"), NOTEBOOK)
    assert "exercise 2.1: no hint of its check is quoted" in found


def test_lists_are_wanted_where_one_reads_in_a_hurry():
    found = page_problems(PAGE.replace("\n- ", "\n"), NOTEBOOK)
    assert "'On the board' must be a list" in found
    assert "'When late' must be a list" in found


def test_a_missing_and_a_superfluous_page_are_noticed(monkeypatch, tmp_path):
    shutil.copytree(INSTRUCTOR, tmp_path / "instructor")
    (tmp_path / "instructor" / "notebooks" / "02_convolution.md").rename(
        tmp_path / "instructor" / "notebooks" / "20_convolution.md"
    )
    monkeypatch.setattr("tools.instructor_rules.INSTRUCTOR", tmp_path / "instructor")
    found = all_problems()
    assert "instructor/notebooks/02_convolution.md is missing" in found
    assert "20_convolution.md belongs to no notebook" in found
