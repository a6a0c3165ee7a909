"""An exercise, done as a learner does it: written into its cell, with Shift + Enter."""

STUB = "def negative(image):\n    {}\n\n\nchecks.check_negative(negative)"


def test_a_wrong_answer_gets_a_hint_and_a_right_one_passes(open_copy):
    notebook = open_copy("00_start_here.ipynb")
    notebook.run_all()
    cells = notebook.cells()
    index = next(i for i, cell in enumerate(cells) if "checks.check_negative" in cell["source"])
    untouched = "".join("".join(output["text"]) for output in cells[index]["outputs"])
    assert untouched == "Exercise 0.1: not attempted.\n"
    wrong = notebook.answer(index, STUB.format("return 0 - image"))
    assert wrong.startswith("Exercise 0.1: not yet. Minus wraps around in uint8"), wrong
    right = notebook.answer(index, STUB.format("return 255 - image"))
    assert right.startswith("Exercise 0.1: correct."), right
    notebook.expect_no_error()
    notebook.close()
