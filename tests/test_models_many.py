"""Several runs in one model do what each does alone."""

import pytest
import torch
from torch import nn

from course_lib.losses import LOSSES, r1_penalty, wgan_gp_penalty
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.models.many import ManyRuns
from course_lib.training.gan_steps import discriminator_step, generator_step
from tests.helpers import assert_same_state, copy_of_state, seeded

RUNS, BATCH = 3, 8


def pairs(spectral_norm=False):
    random = seeded(0)
    generators = [initialise_points(PointGenerator(hidden=(6, 6)), random) for _ in range(RUNS)]
    discriminators = [
        initialise_points(PointDiscriminator((6, 6), spectral_norm), random) for _ in range(RUNS)
    ]
    return generators, discriminators


def test_each_model_answers_its_part_of_the_batch():
    generators, discriminators = pairs()
    latent = torch.randn(RUNS * BATCH, 2, generator=seeded(1))
    points = ManyRuns(generators)(latent)
    expected = torch.cat([model(part) for model, part in zip(generators, latent.chunk(RUNS), strict=True)])
    torch.testing.assert_close(points, expected)
    logits = ManyRuns(discriminators)(points)
    assert logits.shape == (RUNS * BATCH,)
    torch.testing.assert_close(logits[BATCH : 2 * BATCH], discriminators[1](points[BATCH : 2 * BATCH]))


def test_the_scale_of_a_discriminator_is_kept():
    models = [initialise_points(PointDiscriminator((6,), scale=3.0), seeded(seed)) for seed in range(RUNS)]
    points = torch.randn(RUNS * BATCH, 2, generator=seeded(1))
    expected = torch.cat([model(part) for model, part in zip(models, points.chunk(RUNS), strict=True)])
    torch.testing.assert_close(ManyRuns(models)(points), expected)


def r1(discriminator, real, fake):
    return r1_penalty(discriminator, real)


def wgan_gp(discriminator, real, fake):
    return wgan_gp_penalty(discriminator, real, fake, AtHalf())


class AtHalf:
    """Stands for a random generator; see the fixture below."""


@pytest.fixture
def positions_are_a_half(monkeypatch):
    """Interpolate in the middle, so that stacked and single runs draw the same."""
    rand = torch.rand

    def half(*shape, generator=None):
        return torch.full(shape, 0.5) if isinstance(generator, AtHalf) else rand(*shape, generator=generator)

    monkeypatch.setattr(torch, "rand", half)


@pytest.mark.parametrize("penalty", [None, r1, wgan_gp])
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_training_together_is_training_alone(penalty, spectral_norm, positions_are_a_half):
    """Ten alternating steps of Adam; the mean over all runs makes gradients 1/runs, which Adam does not see."""
    generators, discriminators = pairs(spectral_norm)
    together = ManyRuns(generators), ManyRuns(discriminators)

    def optimizers(models):
        return [torch.optim.Adam(model.parameters(), 1e-2, betas=(0.5, 0.9), eps=1e-12) for model in models]

    both = optimizers(together)
    alone = [optimizers(pair) for pair in zip(generators, discriminators, strict=True)]
    options = {"loss": LOSSES["non-saturating"]}
    for step in range(10):
        real, first, second = (
            torch.randn(RUNS * BATCH, 2, generator=seeded(10 * step + k)) for k in range(3)
        )
        discriminator_step(*together, both[1], real, first, penalty=penalty, **options)
        generator_step(*together, both[0], second, **options)
        parts = zip(real.chunk(RUNS), first.chunk(RUNS), second.chunk(RUNS), strict=True)
        for number, (x, z, other_z) in enumerate(parts):
            pair = generators[number], discriminators[number]
            discriminator_step(*pair, alone[number][1], x, z, penalty=penalty, **options)
            generator_step(*pair, alone[number][0], other_z, **options)
    for many, models in zip(together, (generators, discriminators), strict=True):
        for number, model in enumerate(models):
            torch.testing.assert_close(
                copy_of_state(many.run(number)), copy_of_state(model), rtol=1e-3, atol=1e-4
            )


def test_a_run_comes_out_as_it_went_in_and_is_a_copy():
    _, discriminators = pairs(spectral_norm=True)
    many = ManyRuns(discriminators)
    for number, model in enumerate(discriminators):
        assert_same_state(copy_of_state(many.run(number)), copy_of_state(model))
    with torch.no_grad():
        next(many.run(0).parameters()).zero_()
        next(discriminators[0].parameters()).zero_()
    assert next(many.run(0).parameters()).abs().sum() > 0


def test_weights_and_buffers_are_saved_with_it():
    many = ManyRuns(pairs(spectral_norm=True)[1])
    other = ManyRuns([initialise_points(PointDiscriminator((6, 6), True), seeded(9)) for _ in range(RUNS)])
    other.load_state_dict(many.state_dict())
    x = torch.randn(RUNS * BATCH, 2, generator=seeded(2))
    assert torch.equal(many.eval()(x), other.eval()(x))
    assert sum(parameter.numel() for parameter in many.parameters()) == RUNS * sum(
        parameter.numel() for parameter in PointDiscriminator((6, 6)).parameters()
    )


def test_it_knows_its_latent_dim_only_if_the_models_do():
    assert ManyRuns([PointGenerator(latent_dim=5)]).latent_dim == 5
    assert not hasattr(ManyRuns([nn.Linear(2, 2)]), "latent_dim")


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(ValueError, match="a batch for 3 runs must be a multiple of that, got 10"):
        ManyRuns(pairs()[0])(torch.zeros(10, 2))
