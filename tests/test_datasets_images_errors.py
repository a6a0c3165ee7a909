"""Fashion-MNIST that is missing, damaged or not to be unpacked: one clear error that names the remedy."""

import errno
import shutil
from pathlib import Path

import pytest

from course_lib.datasets import images
from course_lib.errors import DataError
from tests.small_data import FASHION_FILES, write_fashion_mnist


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of small files; nothing can be downloaded."""
    write_fashion_mnist(tmp_path, monkeypatch)
    monkeypatch.setattr(images.datasets.FashionMNIST, "mirrors", [])
    return tmp_path


def loading_fails(root) -> str:
    with pytest.raises(DataError) as caught:
        images.load_fashion_mnist(root)
    message = str(caught.value)
    assert "Remedy: " in message
    assert "\n" not in message
    return message


def test_no_data_folder(data):
    message = loading_fails(data / "nowhere")
    assert f"{FASHION_FILES[0]} is missing and could not be downloaded" in message
    assert "git checkout -- data" in message


@pytest.mark.parametrize("name", FASHION_FILES)
def test_one_file_missing(data, name):
    (data / "FashionMNIST" / "raw" / name).unlink()
    assert f"{name} is missing" in loading_fails(data)


@pytest.mark.parametrize("name", FASHION_FILES)
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_truncated_file(data, name, kept):
    path = data / "FashionMNIST" / "raw" / name
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    message = loading_fails(data)
    assert f"{path} is damaged" in message
    assert "git checkout" in message


@pytest.mark.parametrize("name", FASHION_FILES)
@pytest.mark.parametrize("where", [0, 0.5, 0.999])
def test_a_file_with_one_flipped_bit(data, name, where):
    path = data / "FashionMNIST" / "raw" / name
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    assert f"{path} is damaged" in loading_fails(data)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 2), (1, 3)])
def test_two_swapped_files(data, first, second):
    raw = data / "FashionMNIST" / "raw"
    first, second = raw / FASHION_FILES[first], raw / FASHION_FILES[second]
    shutil.move(first, raw / "aside")
    shutil.move(second, first)
    shutil.move(raw / "aside", second)
    assert f"{first} is damaged" in loading_fails(data)


def test_an_altered_file_of_the_real_data(tmp_path, monkeypatch):
    """The MD5 is the published one, so the real files swapped with each other are told too."""
    raw = tmp_path / "FashionMNIST" / "raw"
    shutil.copytree(images.data_root() / "FashionMNIST" / "raw", raw)
    shutil.copy(raw / "t10k-labels-idx1-ubyte.gz", raw / "train-labels-idx1-ubyte.gz")
    assert "train-labels-idx1-ubyte.gz is damaged" in loading_fails(tmp_path)


def test_a_folder_in_place_of_a_file(data):
    path = data / "FashionMNIST" / "raw" / FASHION_FILES[0]
    path.unlink()
    path.mkdir()
    assert f"{path} cannot be read" in loading_fails(data)


def test_a_file_in_place_of_the_folder(tmp_path, monkeypatch):
    (tmp_path / "FashionMNIST").write_text("not a folder")
    monkeypatch.setattr(images.datasets.FashionMNIST, "mirrors", ["https://never.asked/"])
    message = loading_fails(tmp_path)
    assert "cannot be written" in message
    assert "COURSE_DATA" in message


def test_a_file_that_may_not_be_read(public_folder, monkeypatch, ordinary_user):
    write_fashion_mnist(public_folder, monkeypatch)
    path = public_folder / "FashionMNIST" / "raw" / FASHION_FILES[0]
    path.chmod(0)
    with ordinary_user():
        message = loading_fails(public_folder)
    assert f"{path} cannot be read: Permission denied. Remedy: mend its permissions." in message


def test_a_folder_that_may_not_be_searched(public_folder, monkeypatch, ordinary_user):
    write_fashion_mnist(public_folder, monkeypatch)
    (public_folder / "FashionMNIST" / "raw").chmod(0)
    with ordinary_user():
        assert "Permission denied" in loading_fails(public_folder)


def test_a_read_only_folder_into_which_a_download_should_go(public_folder, monkeypatch, ordinary_user):
    monkeypatch.setattr(images.datasets.FashionMNIST, "mirrors", ["https://never.asked/"])
    public_folder.chmod(0o555)
    with ordinary_user():
        message = loading_fails(public_folder)
    assert "cannot be written: Permission denied" in message
    assert "COURSE_DATA" in message


def test_no_space_to_unpack(data, monkeypatch, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(images.tempfile, "tempdir", str(scratch))

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    message = loading_fails(data)
    assert f"could not be unpacked into {scratch}: No space left on device" in message
    assert "TMPDIR" in message
    assert list(scratch.iterdir()) == []


def test_no_space_to_download_to(data, monkeypatch):
    def full(url, root, filename, md5):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(images, "download_url", full)
    monkeypatch.setattr(images.datasets.FashionMNIST, "mirrors", ["https://mirror/"])
    message = loading_fails(data / "nowhere")
    assert "cannot be written: No space left on device. Remedy: free some space" in message
