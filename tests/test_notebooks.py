"""Every notebook of the course satisfies the guards, and every exercise has a worked answer."""

import pytest

from tools.notebook_guards import is_solution, missing_solutions, problems
from tools.notebook_parts import NOTEBOOKS, notebook_paths, read

PATHS = notebook_paths()
LESSONS = [path for path in PATHS if not is_solution(path)]


def name(path):
    return path.relative_to(NOTEBOOKS).as_posix()


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_the_guards_find_no_problem(path):
    assert problems(read(path), path) == []


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_exercise_has_a_worked_answer(path):
    solution = NOTEBOOKS / "solutions" / path.name
    assert solution.exists(), "there is no notebook of solutions"
    assert missing_solutions(read(path), read(solution)) == []


@pytest.mark.parametrize("path", [path for path in PATHS if is_solution(path)], ids=name)
def test_every_notebook_of_solutions_belongs_to_a_notebook(path):
    assert NOTEBOOKS / path.name in LESSONS
