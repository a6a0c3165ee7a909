"""Write weights that come with the course, and the card that describes them."""

import hashlib
import json

import torch
from torch import nn

from course_lib.training.bundled import bundled_path
from course_lib.training.checkpoint import load_checkpoint, save_weights


def write_weights_and_card(name: str, model: nn.Module, card: dict) -> dict:
    """Write data/checkpoints/`name`.safetensors and .json, say how they compare with what was there; return the card.

    Args:
        name: such as "fashion_cnn".
        card: JSON-able: the model, its data, settings, seed and scores; the SHA-256 of the file is added here.
    """
    path = bundled_path(name)
    path.parent.mkdir(exist_ok=True)
    before = load_checkpoint(path)[0] if path.exists() else None
    save_weights(path, model.to(memory_format=torch.contiguous_format), {"model": type(model).__name__})
    card = {**card, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    if before is not None:
        # the tensors, not the files: safetensors writes its header's entries in no fixed order
        after = load_checkpoint(path)[0]
        equal = before.keys() == after.keys() and all(
            torch.equal(before[name], after[name]) for name in after
        )
        print(
            "The weights are "
            + ("equal to the bit to those that were there." if equal else "not those that were there.")
        )
    return card
