"""What is checked about images and labels."""

import pytest
import torch

from course_lib.datasets.image_data import ImageData, check_images_and_labels

IMAGES = torch.zeros(4, 1, 3, 3, dtype=torch.uint8)
LABELS = torch.tensor([0, 1, 2, 1])


def test_good_images_and_labels_pass():
    check_images_and_labels(IMAGES, LABELS)
    check_images_and_labels(IMAGES, LABELS, class_count=3)
    check_images_and_labels(IMAGES[:0], LABELS[:0], class_count=3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES.float(), "must be uint8 .* got torch.float32 .*they look normalised already"),
        (IMAGES.long(), r"must be uint8 .* got torch.int64 of shape \(4, 1, 3, 3\)$"),
        (IMAGES[:, 0], r"got torch.uint8 of shape \(4, 3, 3\)"),
    ],
)
def test_images_of_another_type_or_rank_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        check_images_and_labels(images, LABELS)


@pytest.mark.parametrize("labels", [LABELS[:3], LABELS[:, None], LABELS.int(), LABELS.float()])
def test_labels_of_another_type_or_count_are_refused(labels):
    with pytest.raises(ValueError, match=r"labels must be int64 of shape \(4,\), one an image, got"):
        check_images_and_labels(IMAGES, labels)


def test_labels_out_of_range_are_refused_with_the_range_they_have():
    with pytest.raises(ValueError, match="below the number of classes, 2; got values from 0 to 2"):
        check_images_and_labels(IMAGES, LABELS, class_count=2)
    with pytest.raises(ValueError, match="at least 0; got values from -1 to 1"):
        check_images_and_labels(IMAGES, LABELS - 1)


@pytest.mark.parametrize("part", ["train", "test"])
def test_both_parts_of_a_data_set_are_checked(part):
    tensors = {
        "train_images": IMAGES, "train_labels": LABELS, "test_images": IMAGES, "test_labels": LABELS,
    }  # fmt: skip
    ImageData(**tensors, class_names=("a", "b", "c"))
    tensors[f"{part}_labels"] = LABELS + 1
    with pytest.raises(ValueError, match="below the number of classes, 3"):
        ImageData(**tensors, class_names=("a", "b", "c"))


@pytest.mark.parametrize("device", ["cpu"] + ["cuda"] * torch.cuda.is_available())
def test_moving_to_a_device_keeps_everything_else(device):
    data = ImageData(IMAGES, LABELS, IMAGES[:2], LABELS[:2], ("a", "b", "c")).to(device)
    for tensor in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        assert tensor.device.type == device
    assert data.test_labels.tolist() == [0, 1]
    assert data.class_names == ("a", "b", "c")
