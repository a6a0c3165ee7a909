"""Wrong data fails before training, in words; a loss that is no number stops it and keeps the last checkpoint."""

import pytest
import torch
from torch import nn

from course_lib.datasets.batches import normalise
from course_lib.errors import CheckpointError, TrainingError
from course_lib.models.classifiers import CourseCNN
from course_lib.training.checkpoint import load_checkpoint
from course_lib.training.classifier import fit_classifier
from tests.helpers import assert_same_state, copy_of_state, small_config, small_model, striped_images

TRAIN, VALIDATION = striped_images(32), striped_images(12, seed=1)


def refused(train, validation, message, model=None):
    model = model or small_model()
    before = copy_of_state(model)
    with pytest.raises(ValueError, match=message):
        fit_classifier(model, train, validation, small_config(), progress=False)
    assert_same_state(copy_of_state(model), before)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_labels_out_of_range_in_either_part(part):
    pairs = {"train": TRAIN, "validation": VALIDATION}
    images, labels = pairs[part]
    pairs[part] = (images, labels + 1)
    refused(pairs["train"], pairs["validation"], "below the number of classes, 3; got values from 1 to 3")
    pairs[part] = (images, labels - 1)
    refused(pairs["train"], pairs["validation"], "labels must be at least 0; got values from -1")


@pytest.mark.parametrize("part", ["train", "validation"])
def test_images_that_are_normalised_already(part):
    pairs = {"train": TRAIN, "validation": VALIDATION}
    images, labels = pairs[part]
    pairs[part] = (normalise(images, (0.3,), (0.25,)), labels)
    refused(pairs["train"], pairs["validation"], "they look normalised already")


def test_images_of_another_size_than_the_model_takes():
    message = r"takes images of shape \(batch, 1, 28, 28\), got \(1, 1, 8, 8\); resize or crop them first"
    refused(TRAIN, VALIDATION, message, model=CourseCNN(class_count=3))


def test_no_images_at_all():
    refused((TRAIN[0][:0], TRAIN[1][:0]), VALIDATION, "there are no images to train or validate on")


def test_labels_of_another_count():
    refused((TRAIN[0], TRAIN[1][1:]), VALIDATION, "one an image")


class BreaksInEpoch(nn.Module):
    """Returns logits that are no numbers from a certain training step on."""

    def __init__(self, good_steps):
        super().__init__()
        self.net, self.good_steps = small_model(), good_steps

    def forward(self, images):
        if self.training:
            self.good_steps -= 1
        logits = self.net(images)
        return logits * float("nan") if self.training and self.good_steps < 0 else logits


def test_a_loss_that_is_no_number_stops_training_and_keeps_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    model = BreaksInEpoch(good_steps=3)  # an epoch has two steps: it breaks in the second
    with pytest.raises(TrainingError) as caught:
        fit_classifier(model, TRAIN, VALIDATION, small_config(), checkpoint=path, progress=False)
    message = str(caught.value)
    assert "infinite or not a number in epoch 2 of 3" in message
    assert f"{path} still holds the epoch before" in message
    assert "Remedy: lower learning_rate (it is 0.1)" in message
    tensors, info = load_checkpoint(path)
    assert len(info["history"]) == 1
    assert all(tensor.isfinite().all() for tensor in tensors.values())


def test_weights_that_are_broken_by_the_last_step_of_an_epoch_are_not_saved(tmp_path):
    """The training loss of that step was computed before the update, so it is still a number."""
    path = tmp_path / "run.safetensors"
    config = small_config(batch_size=32, learning_rate=1e38)
    with pytest.raises(TrainingError, match=r"in epoch 1 of 3\. Remedy: lower learning_rate"):
        fit_classifier(small_model(), TRAIN, VALIDATION, config, checkpoint=path, progress=False)
    assert not path.exists()


def test_a_checkpoint_without_a_folder_is_told_before_training(tmp_path):
    with pytest.raises(CheckpointError, match="is not a folder. Remedy"):
        fit_classifier(
            small_model(), TRAIN, VALIDATION, small_config(), progress=False,
            checkpoint=tmp_path / "missing" / "run.safetensors",
        )  # fmt: skip


def test_a_checkpoint_that_is_none_is_told_and_left_as_it_is(tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_text("not a checkpoint")
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        fit_classifier(small_model(), TRAIN, VALIDATION, small_config(), checkpoint=path, progress=False)
    assert path.read_text() == "not a checkpoint"


def test_a_loss_that_is_no_number_without_a_checkpoint_promises_none():
    with pytest.raises(TrainingError) as caught:
        fit_classifier(BreaksInEpoch(3), TRAIN, VALIDATION, small_config(), progress=False)
    assert "still holds" not in str(caught.value)
    assert torch.is_grad_enabled()
