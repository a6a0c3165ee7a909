"""Draw how a speed grows, one change after the other, and which operations take the time."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

GAIN, LOSS, TOTAL = "#5f9ed1", "#c85200", "#595959"  # blue, orange, grey


def draw_waterfall(
    rates: Sequence[tuple[str, float | None]], ylabel: str = "images per second", ax: Axes | None = None
) -> Axes:
    """Draw a waterfall: a bar for the start, a step for each change, and a bar for the end.

    A step hangs between the rate before the change and the rate after it. Gains are plain and losses hatched;
    above each stands by what factor the rate has changed.

    Args:
        rates: (name, rate) of the start and then after each change, all changes before it included; a rate of
            None says that the change is not used here.

    Raises:
        ValueError: no start, or a rate that is not positive.
    """
    if not rates or rates[0][1] is None:
        raise ValueError("a waterfall needs a rate to start from")
    if any(rate is not None and not rate > 0 for _, rate in rates):
        raise ValueError(f"rates must be positive, got {[rate for _, rate in rates]}")
    ax = ax or plt.figure(figsize=(8, 3.6)).add_subplot()
    before = start = rates[0][1]
    ax.bar(0, start, color=TOTAL, width=0.7)
    ax.annotate(f"{start:,.0f}", (0, start), (0, 3), textcoords="offset points", ha="center", fontsize=9)
    for place, (_, rate) in enumerate(rates[1:], start=1):
        if rate is None:
            text, top = "not used\nhere", before
        else:
            _step(ax, place, before, rate)
            text, top = f"× {rate / before:.2f}", max(before, rate)
            before = rate
        ax.annotate(text, (place, top), (0, 3), textcoords="offset points", ha="center", fontsize=9)
        ax.plot([place - 1.35, place + 0.35], [_previous(rates, place)] * 2, color="0.4", linewidth=0.8)
    end = len(rates)
    ax.bar(end, before, color=TOTAL, width=0.7)
    ax.plot([end - 1.35, end + 0.35], [before, before], color="0.4", linewidth=0.8)
    label = f"{before:,.0f}\n× {before / start:.2f} in all"
    ax.annotate(label, (end, before), (0, 3), textcoords="offset points", ha="center", fontsize=9)
    ax.set_xticks(range(end + 1), [*(name for name, _ in rates), "all changes"], fontsize=9)
    ax.set_ylabel(ylabel)
    ax.margins(y=0.18)
    ax.set_ylim(bottom=0)
    return ax


def _previous(rates: Sequence[tuple[str, float | None]], place: int) -> float:
    """Return the last rate before `place` that was measured."""
    return next(rate for _, rate in reversed(rates[:place]) if rate is not None)


def _step(ax: Axes, place: int, before: float, after: float) -> None:
    gained = after >= before
    ax.bar(
        place, abs(after - before), bottom=min(before, after), width=0.7, color=GAIN if gained else LOSS,
        hatch=None if gained else "//", edgecolor="black", linewidth=0.6,
    )  # fmt: skip


def draw_shares(amounts: dict[str, float], xlabel: str = "share of the time", ax: Axes | None = None) -> Axes:
    """Draw each amount's share of the whole as a bar across, the first on top, with the share written beside it.

    Args:
        amounts: at least 0, in any unit, by name.

    Raises:
        ValueError: nothing to share out, or a negative amount.
    """
    total = sum(amounts.values())
    if not total > 0 or min(amounts.values()) < 0:
        raise ValueError(f"amounts must be at least 0 and not all 0, got {amounts}")
    ax = ax or plt.figure(figsize=(6, 0.6 + 0.3 * len(amounts))).add_subplot()
    shares = [amount / total for amount in amounts.values()]
    bars = ax.barh(list(amounts), shares, color=GAIN)
    ax.bar_label(bars, [f"{share:.0%}" for share in shares], padding=3, fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.set_xlabel(xlabel)
    return ax
