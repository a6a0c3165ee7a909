"""How a check speaks to the learner."""

import functools

import pytest
import torch

from course_lib.checks.report import (
    CORRECT,
    NOT_ATTEMPTED,
    WRONG,
    CheckResult,
    WrongAnswer,
    attempt,
    describe,
    exercise,
    require,
    require_close,
)


@exercise("1.2")
def check_double(double):
    """Check a function that doubles a tensor."""
    x = torch.tensor([1.0, 2.0])
    require_close(attempt(double, x), torch.tensor([2.0, 4.0]), "Multiply by two.")
    return "Doubled."


def test_a_right_answer_is_printed_with_its_sentence(capsys):
    result = check_double(lambda x: 2 * x)
    assert (result.exercise, result.status, result.message) == ("1.2", CORRECT, "Doubled.")
    assert capsys.readouterr().out == "Exercise 1.2: correct. Doubled.\n"


def test_a_wrong_answer_is_printed_with_its_hint(capsys):
    result = check_double(lambda x: 3 * x)
    assert result.status == WRONG
    assert capsys.readouterr().out == (
        "Exercise 1.2: not yet. The shape is right, a value is off by 2. Multiply by two.\n"
    )


def untouched(x):
    raise NotImplementedError


def untouched_too(x):
    raise NotImplementedError()


@pytest.mark.parametrize("answer", [..., untouched, untouched_too])
def test_an_untouched_stub_is_not_attempted(capsys, answer):
    assert check_double(answer).status == NOT_ATTEMPTED
    assert capsys.readouterr().out == "Exercise 1.2: not attempted.\n"


def test_one_of_several_answers_left_open_is_not_attempted():
    @exercise("1.3")
    def check(first, second):
        raise AssertionError("must not be called")

    assert check(1, ...).status == NOT_ATTEMPTED


def test_a_comparison_with_an_ellipsis_is_not_made_on_tensors():
    @exercise("1.4")
    def check(answer):
        return "A tensor may be an answer."

    assert check(torch.zeros(3)).status == CORRECT


class WithoutForward(torch.nn.Module):
    """A module without `forward`: torch raises a NotImplementedError with a message of its own."""


def test_torchs_own_not_implemented_error_is_a_wrong_answer():
    result = check_double(WithoutForward())
    assert result.status == WRONG
    assert "WithoutForward raised NotImplementedError" in result.message
    assert "forward" in result.message


def test_an_error_is_told_with_its_line_in_the_learners_function():
    def double(x):
        y = x + 1
        return y @ torch.zeros(5, 5)

    result = check_double(double)
    line = double.__code__.co_firstlineno + 2
    assert result.status == WRONG
    assert f"double raised RuntimeError in line {line} of its cell: " in result.message


def test_an_error_on_the_way_into_the_function_has_no_line():
    result = check_double(lambda: 1)
    assert result.status == WRONG
    assert "<lambda> raised TypeError: " in result.message


@pytest.mark.parametrize(
    "answer", [functools.partial(lambda factor, x: None, 2), functools.partial(lambda factor, x: 1 / 0, 2)]
)
def test_a_function_without_a_name_is_no_trouble(answer):
    result = check_double(answer)
    assert result.status == WRONG
    assert result.message.startswith("partial ")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x: None, "<lambda> returns None. Is a 'return' missing?"),
        (5, "The check needs a function, got 5."),
        (torch.zeros(2, 3), r"got a tensor of shape \(2, 3\) and type float32"),
    ],
)
def test_what_is_no_answer_is_told(answer, told):
    with pytest.raises(WrongAnswer, match=told):
        attempt(answer, torch.zeros(2))


def test_an_answer_that_changes_its_input_cannot_spoil_the_comparison():
    x = torch.ones(3)

    def double_in_place(values, *, add):
        return values.mul_(2).add_(add)

    assert attempt(double_in_place, x, add=1).tolist() == [3, 3, 3]
    assert x.tolist() == [1, 1, 1]


def test_an_answer_that_a_check_cannot_even_read_is_told():
    @exercise("1.5")
    def check(answer):
        require(answer.shape == (2,), "The shape should be (2,).")
        return "Right."

    result = check("text")
    assert result.status == WRONG
    assert "The check cannot read the answer (AttributeError: " in result.message


def test_nothing_but_the_interrupt_key_gets_out_of_a_check():
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_double(interrupted)


def test_a_result_that_ends_a_cell_is_not_shown_twice(capsys):
    result = CheckResult("1.2", CORRECT, "Doubled.")
    assert result._ipython_display_() is None
    assert capsys.readouterr().out == ""


def test_a_check_keeps_its_name_and_documentation():
    assert check_double.__name__ == "check_double"
    assert check_double.__doc__.startswith("Check a function")


def test_require_raises_its_message_only_when_needed():
    require(True, "never")
    with pytest.raises(WrongAnswer, match="^the reason$"):
        require(False, "the reason")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (torch.zeros(2, 3), r"The shape should be \(3, 2\), it is \(2, 3\)\. Look here\."),
        (torch.full((3, 2), 0.01), r"The shape is right, a value is off by 0\.01\. Look here\."),
        (torch.full((3, 2), float("nan")), "a value is off by nan"),
        ([0, 0], r"A tensor is expected, got \[0, 0\]\. Look here\."),
    ],
)
def test_a_tensor_that_is_not_close_is_told_with_the_hint(result, told):
    with pytest.raises(WrongAnswer, match=told):
        require_close(result, torch.zeros(3, 2), "Look here.")


def test_closeness_is_relative_to_the_largest_value():
    large = torch.tensor([1e6, 0.0])
    require_close(large + 1, large, "", tolerance=1e-5)
    with pytest.raises(WrongAnswer):
        require_close(large + 20, large, "", tolerance=1e-5)
    require_close(torch.zeros(0, 2), torch.zeros(0, 2), "")
    require_close(torch.ones(2, requires_grad=True), torch.ones(2), "")
    require_close(torch.tensor([2]), torch.tensor([2.0]), "")


def test_values_are_described_in_a_few_words():
    assert describe(torch.zeros(2, dtype=torch.int64)) == "a tensor of shape (2,) and type int64"
    assert describe("x" * 100) == "'" + "x" * 56 + "..."
    assert describe([1, 2]) == "[1, 2]"
