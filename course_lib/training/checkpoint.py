"""Save and resume, atomically, without pickle.

A checkpoint is one safetensors file: tensors by name, and in its header the rest as JSON. It is
written beside its target, flushed to the disk and then moved into place, so at every moment the
target is either the old file or the new one. A digest in the header tells a damaged file.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from course_lib.errors import CheckpointError

FORMAT = "course_lib checkpoint 1"


def save_checkpoint(path: Path | str, tensors: dict[str, Tensor], info: dict) -> None:
    """Write tensors and JSON-able `info` to `path`, replacing the file there in one step.

    Raises:
        CheckpointError: the folder is missing, read-only or full; a file already at `path` is untouched.
    """
    path = Path(path)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"format": FORMAT, "info": json.dumps(info)}
    header["digest"] = _digest(tensors, header["info"])
    part = path.with_name(path.name + ".part")  # left behind by a kill, it is overwritten the next time
    try:
        with open(part, "wb") as file:
            file.write(save(tensors, metadata=header))
            file.flush()
            os.fsync(file.fileno())  # the data is on the disk before the name points to it
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise CheckpointError(
            f"{path} could not be written: {error.strerror or error}. Remedy: choose a folder that exists, "
            "has space and may be written. What was there before is unchanged."
        ) from error


def load_checkpoint(path: Path | str) -> tuple[dict[str, Tensor], dict]:
    """Return the tensors, on the CPU, and the info of a checkpoint.

    Raises:
        CheckpointError: no such file, not a safetensors file, not of this course, or damaged.
    """
    path = Path(path)
    try:
        path.open("rb").close()  # safetensors would say of a file that may not be read that it does not exist
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} does not exist. Remedy: check the name, or train and save first."
        ) from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a readable safetensors file ({error}). Remedy: restore it, or delete it and train anew."
        ) from error
    if header.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} was not written by this course ('{FORMAT}' is missing in its header). "
            "Remedy: give a checkpoint that save_checkpoint or save_weights wrote."
        )
    if header.get("digest") != _digest(tensors, header.get("info", "")):
        raise CheckpointError(
            f"{path} is damaged: its content does not match its digest. "
            "Remedy: restore it, or delete it and train anew."
        )
    return tensors, json.loads(header["info"])


def _digest(tensors: dict[str, Tensor], info: str) -> str:
    """Return the SHA-256 over the names, types, shapes and bytes of all tensors, and over `info`."""
    digest = hashlib.sha256(info.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def save_weights(path: Path | str, model: nn.Module, info: dict | None = None) -> None:
    """Write the weights and buffers of `model`, with JSON-able `info` about them."""
    save_checkpoint(path, model.state_dict(), info or {})


def load_weights(path: Path | str, model: nn.Module) -> dict:
    """Read weights that `save_weights` wrote into `model`, and return the info stored with them.

    Raises:
        CheckpointError: as `load_checkpoint`, or the weights are those of another architecture.
    """
    tensors, info = load_checkpoint(path)
    put_into(model, tensors, path)
    return info


def put_into(model: nn.Module, tensors: dict[str, Tensor], path: Path | str) -> None:
    """Copy `tensors` into `model`, which must have exactly these names and shapes; all of them or none."""
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if expected != found:
        name = min(set(expected.items()) ^ set(found.items()))[0]
        raise CheckpointError(
            f"{path} holds the weights of another model: '{name}' is {found.get(name, 'missing')} in the file and "
            f"{expected.get(name, 'missing')} in the model. "
            "Remedy: build the model with the settings it was saved with."
        )
    model.load_state_dict(tensors)
