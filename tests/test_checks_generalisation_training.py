"""The checks of notebook 08 on dropout and early stopping accept right answers and tell wrong ones their mistake."""

import copy

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.generalisation import check_dropout, check_early_stopping
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


def dropout(x, p, training, *, shape=None, factor=None, keep=None):
    """A right answer; the options make typical mistakes."""
    if not training:
        return x
    kept = torch.rand(shape or x.shape) < (1 - p if keep is None else keep)
    return x * kept * (1 / (1 - p) if factor is None else factor)


def by_bernoulli(x, p, training):
    return x * torch.bernoulli(torch.full_like(x, 1 - p)) / (1 - p) if training else x.clone()


def in_place(x, p, training):
    if training:
        x[torch.rand_like(x) < p] = 0
        x /= 1 - p
    return x


def image_by_image_in_float64(x, p, training):
    return torch.stack([dropout(image.double(), p, training) for image in x])


@pytest.mark.parametrize("answer", [dropout, by_bernoulli, in_place, image_by_image_in_float64, F.dropout])
def test_dropout_is_accepted_however_it_is_written(answer):
    assert check_dropout(answer).status == CORRECT


def seeded_inside(x, p, training):
    torch.manual_seed(0)
    return dropout(x, p, training)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x, p, t: dropout(x, p, t, factor=1), "not enlarged"),
        (lambda x, p, t: dropout(x, p, t, factor=1 - p), "multiply by 1 - p in training"),
        (lambda x, p, t: dropout(x, p, t, factor=1 / p), "divide by p, the probability to drop"),
        (lambda x, p, t: dropout(x, p, t, shape=x.shape[1:]), "draws a mask of its own"),
        (lambda x, p, t: dropout(x, p, t, shape=(len(x), 1)), "either all activations"),
        (lambda x, p, t: dropout(x, p, True), "In evaluation, too"),
        (lambda x, p, t: dropout(x, p, t, factor=1) if t else x * (1 - p), "first form"),
        (lambda x, p, t: x if t else 2 * x, "yours are changed"),
        (lambda x, p, t: dropout(x, p, t, keep=p), "to drop, not to keep"),
        (lambda x, p, t: dropout(x, p, t, keep=0.5), "of the activations are dropped"),
        (lambda x, p, t: x, "nothing is dropped"),
        (lambda x, p, t: x * 0 if t else x, "everything is dropped"),
        (lambda x, p, t: dropout(x, p, t, factor=3), "keeps the mean"),
        (lambda x, p, t: dropout(x, p, t) * torch.rand(x.shape) if t else x, "different factors"),
        (seeded_inside, "set no seed inside"),
        (lambda x, p, t: x[0], "The shape should stay"),
        (lambda x, p, t: 3, "A tensor is expected"),
    ],
)  # fmt: skip
def test_a_wrong_dropout_is_told_its_mistake(answer, hint):
    result = check_dropout(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_check_leaves_the_global_generator_as_it_was():
    before = torch.get_rng_state()
    check_dropout(dropout)
    assert torch.equal(torch.get_rng_state(), before)


def early_stopping(keep=copy.deepcopy, *, restore=True, less=lambda loss, best: loss < best, extra=0,
                   reset=True, previous=False, report=lambda best, epoch: best):  # fmt: skip
    """Return a right answer; the options make typical mistakes."""

    def train_with_patience(model, train_one_epoch, validation_loss, patience, max_epochs):
        best_loss, best_epoch, waited, kept = float("inf"), None, 0, None
        for epoch in range(max_epochs):
            train_one_epoch(model)
            loss = validation_loss(model)
            waited += 1
            if less(loss, best_loss):
                best_loss, best_epoch, kept = loss, epoch, keep(model.state_dict())
                waited = 0 if reset else waited - 1
            elif previous:
                best_loss = loss
            if waited >= patience + extra:
                break
        if restore:
            model.load_state_dict(kept)
        return report(best_epoch, epoch)

    return train_with_patience


def broken_early_stopping(model, train_one_epoch, validation_loss, patience, max_epochs):
    """The faulty function that the exercise shows, as it stands there."""
    best_loss, best_weights, waited, epoch = float("inf"), None, 0, 0
    while waited <= patience and epoch < max_epochs:
        train_one_epoch(model)
        loss = validation_loss(model)
        if loss < best_loss:
            best_loss, best_weights = loss, model.state_dict()
        else:
            waited += 1
        epoch += 1
    model.load_state_dict(best_weights)
    return epoch - 1


def by_position(model, train_one_epoch, validation_loss, patience, max_epochs):
    """Keep the weights of all epochs in a list."""
    losses, kept = [], []
    while len(losses) < max_epochs:
        train_one_epoch(model)
        losses.append(validation_loss(model))
        kept.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        if len(losses) - 1 - losses.index(min(losses)) == patience:
            break
    best = losses.index(min(losses))
    model.load_state_dict(kept[best])
    return best


@pytest.mark.parametrize("answer", [early_stopping(), by_position])
def test_early_stopping_is_accepted_however_it_is_written(answer):
    assert check_early_stopping(answer).status == CORRECT


def weights_only(state):
    return {"weight": state["weight"].clone(), "running": state["running"]}


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (early_stopping(restore=False), "ends with the weights of the last epoch"),
        (early_stopping(keep=lambda state: state), "Keep copies"),
        (early_stopping(keep=dict), "Keep copies"),
        (early_stopping(keep=weights_only), "the buffers (running averages) are not"),
        (early_stopping(extra=1), "one epoch too late"),
        (early_stopping(extra=-1), "one epoch too early"),
        (early_stopping(reset=False), "has to start at 0 again"),
        (early_stopping(reset=False, extra=1), "Two mistakes at once"),
        (broken_early_stopping, "Two mistakes at once"),
        (early_stopping(previous=True), "compares with the epoch before"),
        (early_stopping(less=lambda loss, best: loss <= best), "takes an equal loss for an improvement"),
        (early_stopping(extra=1000), "trains all max_epochs epochs"),
        (early_stopping(report=lambda best, epoch: epoch), "The best epoch, counted from 0, is"),
        (early_stopping(report=lambda best, epoch: best + 1), "The best epoch, counted from 0, is"),
        (
            lambda m, train, loss, p, n: early_stopping()(m, train, loss, p, n + 5),
            "never train more than max_epochs",
        ),
        (
            lambda m, train, loss, p, n: early_stopping(report=lambda b, e: None)(m, train, loss, p, n),
            "'return'",
        ),
        (lambda m, train, loss, p, n: 0, "It trained 0 epochs, 9 are expected"),
    ],
)
def test_a_wrong_early_stopping_is_told_its_mistake(answer, hint):
    result = check_early_stopping(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_dropout, check_early_stopping])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
