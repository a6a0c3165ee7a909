"""How a check speaks to the learner, and how a notebook reports a number it measured."""

import functools
import math
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import torch

LINE_WIDTH = 100  # characters; JupyterLab breaks a longer line of output in the middle of a word
NOT_ATTEMPTED, WRONG, CORRECT = "not attempted", "not yet", "correct"


class WrongAnswer(Exception):  # noqa: N818  (it is an answer that is wrong, not the program)
    """Raised inside a check: says what is wrong with an answer, and what to look at."""


class NotAttempted(Exception):  # noqa: N818
    """Raised inside a check: the stub is untouched."""


@dataclass(frozen=True)
class CheckResult:
    """What a check found; `status` is one of the three constants of this module."""

    exercise: str
    status: str
    message: str

    def __str__(self) -> str:
        return f"Exercise {self.exercise}: {self.status}. {self.message}".rstrip()

    def _ipython_display_(self) -> None:
        """Show nothing: the check has printed itself already, wherever in the cell it was called."""


def exercise(number: str) -> Callable:
    """Turn a function that raises `WrongAnswer` into a check that prints and returns a `CheckResult`.

    The decorated function takes the learner's answer and returns the sentence that is printed when
    it is right. An answer that is still `...`, or a function that still raises a bare
    `NotImplementedError`, counts as not attempted. Nothing the learner writes raises out of a check,
    so "Run all" always reaches the end of a notebook.
    """

    def decorate(examine: Callable[..., str]) -> Callable[..., CheckResult]:
        @functools.wraps(examine)
        def check(*answers) -> CheckResult:
            try:
                if any(answer is ... for answer in answers):
                    raise NotAttempted
                result = CheckResult(number, CORRECT, examine(*answers))
            except NotAttempted:
                result = CheckResult(number, NOT_ATTEMPTED, "")
            except WrongAnswer as wrong:
                result = CheckResult(number, WRONG, str(wrong))
            except Exception as error:  # an answer of a type or shape that no check foresees
                cause = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                message = f"The check cannot read the answer ({cause}). Has it the type and shape that are asked for?"
                result = CheckResult(number, WRONG, message)
            print(wrapped(str(result)))
            return result

        return check

    return decorate


def wrapped(text: str) -> str:
    """Return the text with its lines broken between words.

    >>> print(wrapped("word " * 25))
    word word word word word word word word word word word word word word word word word word word word
    word word word word word
    """
    lines = text.splitlines() or [""]
    return "\n".join(
        textwrap.fill(line, LINE_WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines
    )


def attempt(function: Callable, *arguments, **options):
    """Call the learner's function and return its result; tell its errors in one line.

    Tensors are handed over as copies, so that an answer that changes its input in place cannot
    spoil the comparison.

    Raises:
        NotAttempted: it raises a bare `NotImplementedError`, as an untouched stub does.
        WrongAnswer: it is no function, raises anything else, or returns None.
    """
    if not callable(function):
        raise WrongAnswer(f"The check needs a function, got {describe(function)}.")
    arguments = [a.clone() if isinstance(a, torch.Tensor) else a for a in arguments]
    try:
        result = function(*arguments, **options)
    except NotImplementedError as error:
        if error.args:  # torch's own ones carry a message; a stub's does not
            raise WrongAnswer(_describe_error(function, error)) from error
        raise NotAttempted from None
    except Exception as error:  # whatever a learner's code raises is theirs to read
        raise WrongAnswer(_describe_error(function, error)) from error
    if result is None:
        raise WrongAnswer(f"{_name(function)} returns None. Is a 'return' missing?")
    return result


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)  # a module or a partial has no name


def _describe_error(function: Callable, error: Exception) -> str:
    name = _name(function)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.name == name]
    where = f" in line {lines[-1]} of its cell" if lines else ""
    return f"{name} raised {type(error).__name__}{where}: {error}"


def describe(value) -> str:
    """Return a short description of a value for a message: type and shape of a tensor, else its text."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and type {str(value.dtype).removeprefix('torch.')}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def require(condition: bool, message: str) -> None:
    """Raise `WrongAnswer(message)` unless the condition holds."""
    if not condition:
        raise WrongAnswer(message)


def require_close(result, expected: torch.Tensor, hint: str, *, tolerance: float = 1e-5) -> None:
    """Raise `WrongAnswer` unless `result` has the shape of `expected` and its values, up to `tolerance`.

    The tolerance is relative to the largest expected value, so it holds for large and small tensors.
    """
    require(isinstance(result, torch.Tensor), f"A tensor is expected, got {describe(result)}. {hint}")
    require(
        result.shape == expected.shape,
        f"The shape should be {tuple(expected.shape)}, it is {tuple(result.shape)}. {hint}",
    )
    difference = (
        (result.detach().double() - expected.double()).abs().max().item() if expected.numel() else 0.0
    )
    allowed = tolerance * max(1.0, expected.double().abs().max().item() if expected.numel() else 1.0)
    require(difference <= allowed, f"The shape is right, a value is off by {difference:.4g}. {hint}")


def measured(
    name: str, value: float, *, at_least: float = -math.inf, at_most: float = math.inf, unit: str = ""
) -> None:
    """Print a number that differs a little from machine to machine, and assert its band.

    Stored outputs are compared when the course is tested, and the number in front of "(measured" is
    left out of that comparison: the band is what is tested instead. Nothing is returned, since the
    value of a cell's last line would be stored, and compared.

    Raises:
        AssertionError: the value is outside the band or not a number. ValueError: no band is given.

    >>> measured("test accuracy", 0.91372, at_least=0.9)
    test accuracy: 0.9137 (measured; asserted to be at least 0.9)
    """
    if at_least == -math.inf and at_most == math.inf:
        raise ValueError(f"{name}: a measured number needs a band, at_least or at_most")
    bounds = [f"at least {at_least:g}"] * (at_least > -math.inf) + [f"at most {at_most:g}"] * (
        at_most < math.inf
    )
    band = " and ".join(bounds)
    text = f"{value:.4g}" + (f" {unit}" if unit else "")
    assert at_least <= value <= at_most, f"{name} is {text}, but should be {band}"
    assert math.isfinite(value), f"{name} is {text}"
    print(f"{name}: {text} (measured; asserted to be {band})")
