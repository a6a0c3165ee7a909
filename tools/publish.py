"""Write the repository's address on GitHub into everything that names it.

    python -m tools.publish owner/name            (or `make publish REPO=owner/name`)

The address is one setting in pyproject.toml; badges and set-up cells of all notebooks are made from it, and nothing
is executed. On Colab the set-up cell fetches the tag "v" + version: push that tag as well.
"""

import re
import sys

from tools.execute_notebooks import refresh_common_parts
from tools.notebook_parts import ROOT, notebook_paths, settings

ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
SETTING = re.compile(r'^repository = ".*"$', re.MULTILINE)


def publish(address: str) -> int:
    """Write `address`, OWNER/NAME, everywhere and return how many notebooks name it now.

    Raises:
        ValueError: it is not of the form owner/name.
    """
    if not ADDRESS.fullmatch(address):
        raise ValueError(
            f"the repository is named as on GitHub, owner/name, without https:// and .git; got {address!r}"
        )
    file = ROOT / "pyproject.toml"
    text, count = SETTING.subn(f'repository = "{address}"', file.read_text(encoding="utf-8"))
    if count != 1:
        raise ValueError(f"pyproject.toml must have one line 'repository = …', it has {count}")
    file.write_text(text, encoding="utf-8")
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
        f"{address} is written into pyproject.toml and {count} notebooks. "
        f"Commit, then: git tag v{tag} && git push --tags"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
