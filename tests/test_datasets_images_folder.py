"""Pictures of one's own in class folders."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional

from course_lib.datasets.images import load_image_folder
from course_lib.errors import DataError


@pytest.fixture
def pictures(tmp_path):
    """Two classes with pictures of different sizes and modes."""
    random = np.random.default_rng(0)
    sizes = [(12, 8), (8, 12), (20, 20), (9, 31), (8, 8)]
    for class_name in ("cat", "dog"):
        (tmp_path / class_name).mkdir()
        for number, (height, width) in enumerate(sizes):
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            picture = Image.fromarray(pixels).convert("L" if number == 2 else "RGB")
            picture.save(tmp_path / class_name / f"{number}.png")
    return tmp_path


def test_pictures_of_any_size_become_squares_in_three_channels(pictures, random):
    data = load_image_folder(pictures, 8, generator=random)
    assert data.train_images.shape == (8, 3, 8, 8)
    assert data.test_images.shape == (2, 3, 8, 8)
    assert data.class_names == ("cat", "dog")
    assert torch.cat([data.train_labels, data.test_labels]).bincount().tolist() == [5, 5]


def test_each_picture_is_resized_on_its_shorter_side_and_keeps_its_centre_and_label(pictures, random):
    data = load_image_folder(pictures, 8, test_fraction=0.5, generator=random)
    loaded = {
        image.numpy().tobytes(): label
        for images, labels in (
            (data.train_images, data.train_labels),
            (data.test_images, data.test_labels),
        )
        for image, label in zip(images, labels.tolist(), strict=True)
    }
    assert len(loaded) == 10
    for label, class_name in enumerate(("cat", "dog")):
        for path in (pictures / class_name).iterdir():
            with Image.open(path) as file:
                picture = functional.pil_to_tensor(file.convert("RGB"))
            if picture.shape[1:] == (12, 8):  # nothing to resize, the middle 8 of 12 rows are kept
                expected = picture[:, 2:10]
            elif picture.shape[1:] == (8, 12):
                expected = picture[:, :, 2:10]
            elif picture.shape[1:] == (8, 8):
                expected = picture
            else:
                continue
            assert loaded[expected.numpy().tobytes()] == label


def test_the_generator_decides_what_is_set_aside(pictures):
    def test_images(seed):
        return load_image_folder(pictures, 8, generator=torch.Generator().manual_seed(seed)).test_images

    assert torch.equal(test_images(0), test_images(0))
    assert not torch.equal(test_images(0), test_images(1))


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.99, 1.0])
def test_a_fraction_that_leaves_nothing_is_refused(pictures, random, fraction):
    with pytest.raises(ValueError, match=f"test_fraction {fraction} of 10 images leaves no"):
        load_image_folder(pictures, 8, test_fraction=fraction, generator=random)


@pytest.mark.parametrize("content", [b"", b"this is text", "half", "header"])
def test_a_broken_picture_is_named(pictures, random, content):
    path = pictures / "dog" / "3.png"
    good = path.read_bytes()
    if content == "half":
        content = good[: len(good) // 2]
    elif content == "header":
        content = (
            good[:12] + b"X" + good[13:]
        )  # a chunk of no known kind, which Pillow tells by a SyntaxError
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_image_folder(pictures, 8, generator=random)
    assert f"{path} is not a readable picture" in str(caught.value)
    assert "Remedy: replace or delete it" in str(caught.value)


def test_no_folder_no_classes_and_no_pictures_are_told(tmp_path, random):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "no_pictures" / "cat").mkdir(parents=True)
    (tmp_path / "no_pictures" / "cat" / "notes.txt").write_text("text")
    for name in ("missing", "file", "empty", "no_pictures"):
        with pytest.raises(DataError, match="Remedy: arrange the pictures as root/class_name/picture.png"):
            load_image_folder(tmp_path / name, 8, generator=random)


def test_a_folder_that_may_not_be_read_is_told(public_folder, random, ordinary_user):
    public_folder.chmod(0)
    with ordinary_user(), pytest.raises(DataError, match="Permission denied"):
        load_image_folder(public_folder, 8, generator=random)
