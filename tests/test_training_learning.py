"""Training learns what can be learned; with labels shuffled, or the step left out, it does not."""

import pytest
import torch

from course_lib.training.classifier import fit_classifier
from tests.helpers import CLASSES, seeded, small_config, small_model, striped_images

VALIDATION = striped_images(150, seed=1)


def accuracy_after_training(train, model=None):
    config = small_config(epochs=6, learning_rate=0.2)
    return fit_classifier(model or small_model(), train, VALIDATION, config, progress=False).last(
        "validation_accuracy"
    )


def test_a_separable_problem_is_learned():
    assert accuracy_after_training(striped_images(200)) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_with_shuffled_labels_it_is_not(seed):
    images, labels = striped_images(200)
    shuffled = labels[torch.randperm(len(labels), generator=seeded(seed))]
    assert accuracy_after_training((images, shuffled)) < 0.75


def test_without_the_optimisers_step_weights_stay_and_accuracy_is_that_of_chance(monkeypatch):
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: None)
    model = small_model()
    before = [parameter.clone() for parameter in model.parameters()]
    assert accuracy_after_training(striped_images(200), model) < 1 / CLASSES + 0.25
    for old, new in zip(before, model.parameters(), strict=True):
        assert torch.equal(old, new)


def test_every_weight_is_trained():
    model = small_model()
    before = [parameter.clone() for parameter in model.parameters()]
    accuracy_after_training(striped_images(32), model)
    for old, (name, new) in zip(before, model.named_parameters(), strict=True):
        assert not torch.equal(old, new), f"{name} has not moved"
