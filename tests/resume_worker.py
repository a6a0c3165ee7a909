"""What a process does that a test kills and starts again: train the small model with a checkpoint."""

import torch

from course_lib.training.checkpoint import save_weights
from course_lib.training.classifier import fit_classifier
from tests.helpers import small_config, small_model, striped_images

CONFIG = small_config(epochs=30)
TRAIN, VALIDATION = striped_images(400), striped_images(50, seed=1)


def train(folder, tell) -> None:
    """Train to the end, beginning from `folder/run` if it is there; `tell` is called after each epoch."""
    torch.set_num_threads(1)
    model = small_model()
    fit_classifier(
        model, TRAIN, VALIDATION, CONFIG, checkpoint=folder / "run", progress=False,
        on_epoch_end=lambda finished, history: tell(finished),
    )  # fmt: skip
    save_weights(folder / "weights", model)
