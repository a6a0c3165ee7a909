"""The average of weights: by hand, with buffers, and apart from the model."""

import pytest
import torch
from torch import nn

from course_lib.models.gans import PointDiscriminator
from course_lib.training.averaging import WeightAverage
from tests.helpers import seeded


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def set_all(module, value):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)


def test_by_hand():
    """Of step t, counted from 1, no more than t / (t + 9) is kept: 1/10, 2/11, then `decay`."""
    net = model()
    set_all(net, 1.0)
    average = WeightAverage(net, decay=0.15)
    set_all(net, 2.0)
    average.update(net, step=1)
    first = 0.1 * 1 + 0.9 * 2
    assert average.model[0].weight.flatten().tolist() == pytest.approx([first] * 6)
    set_all(net, 5.0)
    average.update(net, step=2)  # 2/11 is above the decay, so it is the decay that counts
    assert average.model[0].bias.tolist() == pytest.approx([0.15 * first + 0.85 * 5] * 3)


def test_running_statistics_are_copied_and_not_averaged():
    net = model()
    average = WeightAverage(net, decay=0.9)
    for step in range(1, 4):
        net(torch.randn(8, 2, generator=seeded(step)))
        average.update(net, step)
    assert net[1].num_batches_tracked == 3
    for found, buffer in zip(average.model.buffers(), net.buffers(), strict=True):
        assert torch.equal(found, buffer)
        assert found is not buffer


def test_the_vectors_of_spectral_norm_come_along():
    net = PointDiscriminator((4,), spectral_norm=True)
    average = WeightAverage(net, decay=0.5)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=seeded(0)))
    net(torch.zeros(2, 2))
    average.update(net, 1)
    for found, buffer in zip(average.model.buffers(), net.buffers(), strict=True):
        assert torch.equal(found, buffer)


def test_decay_0_is_the_model_itself():
    net = model()
    average = WeightAverage(net, decay=0.0)
    set_all(net, 7.0)
    average.update(net, 1)
    assert all((parameter == 7).all() for parameter in average.model.parameters())


def test_the_copy_stands_apart():
    net = model()
    average = WeightAverage(net)
    assert not average.model.training
    assert net.training
    assert not any(parameter.requires_grad for parameter in average.model.parameters())
    assert all(parameter.requires_grad for parameter in net.parameters())
    before = average.model[0].weight.clone()
    set_all(net, 3.0)
    assert torch.equal(average.model[0].weight, before)


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_a_decay_that_is_none_is_refused(decay):
    with pytest.raises(ValueError, match="decay must be at least 0 and below 1"):
        WeightAverage(model(), decay)
