"""Small files in the formats of the published data sets, made by the tests."""

import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np
from torchvision import datasets

FASHION_FILES = [name for name, _ in datasets.FashionMNIST.resources]


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def _idx(array: np.ndarray) -> bytes:
    """Return the bytes of the IDX format: two zeros, the code of uint8, the rank, the sizes, the values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_fashion_mnist(root: Path, monkeypatch) -> dict[str, np.ndarray]:
    """Write 30 + 20 pictures as the four files of Fashion-MNIST, publish their MD5, and return the arrays."""
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(0)
    arrays = {}
    for name in FASHION_FILES:
        count = 30 if name.startswith("train") else 20
        if "images" in name:
            arrays[name] = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        else:
            arrays[name] = np.arange(count, dtype=np.uint8) % 10
        (raw / name).write_bytes(gzip.compress(_idx(arrays[name])))
    resources = [(name, md5(raw / name)) for name in FASHION_FILES]
    monkeypatch.setattr(datasets.FashionMNIST, "resources", resources)
    return arrays


def write_cifar10(root: Path, monkeypatch) -> tuple[dict[str, dict], list[str]]:
    """Write five training files and one test file of 6 pictures each, publish their MD5, and return their content."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    random = np.random.default_rng(1)
    parts = {}
    for name, _ in datasets.CIFAR10.train_list + datasets.CIFAR10.test_list:
        parts[name] = {
            "data": random.integers(0, 256, (6, 3 * 32 * 32), dtype=np.uint8),
            "labels": random.integers(0, 10, 6).tolist(),
        }
        (folder / name).write_bytes(pickle.dumps(parts[name]))
    names = [f"class {number}" for number in range(10)]
    meta = folder / datasets.CIFAR10.meta["filename"]
    meta.write_bytes(pickle.dumps({"label_names": names}))
    for attribute in ("train_list", "test_list"):
        published = [[name, md5(folder / name)] for name, _ in getattr(datasets.CIFAR10, attribute)]
        monkeypatch.setattr(datasets.CIFAR10, attribute, published)
    monkeypatch.setattr(datasets.CIFAR10, "meta", {**datasets.CIFAR10.meta, "md5": md5(meta)})
    return parts, names
