"""CIFAR-10, from small files in its published format."""

import urllib.error

import pytest
import torch
from torchvision.datasets import cifar

from course_lib.datasets.images import load_cifar10
from course_lib.errors import DataError
from tests.small_data import write_cifar10


@pytest.fixture(autouse=True)
def _no_download(monkeypatch):
    def refuse(*arguments, **options):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(cifar, "download_and_extract_archive", refuse)


def test_images_and_labels_are_those_of_the_files(tmp_path, monkeypatch):
    parts, names = write_cifar10(tmp_path, monkeypatch)
    data = load_cifar10(tmp_path)
    assert data.train_images.shape == (30, 3, 32, 32)
    assert data.test_images.shape == (6, 3, 32, 32)
    assert data.class_names == tuple(names)
    train = [parts[f"data_batch_{number}"] for number in range(1, 6)]
    for number in range(30):
        part, row = train[number // 6], number % 6
        # the file holds the 1,024 red values row by row, then the green, then the blue
        expected = torch.from_numpy(part["data"][row]).view(3, 32, 32)
        assert torch.equal(data.train_images[number], expected)
        assert data.train_labels[number] == part["labels"][row]
    assert torch.equal(data.test_images.flatten(1), torch.from_numpy(parts["test_batch"]["data"]))
    assert data.test_labels.tolist() == parts["test_batch"]["labels"]
    assert data.train_images.is_contiguous()


def test_missing_files_that_cannot_be_fetched_are_told_with_the_remedy(tmp_path):
    with pytest.raises(DataError, match="CIFAR-10 in .* is missing or damaged.*no network.*Remedy: delete"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_file_is_not_unpickled(tmp_path, monkeypatch, name, damage):
    write_cifar10(tmp_path, monkeypatch)
    path = tmp_path / "cifar-10-batches-py" / name
    content = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[:-1])
    else:
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
    with pytest.raises(DataError, match="Remedy: delete cifar-10-batches-py"):
        load_cifar10(tmp_path)


def test_a_root_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="CIFAR-10"):
        load_cifar10(tmp_path / "file")
