"""fit_gan: equal seeds give equal runs, an interrupted run ends like an uninterrupted one, and it learns."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.datasets.toy import mixture
from course_lib.errors import CheckpointError, TrainingError
from course_lib.losses import LOSSES
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.training.averaging import WeightAverage
from course_lib.training.checkpoint import load_checkpoint
from course_lib.training.gan import GANConfig, fit_gan
from tests.helpers import assert_same_state, copy_of_state, seeded

DATA = mixture([(-0.5, 0.3), (0.5, 0.3)], std=0.1)
CONFIG = GANConfig(
    steps=11,
    batch_size=8,
    discriminator_steps=2,
    penalty="wgan-gp",
    penalty_weight=0.1,
    instance_noise=0.1,
    constant_share=0.5,
    record_every=4,
    seed=3,
)


class Hard(nn.Module):
    """A generator with what makes resuming hard: batch statistics and dropout."""

    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)

    def forward(self, latent):
        return self.last(torch.dropout(self.norm(self.first(latent)).relu(), 0.2, self.training))


def pair(seed=0):
    generator = initialise_points(Hard(), seeded(seed))
    return generator, initialise_points(PointDiscriminator((8,), spectral_norm=True), seeded(seed + 100))


def fit(config=CONFIG, seed=0, decay=None, **options):
    """Train and return the states of both and of the average, and the history."""
    generator, discriminator = pair(seed)
    average = WeightAverage(generator, decay) if decay is not None else None
    history = fit_gan(
        generator, discriminator, DATA.sample, config, average=average, progress=False, **options
    )
    models = (generator, discriminator, *([average.model] if average else []))
    return [copy_of_state(model) for model in models], history


def assert_same_run(first, second):
    for state, other in zip(first[0], second[0], strict=True):
        assert_same_state(state, other)
    assert first[1] == second[1]


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_equal_seeds_give_equal_runs_and_others_do_not(updates):
    config = replace(CONFIG, updates=updates, discriminator_steps=1)
    first = fit(config, decay=0.9)
    torch.manual_seed(1)  # the global generator must not matter
    assert_same_run(first, fit(config, decay=0.9))
    other = fit(replace(config, seed=4), decay=0.9)
    assert not torch.equal(first[0][0]["last.weight"], other[0][0]["last.weight"])
    assert first[1] != other[1]


def test_the_global_generator_is_left_as_it_was():
    models = pair()  # torch's constructors do draw from it
    before = torch.get_rng_state()
    fit_gan(*models, DATA.sample, CONFIG, progress=False)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_history_has_a_row_of_mean_losses_for_each_interval():
    _, history = fit()
    assert history["step"] == [4, 8, 11]
    assert history.names == ["step", "discriminator_loss", "generator_loss"]
    _, fine = fit(replace(CONFIG, record_every=1))
    assert len(fine) == 11


def test_rows_are_means_over_their_steps():
    """Without dropout nothing depends on where a row ends."""

    def run(record_every):
        generator = initialise_points(PointGenerator(hidden=(8,)), seeded(0))
        config = GANConfig(
            steps=11, batch_size=8, discriminator_steps=2, generator_steps=3, record_every=record_every
        )
        sampler = iter(range(10_000))

        def sample(count, random):  # draws of its own, since a row begins with one from `random`
            return DATA.sample(count, seeded(next(sampler)))

        discriminator = initialise_points(PointDiscriminator((8,)), seeded(1))
        return fit_gan(generator, discriminator, sample, config, progress=False)

    coarse, fine = run(11), run(11)
    assert coarse == fine
    generator_loss = coarse.last("generator_loss")
    assert 0.3 < generator_loss < 1.5  # about log 2 at the start: a sum over 3·11 steps would be some 20
    assert 0.8 < coarse.last("discriminator_loss") < 2.0


class Interrupted(Exception):  # noqa: N818  (no error, an event)
    pass


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("stop_at", [4, 8, 11])
def test_interrupted_and_resumed_to_the_bit(tmp_path, updates, stop_at):
    config = replace(CONFIG, updates=updates, discriminator_steps=1)
    whole = fit(config, decay=0.9)

    def stop(step, history):
        assert history.last("step") == step
        if step == stop_at:
            raise Interrupted

    path = tmp_path / "run.safetensors"
    with pytest.raises(Interrupted):
        fit(config, decay=0.9, checkpoint=path, on_record=stop)
    torch.manual_seed(stop_at)
    assert_same_run(fit(config, seed=7, decay=0.9, checkpoint=path), whole)


def test_writing_checkpoints_changes_nothing(tmp_path):
    assert_same_run(fit(), fit(checkpoint=tmp_path / "run.safetensors"))


@pytest.mark.parametrize(
    ("change", "decay", "told"),
    [
        ({"penalty_weight": 0.2}, 0.9, "penalty_weight was 0.1 and is now 0.2"),
        ({"betas": (0.0, 0.9)}, 0.9, r"betas was \[0.5, 0.999\] and is now \[0.0, 0.9\]"),
        ({}, 0.8, "average decay was 0.9 and is now 0.8"),
        ({}, None, "average decay was 0.9 and is now None"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, decay, told):
    path = tmp_path / "run.safetensors"
    fit(decay=0.9, checkpoint=path)
    with pytest.raises(CheckpointError, match=f"belongs to another run: {told}. Remedy"):
        fit(replace(CONFIG, **change), decay=decay, checkpoint=path)


def test_a_checkpoint_without_a_folder_is_told_before_training(tmp_path):
    with pytest.raises(CheckpointError, match="is not a folder. Remedy"):
        fit(checkpoint=tmp_path / "missing" / "run.safetensors")


def broken_from(call):
    """Return a sampler whose samples are not numbers from a certain call on."""
    calls = iter(range(1000))
    return lambda count, random: DATA.sample(count, random) * (float("nan") if next(calls) >= call else 1)


def test_a_loss_that_is_no_number_stops_in_one_line_and_keeps_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    config = replace(CONFIG, discriminator_steps=1, penalty="none")
    with pytest.raises(TrainingError) as caught:
        fit_gan(*pair(), broken_from(5), config, checkpoint=path, progress=False)
    message = str(caught.value)
    assert "\n" not in message
    assert "became infinite or not a number between steps 4 and 8 of 11" in message
    assert f"{path} still holds the first 4 steps" in message
    assert "Remedy: lower discriminator_learning_rate (it is 0.001) and generator_learning_rate" in message
    assert "or set a penalty, and check the real samples" in message
    tensors, info = load_checkpoint(path)
    assert len(info["history"]) == 1
    assert all(tensor.isfinite().all() for tensor in tensors.values())


def test_weights_that_the_last_step_of_a_row_breaks_are_not_saved(tmp_path):
    """The losses of that step were computed before the update, so they are still numbers."""
    path = tmp_path / "run.safetensors"
    config = GANConfig(
        steps=1, batch_size=8, penalty="r1", penalty_weight=1.0, generator_learning_rate=float("inf")
    )
    with pytest.raises(TrainingError, match="between steps 0 and 1 of 1. Remedy") as caught:
        fit_gan(*pair(), DATA.sample, config, checkpoint=path, progress=False)
    assert "set a penalty" not in str(caught.value)
    assert not path.exists()


def test_the_average_follows_each_step():
    generator, discriminator = pair()
    average = WeightAverage(generator, decay=0.0)
    fit_gan(generator, discriminator, DATA.sample, CONFIG, average=average, progress=False)
    assert_same_state(copy_of_state(average.model), copy_of_state(generator))
    (state, _, slow), _ = fit(decay=0.99)
    assert not torch.equal(slow["last.weight"], state["last.weight"])
    assert torch.equal(slow["norm.running_mean"], state["norm.running_mean"])


def test_learning_rates_steps_and_clipping_are_those_of_the_configuration():
    generator, discriminator = pair()
    before = copy_of_state(generator)
    config = GANConfig(steps=3, batch_size=8, generator_learning_rate=0.0, weight_clip=0.05)
    fit_gan(generator, discriminator, DATA.sample, config, progress=False)
    for name, parameter in generator.named_parameters():
        assert torch.equal(parameter, before[name])
    assert max(parameter.abs().max() for parameter in discriminator.parameters()) <= 0.05

    counts = {"real": 0}

    def counting(count, random):
        counts["real"] += 1
        return DATA.sample(count, random)

    fit_gan(*pair(), counting, replace(CONFIG, discriminator_steps=5), progress=False)
    assert counts["real"] == 5 * CONFIG.steps


def learned(loss, seed=0, **changes):
    """Return how far the mean of the generated points is from that of the data, before and after training."""
    generator = initialise_points(PointGenerator(hidden=(16,)), seeded(seed))
    discriminator = initialise_points(PointDiscriminator((32,)), seeded(seed + 1))
    data = mixture([(2.0, -1.0)], std=0.2)
    latent = torch.randn(500, 2, generator=seeded(9))
    config = GANConfig(
        steps=300, batch_size=64, loss=loss, generator_learning_rate=5e-3, discriminator_learning_rate=5e-3, **changes
    )  # fmt: skip

    def off():
        with torch.no_grad():
            return (generator(latent).mean(0) - data.centres[0]).norm().item()

    before = off()
    fit_gan(generator, discriminator, data.sample, config, progress=False)
    return before, off()


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_draws_the_generator_to_the_data(loss):
    changes = (
        {"penalty": "wgan-gp", "penalty_weight": 1.0}
        if loss == "wasserstein"
        else {"penalty": "r1", "penalty_weight": 0.1}
    )
    before, after = learned(loss, **changes)
    assert before > 1.5
    assert after < 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"loss": "js"}, "no GAN loss called 'js'"),
        ({"penalty": "r2"}, "penalty must be one of none, r1, wgan-gp, got 'r2'"),
        ({"updates": "both"}, "updates must be one of alternating, simultaneous"),
        ({"updates": "simultaneous", "discriminator_steps": 2}, "simultaneous updates are one of each side"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"record_every": 0}, "record_every must be at least 1"),
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        GANConfig(**wrong)
