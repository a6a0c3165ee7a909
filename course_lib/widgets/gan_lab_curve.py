"""Series that may grow for hours and are still drawn at once."""

import math


class Curve:
    """A series of numbers of any length, as at most `most` averages: when they are full, neighbours are merged.

    >>> curve = Curve(most=4)
    >>> for number in range(4):
    ...     curve.append(number, 10.0 * number)
    >>> curve.points
    [(0.5, 5.0), (2.5, 25.0)]
    """

    def __init__(self, most: int = 240):
        self.most, self.width = most, 1  # width: numbers in an average
        self.points: list[tuple[float, float]] = []
        self.waiting: list[tuple[float, float]] = []
        self.last = math.nan

    def append(self, at: float, value: float) -> None:
        """Add the number `value`, recorded at `at`."""
        self.last = value
        self.waiting.append((at, value))
        if len(self.waiting) == self.width:
            self.points.append(_mean(self.waiting))
            self.waiting = []
        if len(self.points) == self.most:
            self.points = [_mean(self.points[i : i + 2]) for i in range(0, self.most, 2)]
            self.width *= 2


def _mean(points: list[tuple[float, float]]) -> tuple[float, float]:
    return tuple(sum(numbers) / len(points) for numbers in zip(*points, strict=True))
