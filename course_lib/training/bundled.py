"""The trained weights that come with the course, and the card that says how each was made."""

import hashlib
import json
from pathlib import Path

from torch import nn

from course_lib.datasets.images import data_root
from course_lib.errors import CheckpointError
from course_lib.training.checkpoint import load_weights


def bundled_path(name: str) -> Path:
    """Return where the weights called `name` are; their card has the same name and ends in .json."""
    return data_root() / "checkpoints" / f"{name}.safetensors"


def load_bundled(name: str, model: nn.Module) -> dict:
    """Read the bundled weights called `name` into `model`, in evaluation mode, and return their card.

    Args:
        name: file name in data/checkpoints without its ending, such as "fashion_cnn".
        model: of the architecture that the card names.

    Returns:
        the card: what was trained on what and how, its seed, its scores, and the file's SHA-256.

    Raises:
        CheckpointError: weights or card are missing or damaged, do not belong together, or are those of
            another architecture.
    """
    path = bundled_path(name)
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        digest = card["sha256"]
        content = path.read_bytes()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"the bundled weights '{name}' cannot be read ({error}). Remedy: `git checkout -- data` restores "
            "them, `make checkpoints` trains them anew."
        ) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise CheckpointError(
            f"{path} is not the file that {card_path.name} describes: its SHA-256 differs. Remedy: "
            "`git checkout -- data` restores both."
        )
    load_weights(path, model)
    model.eval()
    return card
