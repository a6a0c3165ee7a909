"""Nothing in the library assumes a CPU: all of it runs on a second device, and finds there what it finds on the CPU."""

import pytest
import torch

from course_lib import runtime
from course_lib.datasets import toy
from course_lib.models.gans import PointDiscriminator, PointGenerator, initialise_points
from course_lib.training.averaging import WeightAverage
from course_lib.training.checkpoint import load_weights, save_weights
from course_lib.training.classifier import fit_classifier
from course_lib.training.gan import fit_gan
from course_lib.training.gan_configuration import GANConfig
from tests.device_cases import CASES, state, striped
from tests.device_cases_gan import GAN_CASES
from tests.helpers import seeded, small_config, small_model
from tests.pretend_device import register


@pytest.fixture(scope="module")
def device():
    return register()


@pytest.fixture(autouse=True)
def _one_precision(monkeypatch):
    """A CPU may train in bfloat16 where the second device does not; rounding is not what is tested here."""
    monkeypatch.setattr(runtime, "training_dtype", lambda on=None: torch.float32)


@pytest.mark.parametrize("case", [*CASES, *GAN_CASES], ids=lambda case: case.__name__)
def test_it_runs_on_a_second_device_and_finds_the_same(case, device):
    expected, found = case(torch.device("cpu")), case(device)
    assert len(expected) == len(found)
    for number, (at_home, away) in enumerate(zip(expected, found, strict=True)):
        if isinstance(away, torch.Tensor):
            assert away.device == device, f"result {number} was left on the CPU"
            torch.testing.assert_close(away.detach().cpu(), at_home.detach(), rtol=1e-4, atol=1e-5)
        else:
            assert away == pytest.approx(at_home, rel=1e-4, abs=1e-5)


class Interrupted(Exception):
    """What a hook raises to end a run in the middle."""


def interrupt(finished, history):
    raise Interrupted


def classifier_run(device, path=None, hook=None):
    model = small_model().to(device)
    fit_classifier(
        model, striped(device), striped(device, seed=1), small_config(epochs=2),
        checkpoint=path, on_epoch_end=hook, progress=False,
    )  # fmt: skip
    return state(model)


def gan_run(device, path=None, hook=None):
    generator = initialise_points(PointGenerator(), seeded(0)).to(device)
    discriminator = initialise_points(PointDiscriminator(spectral_norm=True), seeded(1)).to(device)
    average = WeightAverage(generator)
    fit_gan(
        generator, discriminator, toy.ring().sample, GANConfig(steps=4, batch_size=8, record_every=2),
        average=average, checkpoint=path, on_record=hook, progress=False,
    )  # fmt: skip
    return state(generator, discriminator, average.model)


@pytest.mark.parametrize("run", [classifier_run, gan_run])
@pytest.mark.parametrize("outward", [True, False], ids=["cpu_to_device", "device_to_cpu"])
def test_a_run_begun_on_one_device_is_resumed_on_another(run, outward, device, tmp_path):
    cpu = torch.device("cpu")
    first, second = (cpu, device) if outward else (device, cpu)
    with pytest.raises(Interrupted):
        run(first, tmp_path / "run", interrupt)
    resumed, whole = run(second, tmp_path / "run"), run(second)
    for found, expected in zip(resumed, whole, strict=True):
        assert found.device == expected.device == second
        torch.testing.assert_close(found.cpu(), expected.cpu(), rtol=1e-4, atol=1e-5)


def test_weights_are_saved_from_one_device_and_loaded_onto_another(device, tmp_path):
    saved, loaded = small_model(seed=1).to(device), small_model()
    save_weights(tmp_path / "weights", saved)
    for place in (device, torch.device("cpu")):
        load_weights(tmp_path / "weights", loaded.to(place))
        assert all(found.device == place for found in state(loaded))
        for found, expected in zip(state(loaded), state(saved), strict=True):
            assert torch.equal(found.cpu(), expected.cpu())


def refusals(device):
    """Return what a GPU refuses as well, by what is done."""
    here, there, generator = torch.ones(3), torch.ones(3).to(device), torch.Generator()
    return {
        "adding": lambda: there + here,
        "joining": lambda: torch.cat([there, here]),
        "reading places of the CPU that the device names": lambda: here[torch.tensor([0]).to(device)],
        "writing to a number of the CPU": lambda: torch.zeros(()).add_(there.sum()),
        "a matrix product with a matrix of the CPU": lambda: there[None] @ here[:, None],
        "drawing on the device with a generator of the CPU": lambda: there.normal_(generator=generator),
        "handing it to NumPy": there.numpy,
    }


@pytest.mark.parametrize("what", refusals("cpu"))
def test_the_device_refuses_what_a_real_one_refuses(what, device):
    with pytest.raises((RuntimeError, TypeError), match="same device|device type"):
        refusals(device)[what]()


def test_the_device_allows_what_a_real_one_allows(device):
    there = torch.arange(3.0).to(device)
    allowed = [
        there + torch.tensor(1.0),
        there[torch.tensor([1])],
        there.new_zeros(2),
        torch.ones(2, device=device),
    ]
    assert all(tensor.device == device for tensor in allowed)
    assert torch.zeros(3).copy_(there).tolist() == there.tolist() == [0, 1, 2]
