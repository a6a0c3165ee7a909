"""What the GAN lab shows: the plane as the discriminator sees it, the generator's warped latents, and the curves."""

from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from course_lib.plots.canvas import QUIET, Panel, Range, font, number_text
from course_lib.widgets.gan_lab_run import SHOWN, LabRun, PlaneData
from course_lib.widgets.gan_lab_sheet import (
    COLOURS,
    CURVE_SIZE,
    FIRST,
    GENERATED,
    LEFTS,
    PALE,
    REAL,
    SECOND,
    SIDE,
    TOP,
    View,
    draw_colour_bar,
    draw_curves,
    empty_sheet,
    write_note,
)

UNDECIDED = {
    "saturating": 0.0,
    "non-saturating": 0.0,
    "hinge": 0.0,
    "least-squares": 0.5,
}  # neither real nor generated
BALANCE = (2 * np.log(2), np.log(2))  # both non-saturating losses, when D(x) is ½ everywhere


def view_of(data: PlaneData) -> View:
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
    """Return round limits that hold most logits, so that they rarely change from one picture to the next."""
    low, high = logits.nan_to_num().quantile(torch.tensor([0.02, 0.98]).to(logits), dim=None).tolist()
    step = 10.0 ** np.ceil(np.log10(max(high - low, 1e-3))) / 5
    return float(np.floor(low / step) * step), float(np.ceil(high / step + 1e-6) * step) + 0.0


def draw_lab(run: LabRun, view: View, probability: bool = True) -> Image.Image:
    """Return the lab's picture of a run.

    Args:
        view: coordinates at the edges of both large panels, as `view_of` gives them.
        probability: show σ of the logit, from 0 to 1, as the discriminator's surface, and not the logit itself.
    """
    sheet = empty_sheet(view).copy()
    draw = ImageDraw.Draw(sheet)
    points = run.generated()[:SHOWN].numpy()

    logits = run.surface(*view)
    values, limits = (logits.sigmoid(), (0.0, 1.0)) if probability else (logits, surface_limits(logits))
    level = 0.5 if probability else UNDECIDED.get(run.config.loss)
    plane = Panel((SIDE, SIDE), *view)
    plane.surface(values.numpy(), limits, COLOURS, level)
    plane.points(run.real.numpy(), REAL, 2.0, square=True, rim=1.0)
    plane.points(points, GENERATED, 2.4, rim=0.9)
    sheet.paste(plane.image, (LEFTS[0], TOP))
    draw_colour_bar(draw, limits, level, "D(x)" if probability else "logit")

    warped = Panel((SIDE, SIDE), *view)
    warped.points(run.real.numpy(), PALE, 2.0, square=True)
    for lines, colour, width in zip(warped_lines(run.generator), (FIRST, SECOND), (1.5, 1.0), strict=True):
        warped.lines(lines, colour, width)
    sheet.paste(warped.image, (LEFTS[1], TOP))

    write_note(draw, LEFTS[1], "each cell holds 1 % of the points")
    if outside := _outside(points, view):
        write_note(draw, LEFTS[0], f"{outside} of {SHOWN} generated points are outside")
    _draw_losses(sheet, run)
    _draw_scores(sheet, run)
    return sheet


def _draw_losses(sheet: Image.Image, run: LabRun) -> None:
    curves = run.losses
    balance = BALANCE if run.config.loss == "non-saturating" else ()
    values = [value for curve in curves.values() for _, value in curve.points] + list(balance)
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.08 * (high - low), 0.02)
    panel = Panel(CURVE_SIZE, _time_axis(run), (low - room, high + room))
    panel.lines([np.array([(0, value), (panel.across[1], value)]) for value in balance], "#a0a0a0")
    texts = {
        name: number_text(round(curve.last, 2)) if curve.points else "–" for name, curve in curves.items()
    }
    draw_curves(sheet, panel, TOP + 18, "Losses", curves, texts)
    if balance:
        corner = (LEFTS[2] + CURVE_SIZE[0], TOP - 10)
        ImageDraw.Draw(sheet).text(corner, "grey: in balance", QUIET, font(11), anchor="rs")


def _draw_scores(sheet: Image.Image, run: LabRun) -> None:
    score, top = run.score(), TOP + SIDE - CURVE_SIZE[1]
    panel = Panel(CURVE_SIZE, _time_axis(run), (-0.06, 1.06))
    if score is not None:
        texts = {"modes": f"{score.captured} of {score.modes}", "near a mode": f"{score.quality:.0%}"}
        draw_curves(sheet, panel, top, "Modes found", run.scores, texts)
        return
    draw_curves(sheet, panel, top, "Modes found", {}, {})
    middle = (LEFTS[2] + CURVE_SIZE[0] / 2, top + CURVE_SIZE[1] / 2)
    text = "these data have\nno modes to count"
    ImageDraw.Draw(sheet).text(middle, text, QUIET, font(12), anchor="mm", align="center")


def _time_axis(run: LabRun) -> Range:
    """Return the first and last update, with room for the marks at the curves' ends."""
    return (0, 1.03 * max(run.updates, 20))


def _outside(points: np.ndarray, view: View) -> int:
    low, high = np.array(view).T
    return int((~((points >= low) & (points <= high)).all(axis=1)).sum())
