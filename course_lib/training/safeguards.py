"""What a training loop makes sure of: fitting data before it starts, and finite losses on the way."""

from pathlib import Path

from torch import Tensor, nn

from course_lib.datasets.image_data import check_images_and_labels
from course_lib.errors import CheckpointError
from course_lib.training.evaluation import predict_logits


def check_before_training(
    model: nn.Module, data: tuple[tuple[Tensor, Tensor], ...], config, checkpoint: Path | str | None
) -> None:
    """Let one image of each set through and compare labels with logits: what does not fit fails here, in words.

    Raises:
        ValueError: images or labels of the wrong type, shape or range, or none at all.
        CheckpointError: there is no folder for the checkpoint.
    """
    if checkpoint is not None and not Path(checkpoint).parent.is_dir():  # now, not after the first epoch
        raise CheckpointError(
            f"{Path(checkpoint).parent} is not a folder. Remedy: make it, or name another one."
        )
    for images, labels in data:
        check_images_and_labels(images, labels)
        if len(images) == 0:
            raise ValueError("there are no images to train or validate on")
        class_count = predict_logits(model, images[:1], mean=config.mean, std=config.std).shape[1]
        check_images_and_labels(images, labels, class_count)


def not_a_number(epoch: int, config, checkpoint: Path | str | None) -> str:
    """Return what to say of a loss that became infinite or NaN in `epoch`, counted from 0."""
    kept = f" {checkpoint} still holds the epoch before." if checkpoint and epoch > 0 else ""
    return (
        f"the loss became infinite or not a number in epoch {epoch + 1} of {config.epochs}.{kept} "
        f"Remedy: lower learning_rate (it is {config.learning_rate}), and check the images for wrong values."
    )
