"""Hundreds of damaged files, of each kind the course reads: always one clear error, never a wrong tensor."""

import contextlib
import random
from collections.abc import Callable

import pytest
import torch

from course_lib.datasets.images import load_cifar10, load_fashion_mnist
from course_lib.errors import CourseError
from course_lib.training.bundled import bundled_path, load_bundled
from course_lib.training.checkpoint import load_checkpoint, save_checkpoint, save_weights
from tests.helpers import assert_same_state, copy_of_state, small_model
from tests.small_data import FASHION_FILES, write_cifar10, write_fashion_mnist
from tests.test_training_bundled import bundle  # noqa: F401  (a fixture)


def flip_a_bit(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut_off(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))]


def blank_out(content: bytes, draw: random.Random) -> bytes:
    """A block that was allocated and never written, as after a power failure."""
    start = draw.randrange(len(content))
    stop = min(len(content), start + draw.choice([1, 16, 512]))
    return content[:start] + bytes(stop - start) + content[stop:]


def repeat_a_part(content: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + content[start : start + 64] + content[start:]


def lose_a_part(content: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.choice([1, 64]) :]


def append(content: bytes, draw: random.Random) -> bytes:
    return content + draw.randbytes(draw.choice([1, 100]))


DAMAGES = (flip_a_bit, cut_off, blank_out, repeat_a_part, lose_a_part, append)


def damaged(content: bytes, count: int, seed: int = 0) -> list[bytes]:
    """Return `count` different contents, none equal to the right one."""
    draw, found = random.Random(seed), set()
    while len(found) < count:
        found.add(draw.choice(DAMAGES)(content, draw))
        found.discard(content)
    return sorted(found)


def refused(read: Callable[[], object]) -> None:
    """Assert that reading ends with the course's own error, in one line, with its remedy."""
    with pytest.raises(CourseError, match="Remedy: ") as caught:
        read()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", range(4))
def test_fashion_mnist(tmp_path, monkeypatch, number):
    write_fashion_mnist(tmp_path, monkeypatch)
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.mirrors", [])
    file = tmp_path / "FashionMNIST" / "raw" / FASHION_FILES[number]
    for content in damaged(file.read_bytes(), 40, seed=number):
        file.write_bytes(content)
        refused(lambda: load_fashion_mnist(tmp_path))


def test_each_file_of_fashion_mnist_in_the_place_of_each_other(tmp_path, monkeypatch):
    write_fashion_mnist(tmp_path, monkeypatch)
    raw = tmp_path / "FashionMNIST" / "raw"
    right = {name: (raw / name).read_bytes() for name in FASHION_FILES}
    for place in FASHION_FILES:
        for other in set(FASHION_FILES) - {place}:
            (raw / place).write_bytes(right[other])
            refused(lambda: load_fashion_mnist(tmp_path))
        (raw / place).write_bytes(right[place])
    assert len(load_fashion_mnist(tmp_path).train_images) == 30


def test_cifar10_is_never_unpickled_when_damaged(tmp_path, monkeypatch):
    write_cifar10(tmp_path, monkeypatch)

    def no_download(*arguments, **options):
        raise OSError("no network")

    monkeypatch.setattr("course_lib.datasets.images.download_url", no_download)
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", no_download)
    for file in sorted((tmp_path / "cifar-10-batches-py").iterdir()):
        right = file.read_bytes()
        for content in damaged(right, 15):
            file.write_bytes(content)
            refused(lambda: load_cifar10(tmp_path))
        file.write_bytes(right)
    assert len(load_cifar10(tmp_path).train_images) == 30


def test_checkpoints(tmp_path):
    path = tmp_path / "run"
    tensors = {"weight": torch.rand(7, 5), "count": torch.tensor(3), "bits": torch.ones(4, dtype=torch.bool)}
    save_checkpoint(path, tensors, {"epoch": 2, "note": "ä"})
    for content in damaged(path.read_bytes(), 200):
        path.write_bytes(content)
        refused(lambda: load_checkpoint(path))


def test_bundled_weights(bundle):  # noqa: F811
    model = small_model(seed=2)
    before = copy_of_state(model)
    for content in damaged(bundle.read_bytes(), 100):
        bundle.write_bytes(content)
        refused(lambda: load_bundled("small", model))
        assert_same_state(copy_of_state(model), before)


def test_cards_of_bundled_weights(bundle):  # noqa: F811
    """Words of a card may change unnoticed; the weights that are read are the right ones or none."""
    card = bundle.with_suffix(".json")
    expected, count = copy_of_state(small_model(seed=1)), 0
    for content in damaged(card.read_bytes(), 100):
        card.write_bytes(content)
        model = small_model(seed=2)
        before = copy_of_state(model)
        with contextlib.suppress(CourseError):
            load_bundled("small", model)
            count += 1
            before = expected
        assert_same_state(copy_of_state(model), before)
    assert count < 20


def test_weights_of_one_bundle_beside_the_card_of_another(bundle):  # noqa: F811
    other = bundled_path("other")
    save_weights(other, small_model(seed=3), {"seed": 3})
    other.with_suffix(".json").write_bytes(bundle.with_suffix(".json").read_bytes())
    refused(lambda: load_bundled("other", small_model()))
