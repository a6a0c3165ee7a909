"""Make a deck of slides from the tagged cells of a notebook; `tools/slides.py` writes it as HTML.

A cell is on a slide if its metadata say `slideshow: {slide_type: slide | subslide | fragment}`. A tagged text is shown
as far as it fits (`tools/slide_text.py`); a tagged code cell shows its picture alone, or, if it has none, code and
result. A fragment goes on below the text before it, at a click. All prose that is not shown becomes speaker notes.
"""

import base64
import html
import re
import struct

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.notebook_parts import EXERCISE, TIME_LINE, code_cells, outputs_text
from tools.slide_text import HEADING, LINE_HEIGHT, blocks, excerpt, lines, parts, with_links_to_decks

TYPES = ("slide", "subslide", "fragment")
CAPTION = re.compile(r"Figure: (.*)")
WIDTH, HEIGHT, ENLARGED = 1220, 570, 1.6  # of a picture, at most: pixels, and times its own size
LEAST = 300  # pixels below a text; where there are fewer, a picture gets a slide of its own
FEWEST, MOST, PICTURES = 10, 40, 3


def slide_type(cell: NotebookNode) -> str:
    """Return the type that a cell is tagged with, "" if it is not."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def is_slide(cell: NotebookNode) -> bool:
    """Tell whether a cell of a deck begins a slide."""
    return slide_type(cell) in ("slide", "subslide")


def pictures(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs of a code cell that are pictures."""
    return [o for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]


def _text(kind: str, source: str) -> NotebookNode:
    source = with_links_to_decks(source)
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def opening_slides(source: str) -> list[NotebookNode]:
    """Return the title with the notebook's question, and what one is able to do afterwards."""
    time = TIME_LINE.search(source)
    kept = [one for one in blocks(source) if not one.startswith(("[![", "**Time:**", "**New words:**"))]
    question, able, aims = "\n\n".join(kept).partition("After this notebook you are able to")
    minutes = f'<p class="time">{time.group().removeprefix("**Time:** ")}</p>' if time else ""
    slides = [_text("slide", excerpt(question) + "\n\n" + minutes)]
    if able:
        slides.append(_text("subslide", f"## {able}\n\n" + excerpt(aims)))
    return slides


def text_slides(source: str, kind: str) -> list[NotebookNode]:
    """Return the slides of a text: one for each section or exercise that begins in it; the rest as notes."""
    slides = []
    found = parts(source)
    for number, part in enumerate(found):
        if part.startswith("## Further reading") or (number < len(found) - 1 and not HEADING.match(part)):
            slides.append(_text("notes", part))
            continue
        shown = excerpt(part)
        slides.append(_text("subslide" if EXERCISE.match(part) else kind, shown))
        if shown != part:
            slides.append(_text("notes", part))
    return slides


def figure(picture: NotebookNode, caption: str, height_left: float) -> str:
    """Return the HTML of a picture with its alternative text and caption, as large as the height allows (pixels)."""
    data = "".join(picture.data["image/png"].split())
    width, height = struct.unpack(">II", base64.b64decode(data[:64])[16:24])
    scale = min(WIDTH / width, height_left / height, ENLARGED)
    alt = html.escape(picture.metadata.get("image/png", {}).get("alt", ""))
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{alt}" width="{width * scale:.0f}" '
        f'height="{height * scale:.0f}"><figcaption>{html.escape(caption)}</figcaption></figure>'
    )


def code_slides(cell: NotebookNode, kind: str, section: str, height_left: float) -> list[NotebookNode]:
    """Return a slide for each picture of a cell, or one with its code and result; a fragment goes on below a text."""
    label = "" if kind == "fragment" else f'<p class="section">{section}</p>\n\n'
    if not pictures(cell):
        code = new_code_cell(cell.source, outputs=cell.outputs, metadata={"slideshow": {"slide_type": "-"}})
        return [_text(kind, label), code]
    captions = CAPTION.findall(outputs_text(cell))
    shown = zip(pictures(cell), captions, strict=True)
    return [
        _text(
            "subslide" if number and kind == "slide" else kind, label + figure(picture, caption, height_left)
        )
        for number, (picture, caption) in enumerate(shown)
    ]


def height_below(slides: list[NotebookNode]) -> float:
    """Return the pixels that the texts of the last slide leave for a picture below them."""
    used = 0.0
    for cell in reversed(slides):
        if slide_type(cell) != "notes":
            used += sum(map(lines, blocks(cell.source)))
        if is_slide(cell):
            break
    return HEIGHT - 30 - LINE_HEIGHT * used  # a heading is 30 pixels higher than the label of a picture


def deck(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose cells are the slides and their notes, ready for nbconvert."""
    slides, section = [], ""
    for number, cell in enumerate(notebook.cells):
        kind = slide_type(cell)
        if cell.cell_type == "markdown":
            headings = [line for line in HEADING.findall(cell.source) if line.startswith("## ")]
            if kind not in TYPES:
                slides.append(_text("notes", cell.source))
            elif number == 0:
                slides += opening_slides(cell.source)
            else:
                slides += text_slides(cell.source, kind)
            section = headings[-1].removeprefix("## ") if headings else section
        elif kind in TYPES:
            height_left = height_below(slides) if kind == "fragment" else HEIGHT
            if height_left < LEAST and pictures(cell):
                kind, height_left = "subslide", HEIGHT
            slides += code_slides(cell, kind, section, height_left)
    return new_notebook(cells=slides)


def problems(notebook: NotebookNode) -> list[str]:
    """Return what keeps a notebook's tagged cells from being a good deck, one line each."""
    found, exercise = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            exercise = bool(EXERCISE.search(cell.source))
        elif slide_type(cell) in TYPES and (exercise or "NotImplementedError" in cell.source):
            found.append(f"cell {cell.execution_count} belongs to an exercise and must not be on a slide")
        if slide_type(cell) not in ("", "-", "skip", "notes", *TYPES):
            found.append(
                f"{slide_type(cell)!r} is no type of slide; known are {', '.join(TYPES)}, skip, notes"
            )
    made = deck(notebook)
    count, shown = sum(map(is_slide, made.cells)), sum(cell.source.count("<figure>") for cell in made.cells)
    available = sum(len(pictures(cell)) for cell in code_cells(notebook))
    title = notebook.cells[0].source.split("\n")[0]
    if not FEWEST <= count <= MOST:
        found.append(f"{count} slides; a deck has {FEWEST} to {MOST}")
    if not made.cells or not is_slide(made.cells[0]) or not made.cells[0].source.startswith(title):
        found.append("the first slide must be the title: tag the first cell as slide")
    if shown < min(PICTURES, available):
        found.append(f"{shown} pictures are shown, of {available}; show at least {PICTURES}")
    return found
