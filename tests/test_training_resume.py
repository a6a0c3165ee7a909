"""A run that is interrupted after any epoch ends with the very weights of an uninterrupted one."""

import pytest
import torch

from course_lib.errors import CheckpointError
from course_lib.models.classifiers import CourseCNN, initialise
from course_lib.training import resume
from course_lib.training.checkpoint import save_weights
from course_lib.training.classifier import fit_classifier
from tests.helpers import (
    CLASSES,
    assert_same_state,
    copy_of_state,
    seeded,
    small_config,
    small_model,
    striped_images,
)

EPOCHS = 4
TRAIN, VALIDATION = striped_images(56), striped_images(20, seed=1)


class Interrupted(Exception):  # noqa: N818  (no error, an event)
    pass


def course_cnn(seed=0):
    return initialise(CourseCNN(widths=(4, 8), image_size=8, class_count=CLASSES), seeded(seed))


def run(make_model, path=None, stop_after=None, **changes):
    """Train, perhaps up to an interruption, and return the final state and the history."""

    def stop(finished, history):
        if finished == stop_after:
            raise Interrupted

    model = make_model()
    history = fit_classifier(
        model, TRAIN, VALIDATION, small_config(epochs=EPOCHS, **changes),
        checkpoint=path, on_epoch_end=stop, progress=False,
    )  # fmt: skip
    return copy_of_state(model), history


@pytest.mark.parametrize("make_model", [small_model, course_cnn])
@pytest.mark.parametrize("flip", ["random", "alternating"])
@pytest.mark.parametrize("stop_after", range(1, EPOCHS + 1))
def test_interrupted_after_an_epoch_and_resumed(tmp_path, make_model, flip, stop_after):
    state, history = run(make_model, flip=flip)
    path = tmp_path / "run.safetensors"
    with pytest.raises(Interrupted):
        run(make_model, path, stop_after, flip=flip)
    torch.manual_seed(stop_after)  # the global generator must not matter
    resumed_state, resumed_history = run(lambda: make_model(seed=5), path, flip=flip)
    assert_same_state(resumed_state, state)
    assert resumed_history == history


def test_interrupted_after_every_epoch(tmp_path):
    state, history = run(small_model)
    path = tmp_path / "run.safetensors"
    for stop_after in range(1, EPOCHS + 1):
        with pytest.raises(Interrupted):
            run(small_model, path, stop_after)
    resumed_state, resumed_history = run(small_model, path)
    assert_same_state(resumed_state, state)
    assert resumed_history == history


def test_writing_checkpoints_changes_nothing(tmp_path):
    assert_same_state(run(small_model)[0], run(small_model, tmp_path / "run.safetensors")[0])


def test_momentum_is_laid_out_as_its_weight(tmp_path):
    """A fused step pairs weight and momentum by their place in memory."""
    models = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        model = torch.nn.Conv2d(3, 5, 3).to(memory_format=memory_format)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        model(torch.randn(2, 3, 6, 6, generator=seeded(0))).square().sum().backward()
        optimizer.step()
        models.append((model, optimizer))
    history = resume.History([{"loss": 1.0}])
    (model, optimizer), (other, other_optimizer) = models
    resume.save_run(tmp_path / "file", {"model": model}, {"optimizer": optimizer}, seeded(1), history, {})
    generator = seeded(2)
    found = resume.resume_run(
        tmp_path / "file", {"model": other}, {"optimizer": other_optimizer}, generator, {}
    )
    assert found == history
    assert torch.equal(generator.get_state(), seeded(1).get_state())
    momentum = other_optimizer.state[other.weight]["momentum_buffer"]
    assert momentum.stride() == other.weight.stride() != model.weight.stride()
    assert torch.equal(momentum, optimizer.state[model.weight]["momentum_buffer"])


def test_several_models_and_optimisers_with_averages_and_counts_come_back(tmp_path):
    """A GAN has two of each, and Adam counts its steps."""

    def pair(seed):
        models = {name: torch.nn.Linear(3, 2) for name in ("generator_net", "discriminator")}
        optimizers = {f"{name}_optimizer": torch.optim.Adam(net.parameters()) for name, net in models.items()}
        for number, (net, optimizer) in enumerate(zip(models.values(), optimizers.values(), strict=True)):
            for _ in range(seed + number):
                net(torch.ones(1, 3)).sum().backward()
                optimizer.step()
        return models, optimizers

    models, optimizers = pair(3)
    resume.save_run(tmp_path / "file", models, optimizers, seeded(0), resume.History(), {"size": 1})
    others, other_optimizers = pair(1)
    resume.resume_run(tmp_path / "file", others, other_optimizers, seeded(0), {"size": 1})
    for name, model in models.items():
        assert_same_state(copy_of_state(others[name]), copy_of_state(model))
    for name, optimizer in optimizers.items():
        state, other_state = optimizer.state_dict()["state"], other_optimizers[name].state_dict()["state"]
        for number in state:
            assert_same_state(state[number], other_state[number])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"learning_rate": 0.2}, "learning_rate was 0.1 and is now 0.2"),
        ({"seed": 9}, "seed was 3 and is now 9"),
        ({"mean": (0.4,)}, r"mean was \[0.3\] and is now \[0.4\]"),
    ],
)
def test_a_checkpoint_of_another_configuration_is_refused(tmp_path, change, told):
    path = tmp_path / "run.safetensors"
    run(small_model, path)
    before = path.read_bytes()
    with pytest.raises(
        CheckpointError, match=f"belongs to another run: {told}. Remedy: delete it to start anew"
    ):
        run(small_model, path, **change)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_data_size_is_refused(tmp_path):
    path = tmp_path / "run.safetensors"
    run(small_model, path)
    with pytest.raises(CheckpointError, match="training images was 56 and is now 40"):
        fit_classifier(
            small_model(), striped_images(40), VALIDATION, small_config(epochs=EPOCHS),
            checkpoint=path, progress=False,
        )  # fmt: skip


def test_a_checkpoint_of_another_model_is_refused_and_changes_nothing(tmp_path):
    path = tmp_path / "run.safetensors"
    run(small_model, path)
    model = course_cnn()
    before = copy_of_state(model)
    with pytest.raises(CheckpointError, match="holds the weights of another model"):
        fit_classifier(model, TRAIN, VALIDATION, small_config(epochs=EPOCHS), checkpoint=path, progress=False)
    assert_same_state(copy_of_state(model), before)


def test_a_file_of_weights_only_is_no_run_to_resume(tmp_path):
    save_weights(tmp_path / "weights", small_model())
    with pytest.raises(CheckpointError, match="belongs to another run"):
        run(small_model, tmp_path / "weights")
