"""Train a classifier: one plain loop, readable from top to bottom."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from course_lib import runtime
from course_lib.datasets.batches import batches
from course_lib.errors import TrainingError
from course_lib.history import History
from course_lib.training.configuration import ClassifierConfig, learning_rate_at, make_optimizer
from course_lib.training.evaluation import evaluate_classifier
from course_lib.training.resume import resume_run, save_run
from course_lib.training.safeguards import check_before_training, not_a_number


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    *,
    label_smoothing: float = 0.0,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Update the model once and return the loss, a scalar that is not attached to the graph.

    Args:
        images: normalised, shape (batch, channels, height, width).
        labels: int64, shape (batch,).
        label_smoothing: share of the target that is spread over all classes.
        dtype: precision of convolutions and matrix products; the loss is float32 always.
    """
    with runtime.autocast(images.device, dtype):
        logits = model(images)  # (batch, classes)
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def fit_classifier(
    model: nn.Module,
    train: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    config: ClassifierConfig,
    *,
    checkpoint: Path | str | None = None,
    on_epoch_end: Callable[[int, History], None] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place and return, for each epoch, training loss, validation loss and accuracy.

    The model decides the device. The global random generators are left as they were.

    Args:
        train, validation: (images, labels), uint8 of shape (count, channels, height, width) and
            int64 of shape (count,).
        checkpoint: a file that is written after each epoch. If it exists, training resumes after the
            epoch it holds, and on a CPU ends with the very weights of an uninterrupted run.
        on_epoch_end: called with the number of finished epochs and the history so far.
        progress: show a progress bar.

    Raises:
        TrainingError: the loss is not a number; the last checkpoint is kept.
        CheckpointError: the checkpoint is damaged, or of another configuration, model or data size.
        ValueError: images or labels of the wrong type, shape or range.
    """
    check_before_training(model, (train, validation), config, checkpoint)
    generator = torch.Generator().manual_seed(config.seed)
    model.to(memory_format=torch.channels_last)
    optimizer = make_optimizer(model, config)
    run = ({"model": model}, {"optimizer": optimizer}, generator)
    settings = {**dataclasses.asdict(config), "training images": len(train[0])}
    settings = json.loads(json.dumps(settings))  # tuples become lists, as they come back from a file
    history = History()
    if checkpoint is not None and Path(checkpoint).exists():
        history = resume_run(checkpoint, *run, settings)

    dtype = runtime.training_dtype(next(model.parameters()).device)
    steps = math.ceil(len(train[0]) / config.batch_size)
    with tqdm(total=steps * config.epochs, initial=steps * len(history), desc="training", unit="step",
              leave=False, **({} if progress else {"disable": True})) as bar:  # fmt: skip
        for epoch in range(len(history), config.epochs):
            train_loss = train_epoch(model, optimizer, train, config, epoch, generator, dtype, bar.update)
            scores = evaluate_classifier(model, *validation, mean=config.mean, std=config.std, dtype=dtype)
            # the validation loss too: it sees the last step's weights, which are about to be saved
            if not math.isfinite(train_loss + scores["loss"]):
                raise TrainingError(not_a_number(epoch, config, checkpoint))
            history.append(
                train_loss=train_loss,
                validation_loss=scores["loss"],
                validation_accuracy=scores["accuracy"],
            )
            if checkpoint is not None:
                save_run(checkpoint, *run, history, settings)
            if on_epoch_end is not None:
                on_epoch_end(epoch + 1, history)
    return history


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: tuple[Tensor, Tensor],
    config: ClassifierConfig,
    epoch: int,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
    after_step: Callable[[], object] = lambda: None,
    *,
    memory_format: torch.memory_format = torch.channels_last,
) -> float:
    """Train for one epoch, counted from 0, and return the mean loss an image."""
    (images, labels), device = train, next(model.parameters()).device
    epoch_batches = batches(
        images, labels, config.batch_size, mean=config.mean, std=config.std, generator=generator,
        crop_padding=config.crop_padding, flip=config.flip, epoch=epoch, device=device, memory_format=memory_format,
    )  # fmt: skip
    steps = math.ceil(len(images) / config.batch_size)
    loss_sum = torch.zeros((), device=device)
    model.train()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        # dropout draws from the global generator: lend it a seed of ours and give it back afterwards
        torch.manual_seed(torch.randint(2**62, (), generator=generator).item())
        for step, (batch, targets) in enumerate(epoch_batches, start=epoch * steps):
            for group in optimizer.param_groups:  # Muon's filters have a rate relative to the others'
                rate = learning_rate_at(step, steps * config.epochs, config)
                group["lr"] = rate * group.get("relative_lr", 1.0)
            loss = train_step(
                model, optimizer, batch, targets, label_smoothing=config.label_smoothing, dtype=dtype
            )
            loss_sum += loss * len(targets)  # stays on the device: reading it would make a GPU wait
            after_step()
    return loss_sum.item() / len(images)
