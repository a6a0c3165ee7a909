"""How good a classifier is, and what it confuses. torchmetrics does the counting."""

from torch import Tensor
from torchmetrics.functional.classification import multiclass_confusion_matrix


def confusion_matrix(predictions: Tensor, labels: Tensor, class_count: int) -> Tensor:
    """Return how often each class was taken for each other one.

    Args:
        predictions: int64 class numbers of shape (count,), or logits of shape (count, class_count).
        labels: int64, shape (count,), values 0 to class_count - 1.

    Returns:
        int64, shape (class_count, class_count): row = true class, column = predicted class.

    Raises:
        ValueError: shapes that do not fit, labels out of range, or logits that are not numbers.

    >>> import torch
    >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), class_count=2)
    tensor([[1, 1],
            [0, 1]])
    """
    if predictions.ndim == 2:
        if not predictions.isfinite().all():
            raise ValueError("some logits are infinite or not a number; the model that made them is broken")
        predictions = predictions.argmax(dim=1)
    if predictions.shape != labels.shape or labels.ndim != 1 or len(labels) == 0:
        raise ValueError(
            f"need as many predictions as labels, and some; got {tuple(predictions.shape)} and {tuple(labels.shape)}"
        )
    for name, values in (("labels", labels), ("predictions", predictions)):
        if values.is_floating_point() or values.min() < 0 or values.max() >= class_count:
            raise ValueError(
                f"{name} must be whole numbers from 0 to {class_count - 1}, got {values.dtype} from "
                f"{values.min()} to {values.max()}"
            )
    return multiclass_confusion_matrix(
        predictions, labels.to(predictions.device), class_count, validate_args=False
    )


def accuracy(predictions: Tensor, labels: Tensor, class_count: int = 10) -> float:
    """Return the share of right predictions, in [0, 1]; arguments as for `confusion_matrix`.

    >>> import torch
    >>> accuracy(torch.tensor([3, 1, 4, 1]), torch.tensor([3, 1, 4, 2]))
    0.75
    """
    confusion = confusion_matrix(predictions, labels, class_count)
    return (confusion.trace() / confusion.sum()).item()


def per_class_accuracy(confusion: Tensor) -> Tensor:
    """Return the share of each true class that was recognised, shape (class_count,); NaN for an absent class."""
    return confusion.diagonal() / confusion.sum(dim=1)


def most_confused(confusion: Tensor, count: int) -> list[tuple[int, int, int]]:
    """Return the `count` most frequent mistakes as (true class, predicted class, how often), most frequent first.

    >>> import torch
    >>> most_confused(torch.tensor([[5, 2], [3, 9]]), count=1)
    [(1, 0, 3)]
    """
    mistakes = confusion.clone()
    mistakes.fill_diagonal_(0)
    order = mistakes.flatten().argsort(descending=True, stable=True)[:count].tolist()
    size = len(confusion)
    found = [(index // size, index % size, mistakes.flatten()[index].item()) for index in order]
    return [mistake for mistake in found if mistake[2] > 0]  # there may be fewer mistakes than `count`
