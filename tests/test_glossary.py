"""The glossary is complete, each entry is sound, its links lead somewhere, and the notebooks name their new words."""

import re
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tools import glossary
from tools.glossary import GLOSSARY, MOST_SHOWN, alphabetical, page, parse, terms_of_course, words_line
from tools.glossary_rules import (
    abbreviations_are_known,
    anchors,
    emphasised,
    emphasised_is_known,
    entries,
    forms,
    in_its_notebook,
)
from tools.notebook_parts import NOTEBOOKS, ROOT, markdown, read

KNOWN = tomllib.loads(Path(__file__).with_name("glossary_emphasis.toml").read_text(encoding="utf-8"))
NOT_TERMS = {word for words in KNOWN["not_terms"].values() for word in words}
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


@cache
def texts():
    return {name: markdown(read(NOTEBOOKS / f"{name}.ipynb")) for name in NAMES}


def all_problems(terms):
    yield from in_its_notebook(terms, texts())
    yield from emphasised_is_known(terms, texts(), NOT_TERMS, KNOWN["other_senses"])
    yield from abbreviations_are_known(terms, texts(), set(KNOWN["capitals"]["no_words"]))
    yield from entries(terms)
    yield from anchors(terms, page(terms))


def changed(which, **changes):
    """Return the course's terms with one of them changed, or without it if nothing is given."""
    terms = terms_of_course()
    assert any(term.name == which for term in terms)
    if not changes:
        return [term for term in terms if term.name != which]
    return [replace(term, **changes) if term.name == which else term for term in terms]


def test_the_glossary_is_complete_and_sound():
    assert list(all_problems(terms_of_course())) == []


def test_the_page_is_what_the_tool_writes():
    assert GLOSSARY.read_text(encoding="utf-8") == page(terms_of_course()), "run 'make glossary'"


def test_the_list_of_words_that_are_no_terms_holds_no_stale_one():
    used = {phrase for text in texts().values() for phrase in emphasised(text)}
    assert sorted(NOT_TERMS - used) == []
    words = {form for term in terms_of_course() for form in forms(term)}
    assert sorted(NOT_TERMS & words) == [], "these are terms"


def test_links_to_files_resolve():
    for target in set(re.findall(r"\]\(([^#)][^)]*)\)", GLOSSARY.read_text(encoding="utf-8"))):
        assert (ROOT / target).is_file(), target
    assert "(GLOSSARY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_links_of_a_notebook_lead_into_the_glossary(name):
    line = words_line(NOTEBOOKS / f"{name}.ipynb")
    targets = re.findall(r"GLOSSARY\.md#([^)]+)\)", line)
    assert 1 <= len(targets) <= MOST_SHOWN + 1
    anchors_there = re.findall(r'<a id="([^"]+)">', GLOSSARY.read_text(encoding="utf-8"))
    assert set(targets) <= set(anchors_there)


@pytest.mark.parametrize(
    ("told", "name", "changes"),
    [
        ("emphasises 'adjoint', which is no term", "adjoint", {}),
        ("writes 'BCE', which the glossary does not have", "BCE", {}),
        ("emphasises 'saliency map'", "saliency map", {"name": "map of salience", "forms": ()}),
        ("map of salience: does not occur in", "saliency map", {"name": "map of salience", "forms": ()}),
        ("02_convolution emphasises 'kernel'", "kernel", {"notebook": "03_convolution_gradients"}),
        ("kernel: there is no notebook 18_more", "kernel", {"notebook": "18_more"}),
        ("FID: points to 'FID score'", "FID", {"see": "FID score"}),
        ("a link leads to 'fid-score'", "FID", {"see": "FID score"}),
        ("recall: has no Chinese term", "recall", {"chinese": "recall"}),
        ("recall: is not explained by one", "recall", {"sentence": "The share that was found"}),
        ("recall: is not explained by one", "recall", {"sentence": "A share. Of what was found."}),
        ("recall: is explained by itself", "recall", {"sentence": "The recall of a class."}),
        ("recall: has a bar", "recall", {"sentence": "The share $a | b$ of a class."}),
        ("the anchor 'recall' is there 2 times", "precision", {"name": "recall"}),
    ],
)
def test_what_is_wrong_is_found(told, name, changes):
    problems = all_problems(changed(name, **changes))
    assert any(told in problem for problem in problems)


def test_rows_out_of_order_and_broken_links_are_found():
    terms = terms_of_course()
    written = page(terms)
    assert list(anchors(terms[1:], written)) == ["the rows are not the terms in alphabetical order"]
    broken = written.replace('<a id="stride"></a>', '<a id="strides"></a>')
    assert "a link leads to 'stride', which is not there" in list(anchors(terms, broken))


def test_emphasis_is_found_outside_of_code_formulas_and_further_reading():
    text = (
        "A *new word* and **Another.** but `not *this*`, $a * b * c$ and *one that is much too long*.\n\n"
        "```\n*code*\n```\n\n## Further reading\n\n- *A title.*"
    )
    assert emphasised(text) == ["new word", "another"]


def test_accents_and_dashes_do_not_disturb_the_order():
    names = ["zero", "Fréchet distance", "p-value", "padding", "frame", "1×1 convolution"]
    ordered = alphabetical(parse("[02_x]\n" + "".join(f'"{name}" = "zero"\n' for name in names)))
    wanted = ["1×1 convolution", "frame", "Fréchet distance", "padding", "p-value", "zero"]
    assert [term.name for term in ordered] == wanted


@pytest.mark.parametrize("entry", ['["中文"]', '["中文", "One.", "form", "more"]', "[1, 2]"])
def test_an_entry_of_another_form_is_refused(entry):
    with pytest.raises(ValueError, match="'kernel' in \\[02_x\\] must be a name or"):
        parse(f'[02_x]\n"kernel" = {entry}')


@pytest.mark.parametrize(
    ("text", "told"),
    [("[02_x\n", "Expected"), ('[98_x]\n"a" = ["词", "One."]', r"\[98_x\] names no notebook")],
)
def test_a_broken_file_is_told_in_one_line(text, told, tmp_path, monkeypatch):
    monkeypatch.setattr(glossary, "ROOT", tmp_path)
    monkeypatch.setattr(glossary, "SOURCE", tmp_path / "glossary.toml")
    (tmp_path / "glossary.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(glossary, "GLOSSARY", tmp_path / "GLOSSARY.md")
    with pytest.raises(
        SystemExit, match=rf"^glossary.toml cannot be used: {told}.* Remedy: mend that entry\.$"
    ):
        glossary.main([])
