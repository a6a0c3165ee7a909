"""What is written down of a notebook's executions holds exactly as long as what they depend on stays the same."""

import subprocess

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.soak import EXECUTED, version, without_alt

PICTURE = 'show(\n    figure,\n    alt="{}" " (π)",\n)'


def test_the_version_changes_with_what_is_executed_and_with_nothing_else(tmp_path):
    def commit(changed):
        (tmp_path / changed).parent.mkdir(parents=True, exist_ok=True)
        with open(tmp_path / changed, "a") as file:
            file.write("more\n")
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *author, "commit", "-qm", changed], cwd=tmp_path, check=True)
        return version("a.ipynb", tmp_path)

    notebook = new_notebook(cells=[new_markdown_cell("Text."), new_code_cell("1")])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert version("a.ipynb", tmp_path) == "no commit"
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for path in EXECUTED:
        first = commit(path if "." in path else f"{path}/file")
    assert commit("README.md") == first == commit("b.ipynb")
    versions = []
    for cell, source in ((0, "Better text."), (1, PICTURE.format("a dog")), (1, PICTURE.format("a cat"))):
        notebook.cells[cell].source = source
        nbformat.write(notebook, tmp_path / "a.ipynb")
        versions.append(version("a.ipynb", tmp_path))
    assert first == versions[0] != versions[1] == versions[2]
    others = [commit(path if "." in path else f"{path}/file") for path in EXECUTED]
    assert len({versions[1], *others}) == len(EXECUTED) + 1


def test_only_alternative_texts_are_left_out_of_the_code():
    assert without_alt(PICTURE.format("a dog")) == PICTURE.replace('"{}" " (π)"', '""')
    for code in ("alt = 'a dog'", "f(alt=dog)", "%pip install x\nf(alt='a dog')"):
        assert without_alt(code) == code
