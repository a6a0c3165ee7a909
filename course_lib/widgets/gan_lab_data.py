"""What the GAN lab can learn: four distributions, and mixtures that are read from text."""

from math import isfinite

from course_lib.datasets.toy import GaussianMixture, TwoMoons, grid, line, mixture, ring

# wider modes than those of the metrics' usual test, so that a few seconds of training can hit them
LAB_DATA = {
    "ring": lambda: ring(8, std=0.05),
    "grid": lambda: grid(5, std=0.05),
    "line": lambda: line(5, std=0.05),
    "two moons": TwoMoons,
}
LARGEST, MOST_CENTRES = 10.0, 50  # of a coordinate, and of centres


def parse_mixture(centres: str, std: str, weights: str = "") -> GaussianMixture:
    """Read a mixture of Gaussians from text.

    Args:
        centres: pairs of numbers, with semicolons between the pairs: "-1 0; 1 0".
        std: one positive number, the standard deviation of each Gaussian in each direction.
        weights: a number for each centre, in any scale; equal if there is nothing.

    Raises:
        ValueError: something of it cannot be read or makes no sense; the message says what, and what would.

    >>> parse_mixture("-1 0; 1, 0.5", "0.1", "3 1").weights
    tensor([0.7500, 0.2500])
    """
    pairs = [_numbers(pair, "centres") for pair in centres.strip().rstrip(";").split(";")]
    if pairs == [[]]:
        raise ValueError("There are no centres yet. Write pairs with semicolons between them: -1 0; 1 0; 0 1")
    for number, pair in enumerate(pairs, start=1):
        if len(pair) != 2:
            raise ValueError(
                f"Centre {number} needs two numbers, across and up, but has {len(pair)}. "
                "Write a semicolon after each pair: -1 0; 1 0"
            )
    if len(pairs) > MOST_CENTRES:
        raise ValueError(f"There are {len(pairs)} centres. At most {MOST_CENTRES} can be told apart here.")
    if max(abs(number) for pair in pairs for number in pair) > LARGEST:
        raise ValueError(
            f"A centre is further than {LARGEST:g} from 0. The generator begins around 0 and would need very long."
        )
    width = _numbers(std, "std")
    if len(width) != 1 or not 0.001 <= width[0] <= LARGEST:
        raise ValueError(
            f"std must be one number from 0.001 to {LARGEST:g}, for all centres; it is '{std.strip()}'."
        )
    shares = _numbers(weights, "weights") or [1.0] * len(pairs)
    if len(shares) != len(pairs):
        raise ValueError(
            f"There are {len(pairs)} centres and {len(shares)} weights. Write as many, or none at all."
        )
    if min(shares) < 0 or sum(shares) <= 0:
        raise ValueError("Weights must be at least 0, and one of them more than 0.")
    return mixture(pairs, width[0], shares)


def _numbers(text: str, name: str) -> list[float]:
    """Return the numbers of a text, separated by blanks or commas."""
    numbers = []
    for entry in text.replace(",", " ").split():
        try:
            number = float(entry.replace("−", "-"))
        except ValueError:
            raise ValueError(f"'{entry}' in {name} is not a number. Write it as 2 or -0.5.") from None
        if not isfinite(number):
            raise ValueError(f"'{entry}' in {name} is not a finite number.")
        numbers.append(number)
    return numbers
