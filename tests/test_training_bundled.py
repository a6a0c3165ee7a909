"""The weights that come with the course: they belong to their card, and damage is told in one line."""

import hashlib
import json

import pytest
import torch

from course_lib.errors import CheckpointError
from course_lib.models.residual import SmallResNet
from course_lib.training.bundled import bundled_path, load_bundled
from course_lib.training.checkpoint import save_weights
from tests.helpers import assert_same_state, copy_of_state, small_model


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """Write a small bundle and return the path of its weights."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    path = bundled_path("small")
    path.parent.mkdir()
    save_weights(path, small_model(seed=1), {"seed": 1})
    card = {"model": "small", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


def test_weights_and_card_are_read_and_the_model_is_ready_to_predict(bundle):
    model = small_model(seed=2).train()
    card = load_bundled("small", model)
    assert card["model"] == "small"
    assert_same_state(model.state_dict(), small_model(seed=1).state_dict())
    assert not any(module.training for module in model.modules())


def test_a_changed_byte_is_found_and_the_model_is_left_alone(bundle):
    content = bytearray(bundle.read_bytes())
    content[-5] ^= 1
    bundle.write_bytes(content)
    model = small_model(seed=2)
    before = copy_of_state(model)
    with pytest.raises(CheckpointError, match=r"not the file that small.json describes.*git checkout"):
        load_bundled("small", model)
    assert_same_state(model.state_dict(), before)


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_missing_file_is_named_with_the_remedy(bundle, ending):
    bundle.with_suffix(ending).unlink()
    with pytest.raises(CheckpointError, match=rf"small\{ending}.*git checkout.*make checkpoints"):
        load_bundled("small", small_model())


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"text"'])
def test_a_card_that_is_no_card_is_told(bundle, text):
    bundle.with_suffix(".json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match="Remedy"):
        load_bundled("small", small_model())


def test_another_architecture_is_told(bundle):
    with pytest.raises(CheckpointError, match="weights of another model"):
        load_bundled("small", torch.nn.Linear(2, 2))


def test_the_course_s_own_weights_are_whole():
    card = load_bundled("fashion_cnn", SmallResNet())
    assert card["test_accuracy"] >= 0.94
    assert len(card["test_f1"]) == 10
