"""The checks of notebook 01 accept right answers and tell typical wrong ones what is wrong."""

import pytest
import torch

from course_lib.checks import images
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def untouched(*arguments):
    raise NotImplementedError


def crop(pictures, size, top=None, left=None):
    height, width = pictures.shape[-2:]
    top = (height - size) // 2 if top is None else top
    left = (width - size) // 2 if left is None else left
    return pictures[..., top : top + size, left : left + size]


def distances(pictures, means):
    return (pictures[:, None] - means[None]).flatten(2).pow(2).sum(dim=2)


def along_width(pictures, mean, std):
    return pictures * std + mean


RIGHT = [
    (images.check_to_nchw, lambda p: p.permute(0, 3, 1, 2).float() / 255),
    (images.check_to_nchw, lambda p: p.transpose(2, 3).transpose(1, 2).to(torch.float32).div(255)),
    (images.check_to_nchw, lambda p: torch.stack([c.float() / 255 for c in p.unbind(3)], dim=1)),
    (images.check_center_crop, crop),
    (images.check_center_crop, lambda p, s: crop(p, s).clone()),
    (images.check_undo_normalisation, lambda p, m, s: p * s.view(1, -1, 1, 1) + m.view(1, -1, 1, 1)),
    (
        images.check_undo_normalisation,
        lambda p, m, s: torch.stack([p[:, c] * s[c] + m[c] for c in range(3)], 1),
    ),
    (images.check_nearest_mean, lambda p, m: distances(p, m).argmin(1)),
    (images.check_nearest_mean, lambda p, m: torch.cdist(p.flatten(1), m.flatten(1)).argmin(1).int()),
]

WRONG_ANSWERS = [
    (images.check_to_nchw, lambda p: p.reshape(len(p), p.shape[3], *p.shape[1:3]).float() / 255, "permute"),
    (images.check_to_nchw, lambda p: p.permute(0, 3, 1, 2), "float32"),
    (images.check_to_nchw, lambda p: p.permute(0, 3, 1, 2).float(), "white is 1"),
    (images.check_to_nchw, lambda p: p.float() / 255, "Order"),
    (images.check_to_nchw, lambda p: p.permute(0, 3, 2, 1).float() / 255, "Order"),
    (images.check_center_crop, lambda p, s: p[:, :, :s, :s], "upper left"),
    (images.check_center_crop, lambda p, s: crop(p, s + 1), "should remain"),
    (images.check_center_crop, lambda p, s: p[: s, : s], "last two axes"),
    (images.check_center_crop, lambda p, s: crop(p, s, top=p.shape[2] - s), "half of each"),
    (images.check_undo_normalisation, lambda p, m, s: (p + m.view(1, 3, 1, 1)) * s.view(1, 3, 1, 1), "last step first"),
    (images.check_undo_normalisation, along_width, "along the width"),
    (images.check_undo_normalisation, lambda p, m, s: (p - m.view(1, 3, 1, 1)) / s.view(1, 3, 1, 1), "Multiply"),
    (images.check_nearest_mean, lambda p, m: distances(p, m).argmax(1), "farthest"),
    (images.check_nearest_mean, lambda p, m: (p.flatten(1) @ m.flatten(1).T).argmax(1), "bright mean wins"),
    (images.check_nearest_mean, lambda p, m: (p[:, None] - m[None]).flatten(2).sum(2).abs().argmin(1), "cancel"),
    (images.check_nearest_mean, lambda p, m: (p[:, None] - m[None]).flatten(2).sum(2).argmin(1), "without squares"),
    (images.check_nearest_mean, lambda p, m: distances(p, m).argmin(0), "runs over the images"),
    (images.check_nearest_mean, lambda p, m: distances(p, m).argmin(1)[:3], "One label an image"),
    (images.check_nearest_mean, lambda p, m: (p - m).pow(2).sum(1), "Every image has to meet every mean"),
    (images.check_nearest_mean, lambda p, m: distances(p[:, :1], m[:, :1]).argmin(1), "first channel"),
    (images.check_center_crop, lambda p, s: crop(p, s, *(-(-(n - s) // 2) for n in p.shape[2:])), "rounds down"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(check, answer):
    result = check(answer)
    assert result.status == CORRECT, result.message


@pytest.mark.parametrize(("check", "answer", "hint"), WRONG_ANSWERS)
def test_wrong_answers_get_the_hint_meant_for_them(check, answer, hint):
    result = check(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", sorted({check for check, _ in RIGHT}, key=lambda check: check.__name__))
def test_an_untouched_stub_is_not_attempted(check):
    assert check(untouched).status == NOT_ATTEMPTED
