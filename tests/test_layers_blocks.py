"""The pooling block and the residual blocks against the same written out, or torchvision's."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.models import resnet

from course_lib.layers.blocks import BasicBlock, PoolingBlock, ResidualBlock
from tests.helpers import seeded


def random_statistics(block, generator):
    """Give every normalisation layer something to do."""
    for module in block.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.running_mean, module.weight.data, module.bias.data):
                values.copy_(torch.randn(values.shape, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=generator))
    return block.eval()


def batch_norm(x, norm):
    mean, var, weight, bias = (
        v.view(1, -1, 1, 1) for v in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / (var + norm.eps).sqrt() * weight + bias


@pytest.mark.parametrize("seed", range(5))
def test_a_residual_block_adds_what_its_branch_makes(seed):
    generator = seeded(seed)
    block = random_statistics(ResidualBlock(6), generator)
    x = torch.randn(3, 6, 5, 7, generator=generator)
    convolution, norm, _ = block.branch
    expected = x + batch_norm(F.conv2d(x, convolution.weight, padding=1), norm).clamp(min=0)
    torch.testing.assert_close(block(x), expected)


def test_a_residual_block_whose_branch_is_silent_passes_its_input_and_its_gradient_through():
    block = ResidualBlock(4)
    torch.nn.init.zeros_(block.branch[0].weight)
    x = torch.randn(2, 4, 6, 6, generator=seeded(0), requires_grad=True)
    output = block.eval()(x)
    assert torch.equal(output, x)
    output.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


@pytest.mark.parametrize(("size", "halved"), [(28, 14), (14, 7), (7, 3)])
def test_a_pooling_block_halves_and_widens(size, halved):
    assert PoolingBlock(2, 5)(torch.zeros(3, 2, size, size)).shape == (3, 5, halved, halved)


def test_a_pooling_block_pools_before_it_normalises():
    generator = seeded(1)
    block = random_statistics(PoolingBlock(2, 4), generator)
    x = torch.randn(2, 2, 8, 8, generator=generator)
    pooled = F.max_pool2d(F.conv2d(x, block[0].weight, padding=1), 2)
    torch.testing.assert_close(block(x), batch_norm(pooled, block[2]).clamp(min=0))


@pytest.mark.parametrize("seed", range(3))
def test_the_basic_block_is_torchvisions(seed):
    ours, theirs = random_statistics(BasicBlock(6), seeded(seed)), resnet.BasicBlock(6, 6).eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(3, 6, 5, 7, generator=seeded(seed + 10))
    torch.testing.assert_close(ours(x), theirs(x))


def test_without_its_shortcut_a_basic_block_is_two_plain_layers():
    block = random_statistics(BasicBlock(4, shortcut=False), seeded(0))
    x = torch.randn(2, 4, 6, 6, generator=seeded(1))
    torch.testing.assert_close(block(x), block.branch(x).clamp(min=0))
