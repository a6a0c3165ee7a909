"""Save a training run after each epoch, and take it up again where it was.

What a run consists of: weights, the optimiser's running averages, the random generator and the
history. Learning rates follow from the number of the step and need no storing.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib.errors import CheckpointError
from course_lib.history import History
from course_lib.training.checkpoint import load_checkpoint, put_into, save_checkpoint


def save_run(
    path: Path | str,
    models: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    generator: torch.Generator,
    history: History,
    settings: dict,
) -> None:
    """Write the state of a run to `path` in one step.

    Args:
        models, optimizers: by name; names without dots.
        settings: JSON-able, what must be equal for the run to be resumed: configuration, data size.
    """
    tensors = {"generator": generator.get_state()}
    for name, model in models.items():
        tensors |= {f"{name}.{key}": tensor for key, tensor in model.state_dict().items()}
    for name, optimizer in optimizers.items():
        tensors |= {f"{name}.{key}": tensor for key, tensor in _optimizer_tensors(optimizer).items()}
    save_checkpoint(path, tensors, {"history": history.rows, "settings": settings})


def resume_run(
    path: Path | str,
    models: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer],
    generator: torch.Generator,
    settings: dict,
) -> History:
    """Put the run that `save_run` wrote into these models, optimisers and generator; return its history.

    Raises:
        CheckpointError: the file is damaged, or was written with other settings or another model.
    """
    tensors, info = load_checkpoint(path)
    saved = info.get("settings", {})
    for name in {**saved, **settings}:
        if saved.get(name) != settings.get(name):
            raise CheckpointError(
                f"{path} belongs to another run: {name} was {saved.get(name)} and is now {settings.get(name)}. "
                "Remedy: delete it to start anew, or train with the settings it was made with."
            )
    for name, model in models.items():
        put_into(model, _part(tensors, name), path)
    for name, optimizer in optimizers.items():
        _restore_optimizer(optimizer, _part(tensors, name))
    generator.set_state(tensors["generator"])
    return History(info["history"])


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")
    }


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the running averages by name, as `<number of the parameter>.<what>`."""
    return {
        f"{number}.{what}": torch.as_tensor(value)
        for number, state in optimizer.state_dict()["state"].items()
        for what, value in state.items()
        if value is not None
    }


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, what = name.split(".", 1)
        parameter = parameters[int(number)]
        if tensor.shape == parameter.shape:  # lay it out as its parameter: a fused step pairs them by address
            tensor = torch.empty_like(parameter, requires_grad=False).copy_(tensor)
        state.setdefault(int(number), {})[what] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
