"""Each guard on notebooks finds what it is there for, and no guard objects to a good notebook."""

import copy
from collections.abc import Iterator

import pytest

from tests.notebook_cases import PATH, SOLUTION, code_cell, good_notebook, good_solution, printed
from tests.notebook_spoils import CASES, a_stored_error
from tools import notebook_guards
from tools.notebook_guards import GUARDS, missing_solutions, problems


@pytest.mark.parametrize(("guard", "told", "change"), CASES)
def test_what_is_wrong_is_found_by_its_guard_and_by_no_other(guard, told, change):
    notebook = good_notebook()
    change(notebook)
    found = problems(notebook, PATH)
    assert any(problem.startswith(f"{guard}: ") and told in problem for problem in found), found
    assert {problem.split(":")[0] for problem in found} == {guard}


def test_every_guard_is_tested():
    assert {case.values[0] for case in CASES} == {guard.__name__ for guard in GUARDS}


def test_every_guard_of_the_module_is_used():
    guards = [
        value for value in vars(notebook_guards).values()
        if getattr(value, "__annotations__", {}).get("return") == Iterator[str]
    ]  # fmt: skip
    assert set(guards) == set(GUARDS)


def test_no_guard_objects_to_a_good_notebook_or_solution():
    assert problems(good_notebook(), PATH) == []
    assert problems(good_solution(), SOLUTION) == []


def test_a_solution_must_show_correct():
    solution = good_solution()
    code_cell(solution, "check_double").outputs = [printed("Exercise 99.1: not yet. Off by 1.\n")]
    assert problems(solution, SOLUTION) == [
        "exercises: exercise 99.1 has no check whose stored output is 'correct'"
    ]


def test_an_error_that_a_cell_announces_is_allowed():
    notebook = good_notebook()
    a_stored_error(notebook)
    code_cell(notebook, "def double").metadata["tags"] = ["raises-exception"]
    assert problems(notebook, PATH) == []


@pytest.mark.parametrize("reason", ["widget", "environment"])
def test_output_may_be_ignored_for_a_reason(reason):
    notebook = good_notebook()
    code_cell(notebook, "def double").metadata["tags"] = ["nbval-ignore-output", reason]
    assert problems(notebook, PATH) == []


def test_exercises_without_a_worked_answer_are_named():
    notebook, solution = good_notebook(), good_solution()
    assert missing_solutions(notebook, solution) == []
    second = copy.deepcopy(code_cell(notebook, "### Exercise"))
    second.source = "### Exercise 99.2. Halve a tensor (hard, 10 min)"
    notebook.cells.append(second)
    assert missing_solutions(notebook, solution) == ["99.2"]
