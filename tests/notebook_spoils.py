"""Ways to spoil the good notebook, each with the guard that must object and words of its objection."""

import nbformat
import pytest

from tests.notebook_cases import PATH, SOLUTION, code_cell, picture, printed
from tools.notebook_parts import badge

CASES = []  # (name of the guard, what is wrong, how it is made wrong)


def spoils(guard, told):
    """Register a function that spoils a good notebook so that `guard` must object with words like `told`."""

    def register(change):
        CASES.append(pytest.param(guard, told, change, id=f"{guard}-{change.__name__}"))
        return change

    return register


@spoils("execution_counts", "execution counts are")
def a_cell_never_run(notebook):
    code_cell(notebook, "check_double").execution_count = None


@spoils("execution_counts", "execution counts are")
def cells_run_out_of_order(notebook):
    code_cell(notebook, "check_double").execution_count = 9


@spoils("clean_outputs", "stores an error: NameError")
def a_stored_error(notebook):
    error = nbformat.v4.new_output("error", ename="NameError", evalue="x", traceback=[])
    code_cell(notebook, "def double").outputs.append(error)


@spoils("clean_outputs", "stores stderr: 'a warning'")
def stored_stderr(notebook):
    warning = nbformat.v4.new_output("stream", name="stderr", text="a warning")
    code_cell(notebook, "def double").outputs.append(warning)


@spoils("clean_metadata", "metadata.widgets is stored")
def widget_state(notebook):
    notebook.metadata["widgets"] = {}


@spoils("clean_metadata", "the Python version is stored")
def the_python_version(notebook):
    notebook.metadata.language_info["version"] = "3.12.1"


@spoils("clean_metadata", "stores timestamps")
def timestamps(notebook):
    code_cell(notebook, "def double").metadata["execution"] = {"iopub.execute_input": "2025"}


@spoils("no_local_paths", "a path of one machine, '/home/'")
def a_home_folder_in_an_output(notebook):
    code_cell(notebook, "def double").outputs.append(printed("/home/someone/data\n"))


@spoils("no_local_paths", "a path of one machine, '/Users/'")
def a_home_folder_in_prose(notebook):
    notebook.cells[2].source += "\n\nLook into /Users/someone."


@spoils("no_local_paths", "a path of one machine")
def a_windows_path(notebook):
    code_cell(notebook, "def double").outputs.append(printed("C:\\data\\file\n"))


@spoils("no_local_paths", "a path of one machine")
def a_temporary_folder_in_a_shown_value(notebook):
    value = nbformat.v4.new_output("execute_result", {"text/plain": "'/tmp/x'"}, execution_count=4)
    code_cell(notebook, "def double").outputs.append(value)


@spoils("opening", "the first cell must be the title with this notebook's Colab badge")
def the_badge_of_another_notebook(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace(badge(PATH), badge(SOLUTION))


@spoils("opening", "the first cell must be the title")
def no_title(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("# Guarded", "Guarded")


@spoils("opening", "the time it takes")
def no_time(notebook):
    notebook.cells[0].source = notebook.cells[0].source.split("**Time:**")[0]


@spoils("opening", "is able to do afterwards")
def no_objectives(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("You will be able to guard.", "")


@spoils("opening", "must name the new words as the glossary has them")
def new_words_that_the_glossary_does_not_have(notebook):
    notebook.cells[0].source += "\n\n**New words:** [guard](../GLOSSARY.md#guard)"


@spoils("opening", "the second cell must be the set-up cell")
def another_setup_cell(notebook):
    notebook.cells[1].source += "\nprint('more')"


@spoils("opening", "the set-up cell's code must be folded away")
def an_open_setup_cell(notebook):
    del notebook.cells[1].metadata["jupyter"]


@spoils("structure", "section headings must be numbered 1, 2, 3")
def a_missing_section_number(notebook):
    notebook.cells[4].source = "## 3. A number"


@spoils("structure", "section headings must be numbered")
def no_numbered_sections(notebook):
    for cell in notebook.cells[2:5:2]:
        cell.source = "text"


@spoils("structure", "the last two sections must be 'Summary' and 'Further reading'")
def no_further_reading(notebook):
    notebook.cells.pop()


@spoils("cell_lengths", "the longest code cell has 26 lines; at most 25 are allowed")
def a_cell_of_26_lines(notebook):
    code_cell(notebook, "def double").source = "\n".join(["x = 1"] * 26)


@spoils("cell_lengths", "the median code cell has 8")
def cells_of_8_lines(notebook):
    for cell in notebook.cells[2:]:
        if cell.cell_type == "code":
            cell.source = "\n".join(["x = 1"] * 8)


@spoils("figures", "has no alt text")
def a_picture_without_alt_text(notebook):
    code_cell(notebook, "show").outputs[0] = picture(alt=None)


@spoils("figures", "has no alt text")
def a_picture_with_empty_alt_text(notebook):
    code_cell(notebook, "show").outputs[0] = picture(alt="")


@spoils("figures", "not as many captions")
def two_pictures_with_one_caption(notebook):
    code_cell(notebook, "show").outputs.insert(0, picture())


@spoils("figures", "not with ';' or plt.show()")
def a_figure_that_ends_in_a_semicolon(notebook):
    code_cell(notebook, "show").source = "ax.plot(x);"


@spoils("figures", "not with ';' or plt.show()")
def a_figure_shown_by_matplotlib(notebook):
    code_cell(notebook, "show").source = "ax.plot(x)\nplt.show()"


@spoils("exercises", "an exercise's heading must read")
def an_exercise_without_minutes(notebook):
    code_cell(notebook, "### Exercise").source = "### Exercise 99.1. Double a tensor (easy)"


@spoils("exercises", "exercise 99.1 has no check whose stored output is 'not attempted'")
def an_exercise_without_a_check(notebook):
    code_cell(notebook, "check_double").outputs = []


@spoils("exercises", "exercise 99.1 has no check whose stored output is 'not attempted'")
def an_exercise_that_is_solved_in_view(notebook):
    code_cell(notebook, "check_double").outputs = [printed("Exercise 99.1: correct. Doubled.\n")]


@spoils("measured_numbers", "prints '(measured' by other means than measured()")
def a_masked_number_without_a_band(notebook):
    code_cell(notebook, "measured").outputs = [printed("loss: 0.31 (measured; by hand)\n")]


@spoils("tags", "tags that are not allowed: ['nbval-skip']")
def a_skipped_cell(notebook):
    code_cell(notebook, "def double").metadata["tags"] = ["nbval-skip"]


@spoils("tags", "nbval-ignore-output is for cells that are also tagged")
def an_output_ignored_without_a_reason(notebook):
    code_cell(notebook, "def double").metadata["tags"] = ["nbval-ignore-output"]


@spoils("tags", "an NBVAL comment")
def a_comment_that_skips(notebook):
    code_cell(notebook, "def double").source = "# NBVAL_SKIP\nx = 1"
