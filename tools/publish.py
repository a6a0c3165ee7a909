"""Write the repository's address on GitHub into everything that names it.

    python -m tools.publish owner/name            (or `make publish REPO=owner/name`)

The address is one setting in pyproject.toml. Badges and set-up cells of all notebooks are made from it, what README.md
says about getting the course, and the address in CITATION.cff; nothing is executed. On Colab the set-up cell fetches
the tag "v" + version: push that tag as well.
"""

import re
import sys
from pathlib import Path

from tools.execute_notebooks import refresh_common_parts
from tools.notebook_parts import ROOT, notebook_paths, settings

ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
SETTING = re.compile(r'^repository = ".*"$', re.MULTILINE)
CITED = re.compile(r"^(license: .*)\n(?:repository-code: .*\n)?", re.MULTILINE)
GETTING = re.compile(r"(?<=<!-- get the course: make publish -->\n).*?(?=<!-- end -->)", re.DOTALL)
UNPUBLISHED = """Get the course from the page that shows you this text: its button *Code* has an address for
`git clone`, and *Download ZIP* for those who have no git. Everything below is typed in the course's folder.
"""
PUBLISHED = """Have a look without installing anything:
[notebook 00 on Colab](https://colab.research.google.com/github/{address}/blob/main/notebooks/00_start_here.ipynb); each
notebook has a badge that opens it there. Or get the course, whose folder is where everything below is typed:

```
git clone https://github.com/{address}
cd {name}
```

Without git, [download it](https://github.com/{address}/archive/refs/heads/main.zip) and unpack it.
"""


def getting_the_course(address: str) -> str:
    """Return what README.md says about getting the course from `address`, OWNER/NAME until there is one."""
    text = UNPUBLISHED if address == "OWNER/NAME" else PUBLISHED
    return text.format(address=address, name=address.split("/")[1])


def with_replacement(path: Path, pattern: re.Pattern, replacement: str) -> str:
    """Return a file's text in which the one place that matches `pattern` is replaced.

    Raises:
        ValueError: there is no such place in it, or more than one.
    """
    text, count = pattern.subn(replacement, path.read_text(encoding="utf-8"))
    if count != 1:
        raise ValueError(f"{path.name} must have one place that matches {pattern.pattern!r}, it has {count}")
    return text


def publish(address: str) -> int:
    """Write `address`, OWNER/NAME, everywhere and return how many notebooks name it now.

    Raises:
        ValueError: it is not of the form owner/name.
    """
    if not ADDRESS.fullmatch(address):
        raise ValueError(
            f"the repository is named as on GitHub, owner/name, without https:// and .git; got {address!r}"
        )
    changes = {
        "pyproject.toml": (SETTING, f'repository = "{address}"'),
        "README.md": (GETTING, getting_the_course(address)),
        "CITATION.cff": (CITED, rf"\1\nrepository-code: https://github.com/{address}\n"),
    }
    texts = {name: with_replacement(ROOT / name, *change) for name, change in changes.items()}
    for name, text in texts.items():  # only now: a file that does not fit leaves all as they were
        (ROOT / name).write_text(text, encoding="utf-8")
    paths = notebook_paths()
    for path in paths:
        refresh_common_parts(path)
    return len(paths)


def main(arguments: list[str]) -> None:
    address = " ".join(arguments)
    try:
        count = publish(address)
    except ValueError as error:
        sys.exit(f"Say make publish REPO=owner/name: {error}")
    tag = settings()["project"]["version"]
    print(
        f"{address} is written into pyproject.toml, README.md, CITATION.cff and {count} notebooks. "
        f"Commit, then: git tag v{tag} && git push --tags"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
