"""What is written comes back, and at every moment the file is either the old one or the new one."""

import json

import pytest
import torch
from safetensors import safe_open

from course_lib.errors import CheckpointError
from course_lib.models.classifiers import LeNet5
from course_lib.training import checkpoint
from course_lib.training.checkpoint import load_checkpoint, load_weights, save_checkpoint, save_weights
from tests.helpers import assert_same_state, copy_of_state, small_model

TENSORS = {
    "float": torch.randn(3, 2, generator=torch.Generator().manual_seed(0)),
    "half": torch.tensor([1.5, float("nan"), float("inf")], dtype=torch.bfloat16),
    "whole": torch.tensor([2**62, -1]),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "truth": torch.tensor([True, False]),
    "scalar": torch.tensor(3.0),
    "nothing": torch.zeros(0, 4),
}
INFO = {"epochs": 3, "name": "Größe", "rates": [0.1, 0.2], "nested": {"none": None}}


def test_tensors_and_info_come_back_as_they_were(tmp_path):
    save_checkpoint(tmp_path / "file", TENSORS, INFO)
    tensors, info = load_checkpoint(tmp_path / "file")
    assert info == INFO
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name].nan_to_num(), tensor.nan_to_num())
        assert tensors[name].shape == tensor.shape


def test_the_layout_in_memory_does_not_matter(tmp_path):
    weight = torch.arange(24.0).view(1, 2, 3, 4).to(memory_format=torch.channels_last)
    save_checkpoint(str(tmp_path / "file"), {"weight": weight, "transposed": weight[0, 0].T}, {})
    tensors, _ = load_checkpoint(str(tmp_path / "file"))
    assert torch.equal(tensors["weight"], weight)
    assert torch.equal(tensors["transposed"], weight[0, 0].T)


def test_a_loss_that_is_no_number_survives_in_the_info(tmp_path):
    save_checkpoint(tmp_path / "file", {}, {"loss": float("inf")})
    assert load_checkpoint(tmp_path / "file") == ({}, {"loss": float("inf")})


def test_any_safetensors_reader_can_open_it(tmp_path):
    save_checkpoint(tmp_path / "file", TENSORS, INFO)
    with safe_open(tmp_path / "file", framework="numpy") as file:
        assert json.loads(file.metadata()["info"]) == INFO
        assert file.get_tensor("whole").tolist() == [2**62, -1]


def test_weights_and_buffers_of_a_model_come_back(tmp_path):
    model, other = small_model(seed=1), small_model(seed=2)
    model(torch.randn(8, 1, 8, 8))  # moves the running averages
    save_weights(tmp_path / "file", model, {"accuracy": 0.9})
    assert load_weights(tmp_path / "file", other) == {"accuracy": 0.9}
    assert_same_state(copy_of_state(other), copy_of_state(model))


def test_weights_without_info_have_none(tmp_path):
    save_weights(tmp_path / "file", LeNet5())
    assert load_weights(tmp_path / "file", LeNet5()) == {}


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    for number in range(2):
        save_checkpoint(tmp_path / "file", {"x": torch.tensor(number)}, {})
    assert load_checkpoint(tmp_path / "file")[0]["x"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_kill_left_behind_is_overwritten(tmp_path):
    (tmp_path / "file.part").write_bytes(b"half a checkpoint, and longer than the new one " * 100)
    save_checkpoint(tmp_path / "file", TENSORS, INFO)
    assert load_checkpoint(tmp_path / "file")[1] == INFO
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_kill_at_any_moment_leaves_the_old_file_or_none(tmp_path, monkeypatch, moment, exists):
    path = tmp_path / "file"
    if exists:
        save_checkpoint(path, {"x": torch.tensor(1)}, {})

    def die(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.os, moment, die)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(path, {"x": torch.tensor(2)}, {})
    assert path.exists() == exists
    if exists:
        assert load_checkpoint(path)[0]["x"] == 1
    save_checkpoint(path, {"x": torch.tensor(3)}, {})
    assert load_checkpoint(path)[0]["x"] == 3


def test_the_data_is_on_the_disk_before_the_name_points_to_it(tmp_path, monkeypatch):
    events = []
    fsync, replace = checkpoint.os.fsync, checkpoint.os.replace
    monkeypatch.setattr(checkpoint.os, "fsync", lambda file: (events.append("fsync"), fsync(file)))
    monkeypatch.setattr(checkpoint.os, "replace", lambda a, b: (events.append("replace"), replace(a, b)))
    save_checkpoint(tmp_path / "file", TENSORS, INFO)
    assert events == ["fsync", "replace"]


def test_weights_of_another_model_change_nothing(tmp_path):
    save_weights(tmp_path / "file", LeNet5(class_count=9))
    model = LeNet5()
    before = copy_of_state(model)
    with pytest.raises(CheckpointError) as caught:
        load_weights(tmp_path / "file", model)
    message = str(caught.value)
    assert "holds the weights of another model" in message
    assert "'classify.5.bias' is (9,) in the file and (10,) in the model" in message
    assert "Remedy: build the model with the settings it was saved with" in message
    assert_same_state(copy_of_state(model), before)


def test_weights_with_other_names_are_those_of_another_model(tmp_path):
    save_weights(tmp_path / "file", small_model())
    with pytest.raises(CheckpointError, match="is .* in the file and missing in the model"):
        load_weights(tmp_path / "file", torch.nn.Sequential())
    save_weights(tmp_path / "file", torch.nn.Sequential())
    with pytest.raises(CheckpointError, match="is missing in the file and"):
        load_weights(tmp_path / "file", small_model())
