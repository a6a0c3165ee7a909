"""Feature maps are recorded as they were, and the model is left as it was, errors or not."""

import pytest
import torch
from torch import nn

from course_lib.inspection.features import evaluation_mode, feature_maps, recorded
from tests.helpers import seeded, small_model


def images(count=5):
    return torch.rand(count, 1, 8, 8, generator=seeded(1))


def hooks(model):
    return sum(len(module._forward_hooks) for module in model.modules())


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_feature_maps_are_those_of_the_layers_up_to_there(batch_size):
    model = small_model().eval()
    expected = model[:5](images())
    maps = feature_maps(model.train(), model[4], images(), batch_size)
    torch.testing.assert_close(maps, expected.detach())
    assert not maps.requires_grad
    assert hooks(model) == 0


def test_feature_maps_of_a_layer_of_another_model_are_refused():
    with pytest.raises(ValueError, match="did not call this layer"):
        feature_maps(small_model(), nn.ReLU(), images())


def test_a_recorded_output_does_not_change_when_the_next_layer_works_in_place():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=True))
    with torch.no_grad(), recorded(model[0]) as outputs:
        model(torch.ones(1, 2))
        model(2 * torch.ones(1, 2))
    torch.testing.assert_close(outputs[0], model[0](torch.ones(1, 2)).detach())
    assert len(outputs) == 2


def test_an_attached_output_can_be_differentiated():
    model = small_model()
    with recorded(model[0], attached=True) as outputs:
        total = model(images()).sum()
    (gradient,) = torch.autograd.grad(total, outputs[0])
    assert gradient.shape == outputs[0].shape


@pytest.mark.parametrize("attached", [True, False])
def test_the_hook_is_removed_after_an_error(attached):
    model = small_model()
    with recorded(model[0], attached=attached):
        assert hooks(model) == 1
    with pytest.raises(RuntimeError), recorded(model[0], attached=attached):
        model(torch.zeros(1, 3, 8, 8))  # three channels instead of one
    assert hooks(model) == 0


def test_each_part_returns_to_its_own_mode_even_after_an_error():
    model = small_model()
    model[1].eval()  # a frozen part
    modes = [module.training for module in model.modules()]
    assert len(set(modes)) == 2
    with evaluation_mode(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(RuntimeError), evaluation_mode(model):
        model(torch.zeros(1, 3, 8, 8))  # three channels instead of one
    assert [module.training for module in model.modules()] == modes
