"""A checkpoint that cannot be read or written: one error that names the remedy, and the old file intact."""

import errno
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from course_lib.errors import CheckpointError
from course_lib.training import checkpoint
from course_lib.training.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "file"
    save_checkpoint(path, {"weight": torch.arange(6.0).view(2, 3), "count": torch.tensor([4])}, {"epochs": 3})
    return path


def loading_fails(path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert str(path) in message
    assert "Remedy: " in message
    return message


def test_no_such_file(tmp_path):
    assert "does not exist" in loading_fails(tmp_path / "missing")


def test_a_folder(tmp_path):
    assert "not a readable safetensors file" in loading_fails(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 64, b"\xff" * 64, b"{}"])
def test_a_file_of_another_kind(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert "not a readable safetensors file" in loading_fails(tmp_path / "file")


def test_a_file_that_may_not_be_read(public_folder, ordinary_user):
    save_checkpoint(public_folder / "file", {}, {})
    (public_folder / "file").chmod(0)
    with ordinary_user():
        assert "not a readable safetensors file" in loading_fails(public_folder / "file")


@pytest.mark.parametrize(
    "metadata", [None, {"format": "pt"}, {"format": "course_lib checkpoint 0", "info": "{}"}]
)
def test_a_safetensors_file_of_another_program(tmp_path, metadata):
    save_file({"weight": torch.zeros(2)}, tmp_path / "file", metadata=metadata)
    assert "was not written by this course" in loading_fails(tmp_path / "file")


def test_a_file_cut_off_anywhere(saved):
    content = saved.read_bytes()
    for length in range(0, len(content), 7):
        saved.write_bytes(content[:length])
        loading_fails(saved)


def test_a_bit_flipped_anywhere(saved):
    content = saved.read_bytes()
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        saved.write_bytes(changed)
        loading_fails(saved)


def test_a_bit_flipped_in_a_weight_is_told_as_damage(saved):
    content = bytearray(saved.read_bytes())
    content[-3] ^= 1
    saved.write_bytes(content)
    assert "is damaged: its content does not match its digest" in loading_fails(saved)


class Bait:
    """Makes a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("write", [lambda bait, path: path.write_bytes(pickle.dumps(bait)), torch.save])
def test_a_pickle_is_refused_and_not_executed(tmp_path, write):
    marker = tmp_path / "executed"
    write(Bait(marker), tmp_path / "file")
    assert "not a readable safetensors file" in loading_fails(tmp_path / "file")
    assert not marker.exists()
    pickle.loads(pickle.dumps(Bait(marker)))
    assert marker.exists()  # so the bait would have worked


def saving_fails(path) -> str:
    with pytest.raises(CheckpointError) as caught:
        save_checkpoint(path, {"x": torch.tensor(2)}, {})
    message = str(caught.value)
    assert f"{path} could not be written: " in message
    assert "Remedy: choose a folder that exists, has space and may be written." in message
    return message


def test_a_missing_folder(tmp_path):
    assert "No such file or directory" in saving_fails(tmp_path / "missing" / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(saved):
    before = saved.read_bytes()
    saving_fails(saved / "file")
    assert saved.read_bytes() == before


def test_a_target_that_is_a_folder(tmp_path):
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    saving_fails(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_read_only_folder(public_folder, ordinary_user):
    path = public_folder / "file"
    save_checkpoint(path, {"x": torch.tensor(1)}, {})
    public_folder.chmod(0o555)
    with ordinary_user():
        assert "Permission denied" in saving_fails(path)
    assert load_checkpoint(path)[0]["x"] == 1


class FullFile:
    """A file on a disk that has room for ten bytes."""

    def __init__(self, path, mode):
        self.file = open(path, mode)  # noqa: SIM115  (closed by __exit__)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        self.file.flush()
        raise OSError(errno.ENOSPC, "No space left on device")


def fail_with_no_space(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("moment", ["open", "write", "fsync", "replace"])
def test_no_space_left(saved, monkeypatch, moment):
    before = saved.read_bytes()
    if moment in ("open", "write"):
        replacement = fail_with_no_space if moment == "open" else FullFile
        monkeypatch.setattr(checkpoint, "open", replacement, raising=False)
    else:
        monkeypatch.setattr(checkpoint.os, moment, fail_with_no_space)
    assert "No space left on device" in saving_fails(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["file"]  # no half-written part
