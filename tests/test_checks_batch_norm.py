"""The check of batch normalisation against right answers, written in several ways, and against typical wrong ones."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.batch_norm import check_batch_norm
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.layers.normalisation import batch_norm2d


def by_the_library(x, scale, shift, mean, var, training, momentum, eps):
    return batch_norm2d(x, scale, shift, mean, var, training=training, momentum=momentum, eps=eps)


def by_torch_in_place(x, scale, shift, mean, var, training, momentum, eps):
    return F.batch_norm(x, mean, var, scale, shift, training, momentum, eps), mean, var


def by_hand(
    x, scale, shift, mean, var, training, momentum, eps, *, batch_dims=(0, 2, 3), normalising=0, remembered=1,
    swapped=False, batch_in_evaluation=False, remember_in_evaluation=False, size=None, affine=True,
    root_remembered=False,
):  # fmt: skip
    """With kept dimensions; the options make typical mistakes."""
    channels = lambda v: v.view(1, -1, 1, 1)  # noqa: E731
    batch_mean = x.mean(dim=batch_dims, keepdim=True)
    batch_var = x.var(dim=batch_dims, correction=normalising, keepdim=True)
    use_batch = training or batch_in_evaluation
    used_mean, used_var = (batch_mean, batch_var) if use_batch else (channels(mean), channels(var))
    size = size or (lambda v, e: (v + e).sqrt())
    output = (x - used_mean) / size(used_var, eps)
    if affine:
        output = output * channels(scale) + channels(shift)
    if training or remember_in_evaluation:
        share = 1 - momentum if swapped else momentum
        new = x.var(dim=(0, 2, 3), correction=remembered)
        new = new.sqrt() if root_remembered else new
        mean = (1 - share) * mean + share * x.mean(dim=(0, 2, 3))
        var = (1 - share) * var + share * new
    return output, mean, var


def by_loops(x, scale, shift, mean, var, training, momentum, eps):
    output = torch.zeros_like(x)
    for c in range(x.shape[1]):
        numbers = x[:, c].flatten()
        m, v, n = mean[c].clone(), var[c].clone(), len(numbers)
        if training:
            m = numbers.sum() / n
            v = ((numbers - m) ** 2).sum() / n
            mean[c] = (1 - momentum) * mean[c] + momentum * m
            var[c] = (1 - momentum) * var[c] + momentum * v * n / (n - 1)
        output[:, c] = (x[:, c] - m) / (v + eps) ** 0.5 * scale[c] + shift[c]
    return output, mean, var


def changing_its_input(x, scale, shift, mean, var, training, momentum, eps):
    _, new_mean, new_var = by_hand(x.detach(), scale, shift, mean, var, training, momentum, eps)
    used_mean, used_var = (x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)) if training else (mean, var)
    x -= used_mean.view(1, -1, 1, 1)
    x /= (used_var + eps).sqrt().view(1, -1, 1, 1)
    x *= scale.view(1, -1, 1, 1)
    return x + shift.view(1, -1, 1, 1), new_mean, new_var


def kept_dimensions(*arguments):
    output, mean, var = by_hand(*arguments)
    return output, mean.view(1, -1, 1, 1), var.view(1, -1, 1, 1)


def in_float32(*arguments):
    return by_hand(*[a.float() if isinstance(a, torch.Tensor) else a for a in arguments])


@pytest.mark.parametrize(
    "answer",
    [by_the_library, by_torch_in_place, by_hand, by_loops, kept_dimensions, in_float32, changing_its_input],
)
def test_batch_normalisation_is_accepted_however_it_is_written(answer):
    assert check_batch_norm(answer).status == CORRECT


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"normalising": 1}, "divided by n, not n - 1"),
        ({"batch_dims": (2, 3)}, "of each image by itself"),
        ({"batch_dims": (1, 2, 3)}, "of each image over its channels"),
        ({"batch_dims": (0, 1, 2, 3)}, "over all channels together"),
        ({"batch_dims": (0,)}, "of each pixel over the batch"),
        ({"batch_in_evaluation": True}, "in evaluation mode the running averages normalise"),
        ({"affine": False}, "scale and shift are missing"),
        ({"size": lambda v, e: v + e}, "root of the variance"),
        ({"size": lambda v, e: v.sqrt() + e}, "under the root, not to the root"),
        ({"size": lambda v, e: v.sqrt()}, "ε is missing"),
        ({"swapped": True}, "weights are swapped"),
        ({"remembered": 0}, "unbiased one"),
        ({"swapped": True, "remembered": 0}, "weights are swapped"),
        ({"root_remembered": True}, "not the standard deviation"),
        ({"remember_in_evaluation": True}, "they stay as they are"),
    ],
)
def test_a_wrong_batch_normalisation_is_told_its_mistake(options, hint):
    result = check_batch_norm(lambda *arguments: by_hand(*arguments, **options))
    assert result.status == WRONG
    assert hint in result.message


def always_running_averages(x, scale, shift, mean, var, training, momentum, eps):
    return by_hand(x, scale, shift, mean, var, False, momentum, eps)


def forgets_to_remember(x, scale, shift, mean, var, training, momentum, eps):
    return by_hand(x, scale, shift, mean, var, training, momentum, eps)[0], mean, var


def detached_statistics(x, *rest):
    statistics = x.detach()
    if not rest[4]:
        return by_hand(x, *rest)
    mean = statistics.mean(dim=(0, 2, 3), keepdim=True)
    var = statistics.var(dim=(0, 2, 3), correction=0, keepdim=True)
    scale, shift = (v.view(1, -1, 1, 1) for v in rest[:2])
    return (x - mean) / (var + rest[6]).sqrt() * scale + shift, *by_hand(statistics, *rest)[1:]


def without_gradient(*arguments):
    with torch.no_grad():
        return by_hand(*arguments)


def forgets_to_view(x, scale, shift, mean, var, training, momentum, eps):
    return (x - x.mean(dim=(0, 2, 3))) / x.std(dim=(0, 2, 3)), mean, var


def keeps_the_batch_only(x, scale, shift, mean, var, training, momentum, eps):
    return by_hand(x, scale, shift, mean, var, training, 1.0, eps)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (always_running_averages, "the batch's own mean and variance normalise"),
        (forgets_to_remember, "have not changed"),
        (keeps_the_batch_only, "of the batch alone"),
        (detached_statistics, "do not detach"),
        (without_gradient, "no gradient flows"),
        (forgets_to_view, "view(1, -1, 1, 1)"),
        (lambda *a: by_hand(*a)[0], "Return three things"),
        (lambda *a: (by_hand(*a)[0], None, None), "should be a tensor"),
        (lambda *a: (2 * by_hand(*a)[0], *by_hand(*a)[1:]), "Look at the output"),
        (lambda *a: (by_hand(*a)[0], by_hand(*a)[1], 2 * by_hand(*a)[2]), "Look at running_var"),
    ],
)
def test_another_wrong_batch_normalisation_is_told_its_mistake(answer, hint):
    result = check_batch_norm(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_an_untouched_stub_is_not_attempted():
    def stub(*arguments):
        raise NotImplementedError

    assert check_batch_norm(stub).status == NOT_ATTEMPTED
