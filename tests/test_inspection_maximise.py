"""What drives a unit: the right pieces of the right images, and a climb that reaches a known summit."""

import pytest
import torch
from torch import nn

from course_lib.inspection.maximise import blurred, climb, strongest_patches, unit_in_the_middle
from course_lib.layers.shapes import receptive_field
from tests.helpers import assert_same_state, copy_of_state, seeded, small_model

UNITS = {"mean": [0.0], "std": [1.0]}


def test_the_pieces_are_what_the_strongest_units_see():
    field = receptive_field([(3, 1, 1), (2, 2, 0)])  # a convolution and a pooling: 4 pixels, jump 2, start -1
    images = torch.arange(3 * 8 * 8).view(3, 1, 8, 8)
    maps = torch.zeros(3, 4, 4)
    maps[1, 2, 1], maps[0, 0, 3], maps[2, 3, 3] = 9, 5, 1
    where = {"size": field.size, "jump": field.jump, "start": field.start}
    pieces, numbers = strongest_patches(maps, images, 2, **where)
    assert numbers.tolist() == [1, 0]
    assert pieces.shape == (2, 1, 4, 4)
    assert torch.equal(pieces[0], images[1, :, 3:7, 1:5])  # rows -1 + 2·2 on, columns -1 + 2·1 on
    assert torch.equal(pieces[1, :, 1:, :3], images[0, :, 0:3, 5:8])
    assert (pieces[1, :, 0] == 0).all()  # what hangs over the border is black
    assert (pieces[1, :, :, 3] == 0).all()


def test_an_image_outside_its_piece_does_not_matter_to_the_unit():
    convolution = nn.Conv2d(1, 1, 3, padding=1)
    images = torch.rand(6, 1, 9, 9, generator=seeded(0))
    with torch.no_grad():
        maps = convolution(images)[:, 0]
        pieces, numbers = strongest_patches(maps, images, 6, size=3, jump=1, start=-1)
        again = nn.functional.conv2d(pieces, convolution.weight, convolution.bias)[:, 0, 0, 0]
    torch.testing.assert_close(again, maps.flatten(1).amax(dim=1)[numbers])
    assert (again.diff() <= 1e-6).all()  # the strongest first


def test_the_activation_in_the_middle_is_that_of_the_layer():
    model, images = small_model().eval(), torch.rand(2, 1, 8, 8, generator=seeded(0))
    with torch.no_grad():
        activation = unit_in_the_middle(model, model[4], 3)(images)
        torch.testing.assert_close(activation, model[:5](images)[:, 3, 2, 2])
    assert not any(module._forward_hooks for module in model.modules())


def linear_model(weights):
    model = nn.Sequential(nn.Flatten(), nn.Linear(weights.numel(), 1, bias=False))
    model[1].weight.data = weights.reshape(1, -1)
    return model


def test_the_best_image_of_a_linear_unit_is_white_where_its_weights_are_positive():
    weights = torch.tensor([[1.0, -1.0], [-2.0, 0.5]])
    model = linear_model(weights)
    best = climb(model, model, torch.full((1, 2, 2), 0.5), steps=100, **UNITS)
    assert torch.equal(best[0], (weights > 0).float())


def test_one_step_changes_the_pixels_by_the_step_size_in_units_of_white():
    model = linear_model(torch.tensor([[3.0, -3.0], [3.0, 3.0]]))
    start = torch.full((1, 2, 2), 0.5)
    for std in (1.0, 0.25):
        moved = climb(model, model, start, steps=1, step_size=0.1, mean=[0.2], std=[std])
        torch.testing.assert_close(moved[0], torch.tensor([[0.6, 0.4], [0.6, 0.6]]))


def test_blur_and_shifts_make_a_smoother_image_that_the_generator_fixes():
    weights = torch.randn(8, 8, generator=seeded(0))
    model, start = linear_model(weights), torch.full((1, 8, 8), 0.5)

    def roughness(**options):
        image = climb(model, model, start, steps=20, **UNITS, **options)
        return image.diff(dim=1).abs().mean() + image.diff(dim=2).abs().mean()

    plain = roughness()
    assert roughness(blur=0.5) < 0.8 * plain
    assert roughness(largest_shift=1, generator=seeded(1)) < 0.8 * plain
    assert roughness(largest_shift=1, generator=seeded(1)) == roughness(largest_shift=1, generator=seeded(1))
    with pytest.raises(ValueError, match="drawn from a generator"):
        roughness(largest_shift=1)


def test_blurring_keeps_a_flat_image_and_spreads_a_point():
    torch.testing.assert_close(blurred(torch.full((2, 5, 5), 0.3)), torch.full((2, 5, 5), 0.3))
    point = torch.zeros(1, 3, 3)
    point[0, 1, 1] = 16
    assert blurred(point)[0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_climbing_leaves_the_model_and_the_start_as_they_were():
    model, start = small_model(), torch.full((1, 8, 8), 0.5)
    state, modes = copy_of_state(model), [m.training for m in model.modules()]
    image = climb(model, unit_in_the_middle(model, model[4], 0), start, steps=3, **UNITS)
    assert not image.requires_grad
    assert not torch.equal(image, start)
    assert (start == 0.5).all()
    assert_same_state(copy_of_state(model), state)
    assert [m.training for m in model.modules()] == modes
    assert all(p.grad is None for p in model.parameters())


def test_a_picture_that_is_shifted_for_a_step_is_shifted_back():
    model, start = (
        linear_model(torch.zeros(8, 8)),
        torch.rand(1, 8, 8, generator=seeded(0)),
    )  # no slope, no step
    image = climb(model, model, start, steps=5, largest_shift=3, generator=seeded(1), **UNITS)
    assert torch.equal(image, start)
