"""Let kernels begin with some code of ours, without a change to the notebooks."""

from pathlib import Path


def settings(folder: Path, code: str) -> dict[str, str]:
    """Write `code` into `folder`, and return what a kernel's environment needs so that IPython runs it at its start."""
    start = folder / "profile_default" / "startup"
    start.mkdir(parents=True)
    (start / "begin.py").write_text(code, encoding="utf-8")
    return {"IPYTHONDIR": str(folder)}
