"""What the glossary must satisfy. Each rule yields the problems it finds; `texts` is the markdown of each notebook."""

import re
from collections.abc import Iterator

from tools.glossary import Term, alphabetical

EMPHASIS = re.compile(r"(?<![*\\])(\*\*|\*)(?=[^\s*])([^*]+?)(?<=[^\s*])\1(?!\*)")
ABBREVIATION = re.compile(r"\b[A-Z]{2,}-[A-Z]{2,}\b|\b[A-Z][A-Z0-9]+\b")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LONGEST = 4  # words in an emphasised phrase that may be a term; longer ones are clauses


def plain(text: str) -> str:
    """Return markdown without code, formulas, links' addresses, badge and further reading, where nothing is defined."""
    text = re.sub(r"^## Further reading.*", "", text, flags=re.MULTILINE | re.DOTALL)
    for pattern in (r"```.*?```", r"\$\$.*?\$\$", r"`[^`]*`", r"\$[^$]*\$"):
        text = re.sub(pattern, "…", text, flags=re.DOTALL)
    text = re.sub(r"^\*\*(Time|New words):\*\* .*$|^\[!\[.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"\]\([^)]*\)", "]", text)


def key(phrase: str) -> str:
    """Return a phrase as it is compared: small letters, one kind of dash, no mark at its end.

    >>> key("Kullback–Leibler  divergence:"), key("Dilation.")
    ('kullback-leibler divergence', 'dilation')
    """
    return " ".join(phrase.replace("–", "-").lower().split()).strip(" .:?,")


def forms(term: Term) -> set[str]:
    """Return the ways in which the notebooks may write a term."""
    return {key(form) for form in (term.base, *term.forms)}


def contains(text: str, phrase: str) -> bool:
    """Tell whether a phrase stands in a text as whole words."""
    text = " ".join(text.replace("–", "-").lower().split())
    return re.search(rf"(?<!\w){re.escape(key(phrase))}(?!\w)", text) is not None


def emphasised(text: str) -> list[str]:
    """Return the phrases in *…* and **…** that are short enough to be a term."""
    found = [key(match.group(2)) for match in EMPHASIS.finditer(plain(text))]
    return [
        phrase for phrase in dict.fromkeys(found) if phrase.strip("… ") and len(phrase.split()) <= LONGEST
    ]


def in_its_notebook(terms: list[Term], texts: dict[str, str]) -> Iterator[str]:
    for term in terms:
        if term.notebook not in texts:
            yield f"{term.name}: there is no notebook {term.notebook}"
        elif not any(contains(texts[term.notebook], form) for form in (term.base, *term.forms)):
            yield f"{term.name}: does not occur in {term.notebook}"


def emphasised_is_known(
    terms: list[Term], texts: dict[str, str], not_terms: set[str], other_senses: dict[str, list[str]]
) -> Iterator[str]:
    """A word that a notebook emphasises is a term of this notebook or of an earlier one, or is known to be none."""
    for notebook, text in texts.items():
        so_far = set().union(*(forms(term) for term in terms if term.notebook <= notebook), not_terms)
        for phrase in emphasised(text):
            if phrase not in so_far and phrase not in other_senses.get(notebook, []):
                yield f"{notebook} emphasises {phrase!r}, which is no term up to there"


def abbreviations_are_known(terms: list[Term], texts: dict[str, str], no_words: set[str]) -> Iterator[str]:
    known = no_words.union(*((term.base, *term.forms) for term in terms))
    for notebook, text in texts.items():
        for found in dict.fromkeys(ABBREVIATION.findall(plain(text))):
            if found not in known:
                yield f"{notebook} writes {found!r}, which the glossary does not have"


def entries(terms: list[Term]) -> Iterator[str]:
    names = {term.name for term in terms if not term.see}
    for term in terms:
        if term.see:
            if term.see not in names:
                yield f"{term.name}: points to {term.see!r}, which is no term"
            continue
        if not CHINESE.search(term.chinese):
            yield f"{term.name}: has no Chinese term"
        if not re.match(r"^[A-Z0-9$].*[^.]\.$", term.sentence) or re.search(r"[.?!] [A-Z]", term.sentence):
            yield f"{term.name}: is not explained by one sentence with a full stop"
        if contains(term.sentence, term.base):
            yield f"{term.name}: is explained by itself"
        if "|" in term.sentence + term.chinese:
            yield f"{term.name}: has a bar, which would end the cell of the table"


def anchors(terms: list[Term], page: str) -> Iterator[str]:
    """Every link within the page has its anchor, every anchor is there once, and the rows are in order."""
    found = re.findall(r'<a id="([^"]+)"></a>', page)
    found += [key(heading).replace(" ", "-") for heading in re.findall(r"^## (.*)$", page, re.MULTILINE)]
    for name in sorted({name for name in found if found.count(name) > 1}):
        yield f"the anchor {name!r} is there {found.count(name)} times"
    for target in dict.fromkeys(re.findall(r"\]\(#([^)]+)\)", page)):
        if target not in found:
            yield f"a link leads to {target!r}, which is not there"
    rows = re.findall(r'^\| <a id="([^"]+)"', page, re.MULTILINE)
    if rows != [term.anchor for term in alphabetical(terms)]:
        yield "the rows are not the terms in alphabetical order"
