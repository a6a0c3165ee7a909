"""Early stopping: when it stops, what it keeps, and that it keeps a copy."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.training.early_stopping import EarlyStopping


def numbered_model(number):
    """Return a model whose one weight, and whose one buffer, say which epoch it is of."""
    model = nn.Module()
    model.weight = nn.Parameter(torch.tensor(float(number)))
    model.register_buffer("running", torch.tensor(float(number)))
    return model


def run(losses, patience):
    """Train a model that counts epochs; return how many epochs ran, the epoch restored, and the stopper."""
    model, stopping, epochs = numbered_model(-1), EarlyStopping(patience), 0
    for epoch, loss in enumerate(losses):
        with torch.no_grad():
            model.weight.fill_(epoch)  # in place, as an optimiser's step
            model.running.fill_(epoch)
        epochs += 1
        if stopping.update(loss, model):
            break
    stopping.restore(model)
    assert model.weight.item() == model.running.item()
    return epochs, int(model.weight.item()), stopping


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "best"),
    [
        ([3, 2, 1], 1, 3, 2),
        ([3, 2, 2.5, 1], 1, 3, 1),
        ([3, 2, 2.5, 1, 4, 4, 4], 2, 6, 3),
        ([1, 2, 3, 4, 5], 3, 4, 0),
        ([1, 1, 1, 1], 2, 3, 0),  # equal is no improvement
        ([math.nan, 2, 1], 2, 3, 2),
        ([3, 1, math.nan, math.nan, 0], 2, 4, 1),
    ],
)
def test_it_stops_after_patience_epochs_without_a_new_best_and_returns_to_the_best(
    losses, patience, epochs, best
):
    assert run(losses, patience)[:2] == (epochs, best)


@given(
    losses=st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=30),
    patience=st.integers(1, 6),
)
def test_what_is_kept_is_the_first_smallest_loss_that_was_seen(losses, patience):
    epochs, best, stopping = run(losses, patience)
    seen = losses[:epochs]
    assert best == stopping.best_epoch == seen.index(min(seen))
    assert stopping.best_loss == min(seen)
    assert epochs == len(losses) or epochs - 1 - best == patience


def test_nothing_can_be_restored_before_a_number_was_seen():
    stopping, model = EarlyStopping(patience=2), numbered_model(0)
    assert [stopping.update(math.nan, model) for _ in range(2)] == [False, True]
    with pytest.raises(ValueError, match="no weights were kept"):
        stopping.restore(model)


def test_a_patience_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        EarlyStopping(patience=0)
