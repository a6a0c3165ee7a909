"""Numbers that a training loop recorded, by name."""

import json
from collections.abc import Iterator


class History:
    """Rows of named numbers, one row an epoch (or whatever the loop counts).

    A loop appends; plots and assertions read. Nothing is drawn or printed here.

    >>> history = History()
    >>> history.append(epoch=1, train_loss=0.8, validation_accuracy=0.71)
    >>> history.append(epoch=2, train_loss=0.5, validation_accuracy=0.82)
    >>> history["validation_accuracy"]
    [0.71, 0.82]
    >>> history.last("train_loss")
    0.5
    """

    def __init__(self, rows: list[dict[str, float]] | None = None):
        self.rows: list[dict[str, float]] = []
        for row in rows or []:
            self.append(**row)

    def append(self, **values: float) -> None:
        """Add one row; every row must have the names of the first.

        Raises:
            ValueError: if a name is missing or new, since a curve with holes would be drawn wrongly.
        """
        if self.rows and set(values) != set(self.rows[0]):
            raise ValueError(f"this history records {sorted(self.rows[0])}, got {sorted(values)}")
        self.rows.append({name: float(value) for name, value in values.items()})

    def __getitem__(self, name: str) -> list[float]:
        """Return the whole series called `name`.

        Raises:
            KeyError: if nothing of that name was recorded; the message lists the names there are.
        """
        if self.rows and name not in self.rows[0]:
            raise KeyError(f"{name!r} was not recorded; there are {sorted(self.rows[0])}")
        return [row[name] for row in self.rows]

    def last(self, name: str) -> float:
        """Return the newest value of `name`; an IndexError says that nothing was recorded yet."""
        return self[name][-1]

    @property
    def names(self) -> list[str]:
        """The recorded names, in the order of the first row."""
        return list(self.rows[0]) if self.rows else []

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, History) and self.to_json() == other.to_json()
        )  # text, so that NaN equals NaN

    __hash__ = None

    def __repr__(self) -> str:
        return f"History({len(self)} rows of {', '.join(self.names) or 'nothing yet'})"

    def to_json(self) -> str:
        """Return the rows as JSON text, for a checkpoint."""
        return json.dumps(self.rows)

    @classmethod
    def from_json(cls, text: str) -> "History":
        """Return the history that `to_json` wrote."""
        return cls(json.loads(text))
