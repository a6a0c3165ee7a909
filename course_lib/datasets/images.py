"""Image data sets as tensors in memory.

Fashion-MNIST is 55 MB as bytes: it fits into memory whole, so nothing is decoded, collated or read
from disk while training. torchvision reads the files; what is added here is that the files are
verified each time, that nothing is written beside them, and that an error names its remedy.
"""

import os
import sys
import tempfile
import urllib.error
from pathlib import Path

import torch
from torchvision import datasets
from torchvision.datasets.utils import check_md5, download_url
from torchvision.transforms.v2 import functional

from course_lib.datasets.image_data import ImageData
from course_lib.errors import DataError

FASHION_MNIST_CLASSES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def data_root() -> Path:
    """Return the folder of the data sets.

    That is `COURSE_DATA` where it is set, the repository's `data/` where the library is used from a
    clone, and else (installed alone, as on Colab) the user's cache folder.
    """
    if os.environ.get("COURSE_DATA"):
        return Path(os.environ["COURSE_DATA"])
    in_repository = Path(__file__).resolve().parents[2] / "data"
    if (in_repository / "FashionMNIST").is_dir():
        return in_repository
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "course_lib"


def load_fashion_mnist(root: Path | str | None = None) -> ImageData:
    """Return Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 1×28×28, 10 classes.

    The four original files are verified against their published MD5 and unpacked into a temporary
    folder, so `root` may be read-only and a half-unpacked file cannot be met later. Missing files
    are downloaded to `root`.

    Args:
        root: the folder that holds `FashionMNIST/raw/`; default `data_root()`.

    Raises:
        DataError: a file is damaged, missing and not to be had, or there is no space to unpack.

    Reference: Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
    """
    raw = Path(root if root is not None else data_root()) / "FashionMNIST" / "raw"
    for name, md5 in datasets.FashionMNIST.resources:
        if not os.path.exists(raw / name):  # Path.exists raises where the folder may not be searched
            _download(datasets.FashionMNIST.mirrors, raw, name, md5)
        _verify(raw / name, md5)
    try:
        with tempfile.TemporaryDirectory(prefix="fashion_mnist_") as scratch:
            copies = Path(scratch) / "FashionMNIST" / "raw"
            copies.mkdir(parents=True)
            for name, _ in datasets.FashionMNIST.resources:
                (copies / name).write_bytes((raw / name).read_bytes())
            train = datasets.FashionMNIST(scratch, train=True, download=True)  # unpacks; downloads nothing
            test = datasets.FashionMNIST(scratch, train=False)
    except OSError as error:
        raise DataError(
            f"Fashion-MNIST could not be unpacked into {tempfile.gettempdir()}: {error.strerror or error}. "
            "Remedy: free 100 MB there, or set TMPDIR to a folder with space that you may write."
        ) from error
    return ImageData(
        train.data[:, None], train.targets, test.data[:, None], test.targets, FASHION_MNIST_CLASSES
    )


def _verify(path: Path, md5: str) -> None:
    try:
        intact = check_md5(path, md5)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Remedy: mend its permissions.") from error
    if not intact:
        raise DataError(
            f"{path} is damaged: its MD5 is not {md5}. Remedy: delete it and restore it with "
            f"'git checkout -- {path.name}' in its folder, or call again to download it."
        )


def _download(mirrors: list[str], folder: Path, name: str, md5: str) -> None:
    """Fetch one file into a temporary folder and move it into place only when it is whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as partial:
            for mirror in mirrors:
                try:
                    download_url(f"{mirror}{name}", partial, filename=name, md5=md5)
                    os.replace(Path(partial) / name, folder / name)
                    return
                except (urllib.error.URLError, RuntimeError, TimeoutError, ConnectionError):
                    continue  # try the next mirror
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}. Remedy: free some space, or set "
            "COURSE_DATA to a folder that you may write."
        ) from error
    raise DataError(
        f"{folder / name} is missing and could not be downloaded. Remedy: restore it with "
        "'git checkout -- data' in a clone of the course, or connect to the network and call again."
    )


def load_cifar10(root: Path | str | None = None) -> ImageData:
    """Return CIFAR-10: 50,000 training and 10,000 test photographs, 3×32×32, 10 classes.

    Downloaded (170 MB) on first use. The published files are Python pickles; torchvision reads them
    only after their MD5 has been found equal to the published one.

    Raises:
        DataError: the files are missing or damaged and cannot be downloaded.

    Reference: Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.
    """
    folder = Path(root if root is not None else data_root())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        train = datasets.CIFAR10(folder, train=True, download=True)
        test = datasets.CIFAR10(folder, train=False)
    except (OSError, RuntimeError) as error:  # URLError is an OSError
        raise DataError(
            f"CIFAR-10 in {folder} is missing or damaged, and fetching it failed: {error}. Remedy: delete "
            "cifar-10-batches-py and cifar-10-python.tar.gz there, connect to the network, and call again."
        ) from error
    images = [torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous() for part in (train, test)]
    labels = [torch.tensor(part.targets) for part in (train, test)]
    return ImageData(images[0], labels[0], images[1], labels[1], tuple(train.classes))


def load_image_folder(
    root: Path | str, image_size: int, *, test_fraction: float = 0.2, generator: torch.Generator
) -> ImageData:
    """Return your own pictures: one sub-folder a class, any sizes, resized and cropped to squares.

    Args:
        root: a folder of class folders, as in `root/cat/1.jpg`.
        image_size: height and width in pixels afterwards: the shorter side is resized to it, the centre kept.
        test_fraction: share of the images, in (0, 1), that is set aside for testing.
        generator: draws which images those are.

    Raises:
        DataError: no such folder, no pictures in it, or a file that is no picture, which is named.
    """
    try:
        folder = datasets.ImageFolder(str(root))
    except OSError as error:
        raise DataError(
            f"{root} is not a folder with one sub-folder of pictures for each class ({error}). "
            "Remedy: arrange the pictures as root/class_name/picture.png."
        ) from error
    images = []
    for path, _ in folder.samples:
        try:
            picture = folder.loader(path)
        except Exception as error:  # a broken file makes Pillow raise OSError, SyntaxError, ValueError, …
            raise DataError(
                f"{path} is not a readable picture ({error}). Remedy: replace or delete it."
            ) from error
        picture = functional.resize(picture, [image_size], antialias=True)
        images.append(functional.pil_to_tensor(functional.center_crop(picture, [image_size])))
    images, labels = torch.stack(images), torch.tensor(folder.targets)  # (count, 3, size, size), (count,)
    test_count = round(test_fraction * len(images))
    if not 0 < test_count < len(images):
        raise ValueError(
            f"test_fraction {test_fraction} of {len(images)} images leaves no test or no training image"
        )
    order = torch.randperm(len(images), generator=generator)
    test, train = order[:test_count], order[test_count:]
    return ImageData(images[train], labels[train], images[test], labels[test], tuple(folder.classes))
