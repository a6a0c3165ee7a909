"""Errors that name the cause and the remedy in one line.

In a notebook such an error is shown as that one line: the traceback through library code would
only hide it. A `ValueError` for a wrong argument stays an ordinary one, with its traceback, because
there the reader's own line is what has to be found.
"""


class CourseError(RuntimeError):
    """An error whose message alone tells what happened and what to do."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class SetUpError(CourseError):
    """The installed packages cannot work together."""


class DataError(CourseError):
    """A data file is missing, damaged or of the wrong kind, or cannot be written."""


class CheckpointError(CourseError):
    """A checkpoint cannot be read, cannot be written or belongs to another run."""


class TrainingError(CourseError):
    """Training cannot go on, for example because the loss is not a number."""
