"""What the GAN lab shows: the plane as the discriminator sees it, the generator's warped latents, and the curves."""

from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from course_lib.plots.canvas import EDGE, INK, QUIET, Panel, Range, colour_map, font
from course_lib.widgets.gan_lab_curve import Curve
from course_lib.widgets.gan_lab_run import SHOWN, LabRun, PlaneData

SIDE, TOP = 328, 30  # pixels: of the two large panels, and above them
LEFTS = (40, 414, 796)  # pixels: where the panels begin
CURVE_SIZE = (228, 114)
SHEET = (1052, TOP + SIDE + 52)
REAL, GENERATED, FIRST, SECOND, GREY = "#14213d", "#c85200", "#006ba4", "#c85200", "#a0a0a0"
COLOURS = colour_map("cividis", 20, paleness=0.35)
BALANCE = {
    "discriminator": 2 * np.log(2),
    "generator": np.log(2),
}  # logistic losses, when D(x) is ½ everywhere


def view_of(data: PlaneData) -> tuple[Range, Range]:
    """Return the part of the plane to draw, across and up: a square around all that is real, with room to miss it."""
    points = data.sample(2000, torch.Generator().manual_seed(0))
    low, high = points.min(dim=0).values, points.max(dim=0).values
    half = max(0.78 * (high - low).max().item(), 0.3)
    across, up = ((low + high) / 2).tolist()
    return (across - half, across + half), (up - half, up + half)


@cache
def latent_lines() -> tuple[list[Tensor], list[Tensor]]:
    """Return lines of equal first and of equal second latent, each of shape (points, 2).

    Neighbours are as far apart that a tenth of a normal distribution's numbers lies between them, so that each cell
    of the grid holds one hundredth of all latents: where the cells are small, the generated points are dense.
    """
    tenths = torch.special.ndtri(torch.arange(1, 10) / 10)
    along = torch.special.ndtri(torch.linspace(0.1, 0.9, 65))
    first = [torch.stack([number.expand_as(along), along], dim=1) for number in tenths]
    return first, [line.flip(1) for line in first]


@torch.no_grad()
def warped_lines(generator: nn.Module) -> list[list[np.ndarray]]:
    """Return where the generator sends the lines of equal first and of equal second latent; the others are 0."""
    families = []
    for lines in latent_lines():
        latents = torch.cat(lines)  # (lines · points, 2)
        padded = torch.nn.functional.pad(latents, (0, generator.latent_dim - 2))
        families.append([line.numpy() for line in generator(padded).split(len(lines[0]))])
    return families


def surface_limits(logits: Tensor) -> Range:
    """Return limits around 0 that hold most logits: 1, 2 or 5 times a power of ten, so that they rarely change."""
    size = max(logits.nan_to_num().abs().quantile(0.98).item(), 1e-3)
    power = 10.0 ** np.floor(np.log10(size))
    limit = float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= size))
    return -limit, limit


def draw_lab(run: LabRun, view: tuple[Range, Range], probability: bool = True) -> Image.Image:
    """Return the lab's picture of a run.

    Args:
        view: coordinates at the edges of both large panels, as `view_of` gives them.
        probability: show σ of the logit, from 0 to 1, as the discriminator's surface, and not the logit itself.
    """
    sheet = _empty_sheet().copy()
    draw = ImageDraw.Draw(sheet)
    points = run.generated()[:SHOWN].numpy()

    logits = run.surface(*view)
    values, limits = (logits.sigmoid(), (0.0, 1.0)) if probability else (logits, surface_limits(logits))
    plane = Panel((SIDE, SIDE), *view)
    plane.surface(values.numpy(), limits, COLOURS)
    plane.points(run.real.numpy(), "white", 3.0, square=True)
    plane.points(run.real.numpy(), REAL, 2.0, square=True)
    plane.points(points, "white", 3.3)
    plane.points(points, GENERATED, 2.4)
    plane.paste_on(sheet, (LEFTS[0], TOP))
    _legend(draw, limits, probability)

    warped = Panel((SIDE, SIDE), *view)
    warped.points(run.real.numpy(), "#b9bdc6", 2.0, square=True)
    for lines, colour, width in zip(warped_lines(run.generator), (FIRST, SECOND), (1.5, 1.0), strict=True):
        warped.lines(lines, colour, width)
    warped.paste_on(sheet, (LEFTS[1], TOP))

    _draw_losses(sheet, draw, run)
    _draw_scores(sheet, draw, run)
    outside = _outside(points, view)
    if outside:
        text = f"{outside} of {SHOWN} generated points are outside"
        draw.text(
            (LEFTS[0] + 8, TOP + SIDE - 8),
            text,
            INK,
            font(12),
            anchor="lb",
            stroke_width=2,
            stroke_fill="white",
        )
    return sheet


@cache
def _empty_sheet() -> Image.Image:
    """Return what is the same in each picture: titles, and the legend of the grid."""
    sheet = Image.new("RGB", SHEET, "white")
    draw = ImageDraw.Draw(sheet)
    for left, title in zip(
        LEFTS, ("What the discriminator sees", "What the generator does to its latents"), strict=False
    ):
        draw.text((left + SIDE / 2, TOP - 8), title, INK, font(14), anchor="mb")
    for colour, width, left, text in (
        (FIRST, 3, 30, "equal first latent"),
        (SECOND, 2, 170, "equal second latent"),
    ):
        x, y = LEFTS[1] + left, SHEET[1] - 14
        draw.line((x, y, x + 18, y), fill=colour, width=width)
        draw.text((x + 23, y), text, QUIET, font(11), anchor="lm")
    return sheet


def _legend(draw: ImageDraw.ImageDraw, limits: Range, probability: bool) -> None:
    left, y, cell = LEFTS[0], SHEET[1] - 14, 5
    draw.rectangle((left + 1, y - 3, left + 6, y + 2), fill=REAL)
    draw.text((left + 11, y), "real", QUIET, font(11), anchor="lm")
    draw.ellipse((left + 41, y - 4, left + 47, y + 2), fill=GENERATED)
    draw.text((left + 52, y), "generated", QUIET, font(11), anchor="lm")
    name = "D(x)" if probability else "logit"
    bar = left + SIDE - 30 - cell * len(COLOURS)
    for number, colour in enumerate(COLOURS.tolist()):
        draw.rectangle((bar + cell * number, y - 5, bar + cell * (number + 1), y + 4), fill=tuple(colour))
    middle = bar + cell * len(COLOURS) // 2
    draw.line((middle, y - 5, middle, y + 4), fill=EDGE)
    low, high = (f"{limit:g}".replace("-", "−") for limit in limits)
    draw.text((bar - 5, y), f"{name}  {low}", QUIET, font(11), anchor="rm")
    draw.text((bar + cell * len(COLOURS) + 6, y), high, QUIET, font(11), anchor="lm")


def _draw_losses(sheet: Image.Image, draw: ImageDraw.ImageDraw, run: LabRun) -> None:
    curves = run.losses
    balance = BALANCE if run.config.loss == "non-saturating" else {}
    values = [value for curve in curves.values() for _, value in curve.points] + list(balance.values())
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.08 * (high - low), 0.02)
    panel = Panel(CURVE_SIZE, _updates_shown(run), (low - room, high + room))
    panel.lines([np.array([(0, value), (panel.across[1], value)]) for value in balance.values()], GREY, 1)
    texts = {side: f"{curve.last:.2f}" if curve.points else "–" for side, curve in curves.items()}
    _draw_curves(sheet, draw, panel, TOP + 18, "Losses", curves, texts)


def _draw_scores(sheet: Image.Image, draw: ImageDraw.ImageDraw, run: LabRun) -> None:
    score, top = run.score(), TOP + SIDE - CURVE_SIZE[1]
    panel = Panel(CURVE_SIZE, _updates_shown(run), (-0.06, 1.06))
    texts = {}
    if score is not None:
        texts = {"modes": f"{score.captured} of {score.modes}", "points near one": f"{score.quality:.0%}"}
    _draw_curves(sheet, draw, panel, top, "Modes found", run.scores if texts else {}, texts)
    if score is None:
        middle = (LEFTS[2] + CURVE_SIZE[0] / 2, top + CURVE_SIZE[1] / 2)
        text = "these data have\nno modes to count"
        draw.text(middle, text, QUIET, font(12), anchor="mm", align="center")
    middle = (LEFTS[2] + CURVE_SIZE[0] / 2, SHEET[1] - 14)
    draw.text(middle, "updates of either side", QUIET, font(11), anchor="mm")


def _draw_curves(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    panel: Panel,
    top: int,
    title: str,
    curves: dict[str, Curve],
    texts: dict[str, str],
) -> None:
    """Draw two curves, the first with a square at its end and the second with a disc, and say what they are."""
    left, y = LEFTS[2], top - 10
    draw.text((left, top - 26), title, INK, font(14), anchor="lb")
    for number, (curve, (name, text)) in enumerate(zip(curves.values(), texts.items(), strict=True)):
        square, colour = number == 0, (FIRST, SECOND)[number]
        points = np.array(curve.points).reshape(-1, 2)
        panel.lines([points], colour, 1.5)
        panel.points(points[-1:], colour, 4, square)
        (draw.rectangle if square else draw.ellipse)((left, y - 4, left + 7, y + 3), fill=colour)
        draw.text((left + 12, y), f"{name} {text}", QUIET, font(11), anchor="lm")
        left += 126
    panel.paste_on(sheet, (LEFTS[2], top), ticks=3)


def _updates_shown(run: LabRun) -> Range:
    """Return the ends of the time axis, with room for the marks at the curves' ends."""
    return (0, 1.03 * max(run.updates, 20))


def _outside(points: np.ndarray, view: tuple[Range, Range]) -> int:
    low, high = np.array(view).T
    return int((~((points >= low) & (points <= high)).all(axis=1)).sum())
