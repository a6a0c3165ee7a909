"""Write one deck of slides per notebook, made from the cells that are tagged for it (`make slides`).

    python -m tools.slides [notebook ...]      (default: all)

`build/slides` then holds the decks and, in `parts`, what they need in a browser: they open with no network. In a
deck, S opens the speaker's view with the notes. A notebook without any tag gets those that `tools/slide_tags.py` sets.
"""

import sys
from pathlib import Path

from nbconvert import SlidesExporter
from traitlets.config import Config

from course_lib.errors import CourseError
from tools.notebook_parts import NOTEBOOKS, ROOT, read
from tools.slide_deck import deck, is_slide, problems, slide_type
from tools.slide_tags import tag
from tools.slides_parts import fetch_parts

TARGET = ROOT / "build" / "slides"


def exporter() -> SlidesExporter:
    """Return nbconvert's exporter of slides, with the template that needs no network."""
    config = Config()
    config.CoalesceStreamsPreprocessor.enabled = True
    config.TemplateExporter.extra_template_basedirs = [str(ROOT / "tools")]
    return SlidesExporter(
        config=config, template_name="slides_template", reveal_url_prefix="parts/reveal", reveal_theme="white",
        exclude_input_prompt=True, exclude_output_prompt=True,
    )  # fmt: skip


def write_deck(path: Path, target: Path) -> int:
    """Write the deck of one notebook and return the number of its slides.

    Raises:
        CourseError: the notebook's tags do not make a good deck.
    """
    notebook = read(path)
    if not any(map(slide_type, notebook.cells)):
        tag(notebook)
    if found := problems(notebook):
        raise CourseError(
            f"{path.name}: {'; '.join(found)}. Remedy: change its tags (tools/slide_tags.py sets them)."
        )
    made = deck(notebook)
    page, _ = exporter().from_notebook_node(
        made, {"metadata": {"name": notebook.cells[0].source.split("\n")[0][2:]}}
    )
    (target / f"{path.stem}.slides.html").write_text(page, encoding="utf-8")
    return sum(map(is_slide, made.cells))


def main(arguments: list[str]) -> None:
    paths = [Path(argument).resolve() for argument in arguments] or sorted(NOTEBOOKS.glob("*.ipynb"))
    try:
        fetch_parts(TARGET / "parts")
        for path in paths:
            print(
                f"{TARGET.relative_to(ROOT) / path.stem}.slides.html: {write_deck(path, TARGET)} slides",
                flush=True,
            )
    except CourseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
