"""Fashion-MNIST: what is loaded, from where, and that nothing is written beside it."""

import gzip
import sys
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.datasets import images
from course_lib.errors import DataError
from tests.small_data import FASHION_FILES, write_fashion_mnist


@pytest.fixture(scope="module")
def fashion_mnist():
    return images.load_fashion_mnist()


def test_the_real_data_has_the_published_shape_and_balance(fashion_mnist):
    assert fashion_mnist.train_images.shape == (60_000, 1, 28, 28)
    assert fashion_mnist.test_images.shape == (10_000, 1, 28, 28)
    assert fashion_mnist.train_images.dtype == torch.uint8
    assert fashion_mnist.train_labels.dtype == torch.int64
    assert fashion_mnist.train_labels.bincount().tolist() == [6000] * 10
    assert fashion_mnist.test_labels.bincount().tolist() == [1000] * 10
    assert fashion_mnist.class_names[9] == "ankle boot"


def test_the_real_data_equals_the_bytes_of_its_files(fashion_mnist):
    raw = images.data_root() / "FashionMNIST" / "raw"
    for part, prefix in (("train", "train"), ("test", "t10k")):
        pixels = np.frombuffer(
            gzip.decompress((raw / f"{prefix}-images-idx3-ubyte.gz").read_bytes())[16:], "u1"
        )
        labels = np.frombuffer(
            gzip.decompress((raw / f"{prefix}-labels-idx1-ubyte.gz").read_bytes())[8:], "u1"
        )
        assert np.array_equal(getattr(fashion_mnist, f"{part}_images").numpy().reshape(-1), pixels)
        assert np.array_equal(getattr(fashion_mnist, f"{part}_labels").numpy(), labels)


def test_small_files_of_the_format_are_read_value_by_value(tmp_path, monkeypatch):
    arrays = write_fashion_mnist(tmp_path, monkeypatch)
    data = images.load_fashion_mnist(tmp_path)
    train_images, train_labels, test_images, test_labels = (arrays[name] for name in FASHION_FILES)
    assert np.array_equal(data.train_images[:, 0].numpy(), train_images)
    assert np.array_equal(data.train_labels.numpy(), train_labels)
    assert np.array_equal(data.test_images[:, 0].numpy(), test_images)
    assert np.array_equal(data.test_labels.numpy(), test_labels)


def test_loading_writes_nothing_beside_the_files_nor_leaves_anything_behind(tmp_path, monkeypatch):
    write_fashion_mnist(tmp_path / "data", monkeypatch)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(images.tempfile, "tempdir", str(scratch))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")}
    images.load_fashion_mnist(tmp_path / "data")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*")} == before
    assert list(scratch.iterdir()) == []


def test_a_read_only_folder_is_enough(public_folder, monkeypatch, ordinary_user):
    write_fashion_mnist(public_folder, monkeypatch)
    for folder in (public_folder / "FashionMNIST" / "raw", public_folder / "FashionMNIST", public_folder):
        folder.chmod(0o555)
    with ordinary_user():
        with pytest.raises(OSError):  # noqa: PT011  (any refusal shows that the folder is read-only)
            (public_folder / "new").touch()
        assert len(images.load_fashion_mnist(public_folder).train_images) == 30


def test_missing_files_are_fetched_from_the_next_mirror_and_moved_into_place_whole(tmp_path, monkeypatch):
    write_fashion_mnist(tmp_path / "published", monkeypatch)
    asked = []

    def download(url, root, filename, md5):
        asked.append(url)
        if "first" in url:
            (Path(root) / filename).write_bytes(b"half of a fi")
            raise [urllib.error.URLError("no route"), RuntimeError("wrong MD5"), ConnectionResetError()][
                len(asked) % 3
            ]
        source = tmp_path / "published" / "FashionMNIST" / "raw" / filename
        (Path(root) / filename).write_bytes(source.read_bytes())

    monkeypatch.setattr(images, "download_url", download)
    monkeypatch.setattr(images.datasets.FashionMNIST, "mirrors", ["https://first/", "https://second/"])
    data = images.load_fashion_mnist(tmp_path / "new")
    assert len(data.train_images) == 30
    assert asked == [f"https://{mirror}/{name}" for name in FASHION_FILES for mirror in ("first", "second")]
    raw = tmp_path / "new" / "FashionMNIST" / "raw"
    assert sorted(path.name for path in raw.iterdir()) == sorted(FASHION_FILES)


def test_a_failed_download_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    def download(url, root, filename, md5):
        (Path(root) / filename).write_bytes(b"half of a fi")
        raise ConnectionResetError

    monkeypatch.setattr(images, "download_url", download)
    with pytest.raises(DataError, match="is missing and could not be downloaded"):
        images.load_fashion_mnist(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_data_folder_is_the_variable_then_the_repository_then_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert images.data_root() == tmp_path
    monkeypatch.delenv("COURSE_DATA")
    repository = Path(__file__).resolve().parents[1]
    assert images.data_root() == repository / "data"
    # installed alone: no data folder beside the package
    monkeypatch.setattr(
        images, "__file__", str(tmp_path / "site-packages" / "course_lib" / "datasets" / "images.py")
    )
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    expected = {
        "linux": tmp_path / "cache" / "course_lib",
        "darwin": tmp_path / "home" / "Library" / "Caches" / "course_lib",
        "win32": tmp_path / "local" / "course_lib",
    }
    for platform, folder in expected.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert images.data_root() == folder
