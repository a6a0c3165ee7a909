"""One step, the learning rate, one epoch, and what a whole run leaves alone."""

import copy
import random as python_random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.training import classifier
from course_lib.training.classifier import (
    ClassifierConfig,
    fit_classifier,
    learning_rate_at,
    make_optimizer,
    train_epoch,
    train_step,
)
from tests.helpers import (
    assert_same_state,
    copy_of_state,
    seeded,
    small_config,
    small_model,
    striped_images,
)

TRAIN, VALIDATION = striped_images(56), striped_images(20, seed=1)  # 56: the last batch of 16 has 8


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_two_steps_equal_those_written_out_by_hand(smoothing):
    images, labels = torch.randn(8, 1, 8, 8, generator=seeded(0)), torch.arange(8) % 3
    model = small_model().eval()  # without dropout's chance
    by_hand = copy.deepcopy(model)
    config = small_config(momentum=0.9, weight_decay=0.01)
    optimizer = make_optimizer(model, config)
    velocity = [torch.zeros_like(weight) for weight in by_hand.parameters()]
    for step in range(2):
        loss = train_step(model, optimizer, images, labels, label_smoothing=smoothing)
        target = F.one_hot(labels, 3) * (1 - smoothing) + smoothing / 3
        expected = -(target * by_hand(images).log_softmax(dim=1)).sum(dim=1).mean()
        gradients = torch.autograd.grad(expected, list(by_hand.parameters()))
        assert loss.shape == ()
        assert not loss.requires_grad
        assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
        with torch.no_grad():
            for number, (weight, gradient) in enumerate(zip(by_hand.parameters(), gradients, strict=True)):
                gradient = gradient + 0.01 * weight
                velocity[number] = 0.9 * velocity[number] + gradient
                weight -= 0.1 * (gradient + 0.9 * velocity[number])  # Nesterov looks one step ahead
        for found, wanted in zip(model.parameters(), by_hand.parameters(), strict=True):
            assert torch.allclose(found, wanted, atol=1e-5), f"step {step}"


def test_a_step_in_bfloat16_keeps_weights_and_loss_in_float32():
    model = small_model()
    images, labels = torch.randn(8, 1, 8, 8, generator=seeded(0)), torch.arange(8) % 3
    loss = train_step(model, make_optimizer(model, small_config()), images, labels, dtype=torch.bfloat16)
    assert loss.dtype == torch.float32
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


@given(total=st.integers(1, 200), rise=st.floats(0.05, 0.95), peak=st.floats(1e-3, 10))
def test_the_learning_rate_is_a_triangle(total, rise, peak):
    config = ClassifierConfig(learning_rate=peak, rise=rise)
    rates = [learning_rate_at(step, total, config) for step in range(total)]
    assert all(0 < rate <= peak for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    for step, rate in enumerate(rates):
        if step + 1 <= rise * total:
            assert rate <= peak * (step + 1) / (rise * total) * (1 + 1e-9)
    assert rates[-1] <= peak / ((1 - rise) * total) * (1 + 1e-9)


def test_an_epoch_gives_the_mean_loss_an_image_and_each_step_its_learning_rate(monkeypatch):
    rates, after = [], []

    def step(model, optimizer, images, labels, **options):
        rates.append(optimizer.param_groups[0]["lr"])
        assert model.training
        assert options["label_smoothing"] == 0.1
        return labels.float().mean()  # a known "loss": its mean over all images is that of the labels

    monkeypatch.setattr(classifier, "train_step", step)
    model, config = small_model(), small_config()
    optimizer = make_optimizer(model, config)
    loss = train_epoch(model, optimizer, TRAIN, config, 1, seeded(0), after_step=lambda: after.append(1))
    assert loss == pytest.approx(TRAIN[1].float().mean().item(), rel=1e-6)
    assert rates == [
        learning_rate_at(number, 12, config) for number in range(4, 8)
    ]  # the second epoch of three
    assert len(after) == 4


def test_a_run_records_an_epoch_a_row_and_tells_the_caller(capsys):
    seen = []
    history = fit_classifier(
        small_model(), TRAIN, VALIDATION, small_config(), progress=False,
        on_epoch_end=lambda finished, so_far: seen.append((finished, len(so_far))),
    )  # fmt: skip
    assert history.names == ["train_loss", "validation_loss", "validation_accuracy"]
    assert seen == [(1, 1), (2, 2), (3, 3)]
    assert all(0 <= value <= 1 for value in history["validation_accuracy"])
    assert capsys.readouterr() == ("", "")


def test_the_recorded_scores_are_those_of_the_model_as_it_is_then():
    model, config = small_model(), small_config(epochs=1)
    history = fit_classifier(model, TRAIN, VALIDATION, config, progress=False)
    dtype = classifier.runtime.training_dtype(torch.device("cpu"))
    scores = classifier.evaluate_classifier(model, *VALIDATION, mean=config.mean, std=config.std, dtype=dtype)
    assert history.last("validation_loss") == scores["loss"]
    assert history.last("validation_accuracy") == scores["accuracy"]


def global_states():
    numpy_state = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), python_random.getstate(), numpy_state[1].tolist(), numpy_state[2]


def test_a_run_leaves_all_global_generators_as_they_were():
    model = small_model()
    before = global_states()
    fit_classifier(model, TRAIN, VALIDATION, small_config(epochs=1), progress=False)
    assert global_states() == before


def test_the_global_generators_are_left_alone_even_when_a_step_fails(monkeypatch):
    def fail(*arguments, **options):
        torch.rand(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier, "train_step", fail)
    model = small_model()
    before = global_states()
    with pytest.raises(KeyboardInterrupt):
        fit_classifier(model, TRAIN, VALIDATION, small_config(epochs=1), progress=False)
    assert global_states() == before


def state_after_run(seed, global_seed=0):
    torch.manual_seed(global_seed)
    model = small_model()
    fit_classifier(model, TRAIN, VALIDATION, small_config(seed=seed), progress=False)
    return copy_of_state(model)


def test_equal_seeds_give_equal_weights_whatever_the_global_seed_and_others_do_not():
    first = state_after_run(seed=3)
    assert_same_state(first, state_after_run(seed=3, global_seed=99))
    assert not torch.equal(first["0.weight"], state_after_run(seed=4)["0.weight"])


def test_the_optimiser_is_what_the_configuration_says():
    group = make_optimizer(small_model(), small_config(momentum=0.0, weight_decay=0.5)).param_groups[0]
    assert (group["momentum"], group["weight_decay"], group["nesterov"]) == (0.0, 0.5, False)
    assert make_optimizer(small_model(), small_config()).param_groups[0]["nesterov"]
