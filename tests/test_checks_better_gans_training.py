"""The checks of notebook 16 on training: right answers and typical wrong ones."""

import pytest
import torch

from course_lib.checks.better_gans_training import check_augmented_logits, check_update_average
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def stub(*arguments):
    raise NotImplementedError


@torch.no_grad()
def update(average, model, decay, *, buffers="copy", move=True):
    """A right answer; the options make typical mistakes."""
    for old, new in zip(average.parameters(), model.parameters(), strict=True):
        mixed = decay * old + (1 - decay) * new
        if move:
            old.copy_(mixed)
        else:
            old = mixed  # noqa: PLW2901
    for old, new in zip(average.buffers(), model.buffers(), strict=True):
        if buffers == "copy":
            old.copy_(new)
        elif buffers == "mix" or (buffers == "mix floats" and old.is_floating_point()):
            old.copy_(decay * old + (1 - decay) * new)
        elif buffers == "mix floats":
            old.copy_(new)


def by_names(average, model, decay):
    new, old = model.state_dict(), average.state_dict()
    weights = dict(average.named_parameters())
    average.load_state_dict(
        {name: old[name].lerp(new[name], 1 - decay) if name in weights else new[name] for name in new}
    )


@pytest.mark.parametrize("answer", [update, by_names])
def test_an_average_is_accepted_however_it_is_written(answer):
    assert check_update_average(answer).status == CORRECT


def the_model_moves(average, model, decay):
    update(average, model, decay)
    update(model, average, decay)


def without_no_grad(average, model, decay):
    for old, new in zip(average.parameters(), model.parameters(), strict=True):
        old.mul_(decay).add_(new, alpha=1 - decay)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda a, m, d: update(a, m, 1 - d), "decay is the share that is kept"),
        (lambda a, m, d: update(a, m, d, move=False), "has not moved"),
        (lambda a, m, d: a.load_state_dict(m.state_dict()), "nothing was kept"),
        (lambda a, m, d: update(a, m, d, buffers="none"), "Copy the buffers too"),
        (lambda a, m, d: update(a, m, d, buffers="mix"), "is averaged"),
        (lambda a, m, d: update(a, m, d, buffers="mix floats"), "is averaged"),
        (the_model_moves, "The model itself has changed"),
        (without_no_grad, "raised RuntimeError"),
        (lambda a, m, d: update(a.layer, m.layer, d), "Are all parameters visited?"),
    ],
)
def test_wrong_averages_are_told_apart(answer, hint):
    result = check_update_average(answer)
    assert result.status == WRONG
    assert hint in result.message


def logits(discriminator, real, fake, augment):
    return discriminator(augment(real)), discriminator(augment(fake))


def in_one_batch(discriminator, real, fake, augment):
    both = discriminator(augment(torch.cat([real, fake])))
    return both[: len(real)], both[len(real) :]


@pytest.mark.parametrize("answer", [logits, in_one_batch])
def test_augmented_logits_are_accepted_however_they_are_written(answer):
    assert check_augmented_logits(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda d, r, f, a: (d(r), d(f)), "nothing was augmented"),
        (lambda d, r, f, a: (d(a(r)), d(f)), "Only the real images"),
        (lambda d, r, f, a: (d(r), d(a(f))), "Only the generated images"),
        (lambda d, r, f, a: logits(d, r, f, a)[::-1], "exchanged"),
        (lambda d, r, f, a: logits(d, r, f.detach(), a), "No gradient comes back"),
        (lambda d, r, f, a: logits(d, r, f, lambda x: a(x).detach()), "No gradient comes back"),
        (lambda d, r, f, a: (d(a(a(r))), d(a(a(f)))), "20 images were augmented"),
        (lambda d, r, f, a: d(a(r)), "Two tensors"),
        (lambda d, r, f, a: (a(r), a(f)), "Two tensors"),
        (lambda d, r, f, a: (d(a(r)).sigmoid(), d(a(f)).sigmoid()), "not those of the augmented images"),
    ],
)
def test_wrong_augmented_logits_are_told_apart(answer, hint):
    result = check_augmented_logits(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_a_stub_is_not_attempted():
    assert check_update_average(stub).status == NOT_ATTEMPTED
    assert check_augmented_logits(stub).status == NOT_ATTEMPTED
    assert check_augmented_logits(...).status == NOT_ATTEMPTED
