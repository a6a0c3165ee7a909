"""Predict with a classifier, and say how good the predictions are."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import runtime
from course_lib.datasets.batches import batches
from course_lib.datasets.image_data import check_images_and_labels


@torch.no_grad()
def predict_logits(
    model: nn.Module,
    images: Tensor,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    batch_size: int = 1000,
    flip_average: bool = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the logits of all images, shape (count, classes), float32; the model's mode is left as it was.

    Args:
        images: raw uint8, shape (count, channels, height, width).
        flip_average: average the logits of each image and its mirror image.
    """
    modes = [(module, module.training) for module in model.modules()]  # a frozen part has its own
    model.eval()  # batch normalisation uses its running averages, dropout passes everything
    device = next(model.parameters()).device
    unlabelled = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    logits = []
    try:
        for batch, _ in batches(images, unlabelled, batch_size, mean=mean, std=std, device=device):
            with runtime.autocast(device, dtype):
                output = model(batch).float()
                if flip_average:
                    output = (output + model(batch.flip(-1)).float()) / 2
            logits.append(output)
    finally:
        for module, training in modes:
            module.training = training
    return torch.cat(logits)


def evaluate_classifier(model: nn.Module, images: Tensor, labels: Tensor, **options) -> dict[str, float]:
    """Return `loss` (mean cross-entropy, nats an image) and `accuracy` (a fraction in [0, 1]).

    Args:
        images: raw uint8, shape (count, channels, height, width).
        labels: int64, shape (count,).
        options: of `predict_logits`; mean and std must be given.
    """
    logits = predict_logits(model, images, **options)
    check_images_and_labels(images, labels, class_count=logits.shape[1])
    labels = labels.to(logits.device)
    return {
        "loss": F.cross_entropy(logits, labels).item(),
        "accuracy": (logits.argmax(dim=1) == labels).float().mean().item(),
    }
