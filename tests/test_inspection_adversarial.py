"""The fast gradient sign method against its closed form; its bounds and units; the model stays untouched."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.inspection.adversarial import fast_gradient_sign
from tests.helpers import assert_same_state, copy_of_state, seeded, small_model

MEAN, STD = [0.3, 0.6], [0.2, 0.4]


def two_channels(count=3, seed=0):
    """Return pixels in [0, 1], black and white among them, and the same normalised."""
    pixels = (torch.rand(count, 2, 3, 4, dtype=torch.float64, generator=seeded(seed)) * 1.6 - 0.3).clamp(0, 1)
    return pixels, (pixels - column(MEAN)) / column(STD)


def column(values):
    return torch.tensor(values, dtype=torch.float64).view(-1, 1, 1)


def linear(classes=2, seed=0):
    model = nn.Sequential(nn.Flatten(), nn.Linear(24, classes)).double()
    model[1].weight.data = torch.randn(classes, 24, dtype=torch.float64, generator=seeded(seed))
    return model


@given(st.integers(0, 100), st.floats(0, 0.5), st.booleans())
def test_with_two_classes_and_a_linear_model_the_step_follows_the_difference_of_the_weights(
    seed, epsilon, targeted
):
    model, (pixels, images) = linear(seed=seed), two_channels(seed=seed)
    labels = torch.tensor([0, 1, 0])
    towards_one = (model[1].weight[1] - model[1].weight[0]).sign().view(2, 3, 4)
    away = torch.where((labels == 0)[:, None, None, None], towards_one, -towards_one)
    expected = (pixels + epsilon * (-away if targeted else away)).clamp(0, 1)
    result = fast_gradient_sign(model, images, labels, epsilon, mean=MEAN, std=STD, targeted=targeted)
    torch.testing.assert_close(result * column(STD) + column(MEAN), expected.detach())


def test_the_step_is_epsilon_in_pixel_values_and_the_result_stays_between_black_and_white():
    pixels, images = two_channels(20)
    labels = torch.zeros(20, dtype=torch.int64)
    moved = fast_gradient_sign(linear(3), images, labels, 0.05, mean=MEAN, std=STD)
    moved = moved * column(STD) + column(MEAN)
    change = (moved - pixels).abs()
    inside = (pixels > 0.05) & (pixels < 0.95)
    torch.testing.assert_close(change[inside], torch.full_like(change[inside], 0.05))
    assert change.max() < 0.05 + 1e-9
    assert moved.min() > -1e-9
    assert moved.max() < 1 + 1e-9


def test_the_loss_rises_or_falls_to_first_order():
    model, (_, images), labels = linear(3), two_channels(5), torch.tensor([0, 1, 2, 0, 1])
    loss = F.cross_entropy(model(images), labels)
    for targeted in (False, True):
        moved = fast_gradient_sign(model, images, labels, 1e-3, mean=MEAN, std=STD, targeted=targeted)
        change = F.cross_entropy(model(moved), labels) - loss
        assert change < 0 if targeted else change > 0


def test_an_epsilon_of_zero_changes_nothing_and_a_negative_one_is_refused():
    model, (_, images), labels = linear(), two_channels(), torch.tensor([0, 1, 0])
    torch.testing.assert_close(fast_gradient_sign(model, images, labels, 0, mean=MEAN, std=STD), images)
    with pytest.raises(ValueError, match="must not be negative"):
        fast_gradient_sign(model, images, labels, -0.1, mean=MEAN, std=STD)


def test_an_image_is_attacked_in_a_batch_as_alone_whatever_the_mode():
    model = small_model().double()  # batch normalisation and dropout, in training mode
    images = torch.rand(4, 1, 8, 8, dtype=torch.float64, generator=seeded(0))
    labels, options = torch.tensor([0, 1, 2, 0]), {"mean": [0.0], "std": [1.0]}
    together = fast_gradient_sign(model, images, labels, 0.1, **options)
    alone = [
        fast_gradient_sign(model, images[i : i + 1], labels[i : i + 1], 0.1, **options) for i in range(4)
    ]
    torch.testing.assert_close(together, torch.cat(alone))


def test_the_model_stays_as_it_was():
    model = small_model()
    model[1].eval()
    state, modes = copy_of_state(model), [m.training for m in model.modules()]
    with torch.no_grad():
        fast_gradient_sign(model, torch.rand(2, 1, 8, 8), torch.tensor([0, 1]), 0.1, mean=[0.0], std=[1.0])
    assert_same_state(copy_of_state(model), state)
    assert [m.training for m in model.modules()] == modes
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
