"""Write GLOSSARY.md, and the line "New words" of each notebook, from tools/glossary.toml.

    python -m tools.glossary            (or `make glossary`)

Nothing is executed: outputs, counts and ids of the notebooks stay as they are.
"""

import re
import sys
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools.notebook_parts import NOTEBOOKS, ROOT, TIME_LINE, WORDS_LINE, read, repository

SOURCE = ROOT / "tools" / "glossary.toml"
GLOSSARY = ROOT / "GLOSSARY.md"
MOST_SHOWN = 12  # words in the first cell of a notebook; the others are behind its last link
INTRODUCTION = """# Glossary

Each technical word of the course in one sentence, with the notebook that introduces it and the word used in Chinese
textbooks (a second usage, or a note, stands in brackets). Below the alphabet, the same words
[in the order of the notebooks](#in-the-order-of-the-notebooks).

<!-- written by `make glossary` from tools/glossary.toml -->"""


@dataclass(frozen=True)
class Term:
    """A word of the course; `see` is set instead of Chinese and sentence if it is another name of a term."""

    name: str
    notebook: str
    chinese: str = ""
    sentence: str = ""
    forms: tuple[str, ...] = ()  # other forms in which the notebooks write it
    see: str = ""

    @property
    def base(self) -> str:
        """The word without the bracket that tells two meanings apart."""
        return re.sub(r" \(.*\)$", "", self.name)

    @property
    def anchor(self) -> str:
        return anchor(self.name)


def anchor(name: str) -> str:
    """Return the anchor that GitHub would make of a heading, in plain letters.

    >>> anchor("Fréchet distance"), anchor("density (generator)"), anchor("precision–recall curve")
    ('frechet-distance', 'density-generator', 'precision-recall-curve')
    """
    plain = unicodedata.normalize("NFKD", name.replace("–", "-"))  # accents become marks of their own
    return re.sub(r"[^a-z0-9_ -]", "", plain.lower()).replace(" ", "-")


def parse(text: str) -> list[Term]:
    """Return the terms of a glossary file, in its order.

    Raises:
        ValueError: the file is no TOML, or an entry is neither a name nor [Chinese, sentence, forms].
    """
    terms = []
    for notebook, entries in tomllib.loads(text).items():
        for name, entry in entries.items():
            if isinstance(entry, str):
                terms.append(Term(name, notebook, see=entry))
            elif len(entry) in (2, 3) and all(isinstance(part, str) for part in entry):
                forms = tuple(form.strip() for part in entry[2:] for form in part.split(";") if form.strip())
                terms.append(Term(name, notebook, *entry[:2], forms))
            else:
                raise ValueError(f"{name!r} in [{notebook}] must be a name or [Chinese, sentence, forms]")
    return terms


def terms_of_course() -> list[Term]:
    return parse(SOURCE.read_text(encoding="utf-8"))


def address() -> str:
    """Return where a notebook finds GLOSSARY.md: on GitHub once published, since Colab knows no folders."""
    name = repository()
    return "../GLOSSARY.md" if name == "OWNER/NAME" else f"https://github.com/{name}/blob/main/GLOSSARY.md"


def words_line(path: Path) -> str:
    """Return the line of a notebook's first cell that names its new words; "" for one that has none."""
    terms = [t for t in terms_of_course() if t.notebook == path.stem and not t.see]
    if not terms or path.parent != NOTEBOOKS:
        return ""
    place = address()
    shown = ", ".join(f"[{term.base}]({place}#{term.anchor})" for term in terms[:MOST_SHOWN])
    rest = len(terms) - MOST_SHOWN
    more = f", and [{rest} more]({place}#notebook-{path.stem[:2]})" if rest > 0 else ""
    return f"**New words:** {shown}{more}"


def with_words(source: str, line: str) -> str:
    """Return the source of a first cell with `line` behind the line of minutes, and no older one."""
    source = re.sub(r"\n*" + WORDS_LINE.pattern + r"\n*", "\n\n", source, flags=re.MULTILINE).rstrip()
    if not line:
        return source
    return TIME_LINE.sub(lambda time: f"{time.group()}\n\n{line}", source, count=1)


def title(notebook: str) -> str:
    """Return number and title of a notebook, such as "04 Pooling and receptive fields".

    Raises:
        ValueError: there is no such notebook.
    """
    path = NOTEBOOKS / f"{notebook}.ipynb"
    if not path.exists():
        raise ValueError(f"[{notebook}] names no notebook")
    heading = read(path).cells[0].source.split("\n")[0]
    return f"{notebook[:2]} {heading.removeprefix('# ')}"


def alphabetical(terms: list[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: (re.sub(r"[^a-z0-9]", "", term.anchor), term.name))


def row(term: Term, others: list[str]) -> str:
    """Return a term's row of a table; `others` are its other names."""
    name = f'<a id="{term.anchor}"></a>**{term.name}**' + (f" ({', '.join(others)})" if others else "")
    if term.see:
        return f"| {name} | see [{term.see}](#{anchor(term.see)}) | | |"
    link = f"[{term.notebook[:2]}](notebooks/{term.notebook}.ipynb)"
    return f"| {name} | {term.sentence} | {link} | {term.chinese} |"


def page(terms: list[Term]) -> str:
    """Return GLOSSARY.md."""
    lines, letter = [INTRODUCTION], ""
    for term in alphabetical(terms):
        first = "0–9" if term.anchor[0].isdigit() else term.anchor[0].upper()
        if first != letter:
            letter = first
            lines.append(f"\n## {letter}\n\n| word | what it means | notebook | 中文 |\n|---|---|---|---|")
        lines.append(row(term, [other.name for other in terms if other.see == term.name]))
    lines.append("\n## In the order of the notebooks")
    for notebook in dict.fromkeys(term.notebook for term in terms):
        here = [term for term in terms if term.notebook == notebook and not term.see]
        words = ", ".join(f"[{term.base}](#{term.anchor})" for term in here)
        place = f'<a id="notebook-{notebook[:2]}"></a>**[{title(notebook)}](notebooks/{notebook}.ipynb)**'
        lines.append(f"\n{place}: {words}.")
    return "\n".join(lines) + "\n"


def refresh_words(path: Path) -> None:
    """Write the line of new words into a notebook's first cell, and change nothing else."""
    notebook = read(path)
    first = notebook.cells[0]
    changed = with_words(first.source, words_line(path))
    if changed != first.source:
        first.source = changed
        nbformat.write(notebook, path)


def main(arguments: list[str]) -> None:
    try:
        terms = terms_of_course()
        written = page(terms)
    except ValueError as error:  # a TOMLDecodeError is one
        sys.exit(f"{SOURCE.relative_to(ROOT)} cannot be used: {error}. Remedy: mend that entry.")
    GLOSSARY.write_text(written, encoding="utf-8")
    paths = [Path(name).resolve() for name in arguments] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        refresh_words(path)
    print(f"GLOSSARY.md: {len(terms)} entries; new words in {len(paths)} notebooks.")


if __name__ == "__main__":
    main(sys.argv[1:])
