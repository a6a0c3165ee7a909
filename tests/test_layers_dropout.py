"""Dropout by hand against torch's, its moments, its modes and its generator."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course_lib.layers.dropout import Dropout, dropout, dropout_mask


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(p=st.sampled_from([0.0, 0.1, 0.5, 0.9]), seed=st.integers(0, 100))
def test_given_torchs_mask_it_is_torchs_formula_with_its_gradient(p, seed):
    x = torch.randn(4, 5, 6, generator=seeded(seed), requires_grad=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        theirs = F.dropout(x, p, training=True)
    kept = theirs != 0
    assert torch.allclose(theirs, x * kept / (1 - p))
    ours = dropout(x, p, training=True, generator=seeded(seed))
    mask = dropout_mask(tuple(x.shape), p, seeded(seed))
    assert torch.equal(ours, x * mask)
    (gradient,) = torch.autograd.grad(ours.sum(), x)
    assert torch.equal(gradient, mask)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_a_mask_has_two_values_mean_one_and_the_variance_of_the_formula(p):
    mask = dropout_mask((400, 1000), p, seeded()).double()
    assert mask.unique().tolist() == pytest.approx([0, 1 / (1 - p)])
    deviation = (p / (1 - p)) ** 0.5
    assert abs(mask.mean() - 1) < 5 * deviation / mask.numel() ** 0.5
    assert mask.var().item() == pytest.approx(p / (1 - p), rel=0.02)
    assert (mask == 0).double().mean().item() == pytest.approx(p, abs=0.005)


def test_each_image_has_a_mask_of_its_own_and_each_call_draws_anew():
    generator = seeded()
    first = dropout(torch.ones(8, 100), 0.5, training=True, generator=generator)
    second = dropout(torch.ones(8, 100), 0.5, training=True, generator=generator)
    assert len(first.unique(dim=0)) == 8
    assert not torch.equal(first, second)


def test_in_evaluation_and_with_p_zero_it_changes_nothing_and_draws_nothing():
    x, generator = torch.randn(3, 4, generator=seeded()), seeded(1)
    before = generator.get_state()
    assert torch.equal(dropout(x, 0.7, training=False, generator=generator), x)
    assert torch.equal(generator.get_state(), before)
    assert torch.equal(dropout(x, 0.0, training=True, generator=generator), x)


def test_the_global_generator_is_left_alone_if_one_is_given():
    before = torch.get_rng_state()
    dropout(torch.ones(10), 0.5, training=True, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_the_module_follows_train_and_eval():
    layer, x = Dropout(0.5, seeded()), torch.ones(200)
    assert torch.equal(layer.eval()(x), x)
    assert sorted(layer.train()(x).unique().tolist()) == [0, 2]
    assert list(layer.parameters()) == []


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_type_is_kept(dtype):
    assert dropout(torch.ones(3, dtype=dtype), 0.5, training=True, generator=seeded()).dtype == dtype


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_an_impossible_probability_is_refused(p):
    with pytest.raises(ValueError, match="probability to drop"):
        Dropout(p)
    for training in (True, False):
        with pytest.raises(ValueError, match="probability to drop"):
            dropout(torch.ones(3), p, training=training)
