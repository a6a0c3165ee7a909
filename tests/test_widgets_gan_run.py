"""One run of the GAN lab, without a widget: it trains as `fit_gan` does, and knows when it has failed."""

import copy
from dataclasses import replace

import pytest
import torch

from course_lib.datasets.toy import TwoMoons, mixture, ring
from course_lib.errors import TrainingError
from course_lib.losses import LOSSES
from course_lib.training.gan import GANConfig, fit_gan
from course_lib.widgets.gan_lab_curve import Curve
from course_lib.widgets.gan_lab_run import SURFACE, LabRun, point_models

CONFIG = GANConfig(penalty="r1", penalty_weight=0.1, betas=(0.5, 0.99), seed=3)


def weights(model):
    return [weight.clone() for weight in model.parameters()]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture
def run():
    return LabRun(ring(8, std=0.05), CONFIG)


def test_a_discriminator_update_leaves_the_generator_alone_and_the_reverse(run):
    generator, discriminator = weights(run.generator), weights(run.discriminator)
    run.update_discriminator()
    assert same(generator, weights(run.generator))
    assert not same(discriminator, weights(run.discriminator))
    discriminator = weights(run.discriminator)
    run.update_generator()
    assert same(discriminator, weights(run.discriminator))
    assert not same(generator, weights(run.generator))
    assert run.updates == 2


def test_a_step_is_that_many_updates_of_each_side(run):
    run.configure(replace(CONFIG, discriminator_steps=3, generator_steps=2))
    run.step()
    assert [len(run.losses[side].points) for side in ("discriminator", "generator")] == [3, 2]
    assert [at for at, _ in run.losses["discriminator"].points] == [1, 2, 3]
    assert [at for at, _ in run.losses["generator"].points] == [4, 5]


@pytest.mark.parametrize("loss", LOSSES)
def test_it_trains_as_fit_gan_does(loss):
    """The same weights, samples and latents: the same losses, and the same weights afterwards."""
    config = replace(CONFIG, loss=loss, steps=6, discriminator_steps=2, record_every=1)
    data = ring(8, std=0.05)
    run = LabRun(data, config)
    random, models = torch.Generator().manual_seed(config.seed), None
    models = point_models(random)
    assert same(weights(models[0]), weights(run.generator))

    batches, latents = [], []  # what the lab draws, played back to fit_gan
    draw_batch, draw_latents = data.sample, run._latents
    run.data = copy.copy(data)
    object.__setattr__(
        run.data,
        "sample",
        lambda count, generator: batches.append(draw_batch(count, generator)) or batches[-1],
    )
    run._latents = lambda: latents.append(draw_latents()) or latents[-1]
    for _ in range(config.steps):
        run.step()

    class Playback(torch.nn.Module):
        """The generator, fed with the latents of the lab instead of those it is given."""

        latent_dim = 2

        def __init__(self):
            super().__init__()
            self.inner, self.latents = models[0], iter(latents)

        def forward(self, latent):
            return self.inner(next(self.latents))

    real = iter(batches)
    history = fit_gan(Playback(), models[1], lambda count, generator: next(real), config, progress=False)
    mine = [value for _, value in run.losses["discriminator"].points]
    pairs = [(first + second) / 2 for first, second in zip(mine[::2], mine[1::2], strict=True)]
    assert history["discriminator_loss"] == pytest.approx(pairs, abs=1e-5)
    assert history["generator_loss"] == pytest.approx(
        [v for _, v in run.losses["generator"].points], abs=1e-5
    )
    for mine, theirs in zip((run.generator, run.discriminator), models, strict=True):
        for a, b in zip(weights(mine), weights(theirs), strict=True):
            torch.testing.assert_close(a, b)


def test_runs_with_equal_seeds_are_equal_and_others_are_not(run):
    other, third = LabRun(run.data, CONFIG), LabRun(run.data, replace(CONFIG, seed=4))
    for each in (run, other, third):
        for _ in range(5):
            each.step()
    assert torch.equal(run.generated(), other.generated())
    assert not torch.equal(run.generated(), third.generated())


def test_restart_begins_anew(run):
    first = run.generated(), run.real.clone()
    run.train(5, 100)
    after_five = run.generated()
    assert not torch.equal(first[0], after_five)
    run.restart(CONFIG)
    assert torch.equal(first[0], run.generated())
    assert torch.equal(first[1], run.real)
    assert (run.updates, run.losses["generator"].points) == (0, [])
    run.train(5, 100)
    assert torch.equal(after_five, run.generated())


def test_looking_changes_nothing_and_the_global_generator_is_left_alone(run):
    state = torch.get_rng_state()
    other = LabRun(run.data, CONFIG)
    for _ in range(3):
        run.step()
        other.step()
        other.record_score(), other.surface((-1, 1), (-1, 1)), other.generated()
    assert torch.equal(run.generated(), other.generated())
    assert torch.equal(state, torch.get_rng_state())


def test_new_settings_take_effect_and_the_networks_stay(run):
    before = weights(run.generator)
    run.configure(replace(CONFIG, generator_learning_rate=0.0, loss="wasserstein", penalty="none"))
    assert run.penalty is None
    run.update_generator()
    assert same(before, weights(run.generator))  # a rate of 0
    assert run.losses["generator"].last == pytest.approx(
        -run.discriminator(run.generated()).mean().item(), abs=0.1
    )


def test_training_does_as_many_steps_as_there_is_time_for_and_at_least_one(run):
    assert run.train(7, 100) == 7
    assert run.train(7, 0) == 1
    assert run.updates == 16


def test_the_surface_is_the_discriminator_on_a_grid(run):
    surface = run.surface((-2, 1), (0, 3))
    assert surface.shape == (SURFACE, SURFACE)
    corners = run.discriminator(torch.tensor([[-2.0, 0], [1, 0], [-2, 3], [1, 3]]))
    torch.testing.assert_close(surface[[0, 0, -1, -1], [0, -1, 0, -1]], corners)


def test_the_score_counts_modes_that_can_be_found(run):
    run.generated = lambda: run.data.centres[:3].repeat(100, 1)
    score = run.score()
    assert (score.captured, score.modes, score.quality) == (3, 8, 1.0)
    run.data = mixture([(0, 0), (1, 0), (2, 0)], 0.1, [0.995, 0.005, 0])
    run.generated = lambda: torch.cat([torch.zeros(995, 2), torch.tensor([[1.0, 0]]).expand(5, 2)])
    assert (run.score().captured, run.score().modes) == (2, 2)  # a mode of half a percent, and one of nothing
    run.data = TwoMoons()
    assert run.score() is None


@pytest.mark.parametrize("side", ["generator", "discriminator"])
def test_weights_that_are_not_numbers_are_found(run, side):
    with torch.no_grad():
        next(getattr(run, side).parameters())[0] = float("nan")
    with pytest.raises(TrainingError, match="loss is nan"):
        run.train(1, 1)
    with pytest.raises(TrainingError, match="weight is not a finite number"):
        run.record_score()


def test_a_run_that_explodes_by_itself_is_found():
    run = LabRun(ring(), replace(CONFIG, loss="wasserstein", penalty="none", discriminator_learning_rate=1.0))
    with pytest.raises(TrainingError, match="the (generator|discriminator)'s loss is -?[0-9.e+]+"):
        run.train(2000, 60)


def test_a_generator_with_one_latent_is_refused():
    def make_models(random):
        generator, discriminator = point_models(random)
        generator.latent_dim = 1
        return generator, discriminator

    with pytest.raises(ValueError, match="latent_dim must be at least 2"):
        LabRun(ring(), CONFIG, make_models)


def test_a_curve_keeps_means_and_its_last_number():
    curve = Curve(most=8)
    for number in range(1000):
        curve.append(number, number % 2)
    assert len(curve.points) < 8
    assert all(value == 0.5 for _, value in curve.points)
    distances = {b[0] - a[0] for a, b in zip(curve.points, curve.points[1:], strict=False)}
    assert distances == {curve.width}
    assert curve.last == 1
