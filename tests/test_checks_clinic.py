"""The checks of notebook 17 on shapes and accuracies accept right answers and tell wrong ones their mistake."""

import pytest
import torch
from torch import nn

from course_lib.checks.clinic import check_accuracy, check_build_classifier
from course_lib.checks.clinic_mistakes import of_accuracy
from course_lib.checks.clinic_models import accuracy_cases
from course_lib.checks.report import CORRECT, WRONG
from course_lib.inspection.features import evaluation_mode
from course_lib.models.classifiers import CourseCNN


def halving(in_channels, out_channels):
    return nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)


def classifier(size, *, rows=lambda maps: maps.flatten(1), inputs=None, end=None, before=None):
    """Return patient 2 with a choice of how to flatten, how large the linear layer is, and what stands at both ends."""

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(*halving(1, 4), *halving(4, 8), *halving(8, 64))
            self.classify = nn.Linear(inputs or 64 * (size // 8) ** 2, 10)

        def forward(self, pictures):
            pictures = before(pictures) if before else pictures
            logits = self.classify(rows(self.features(pictures)))
            return end(logits) if end else logits

    return Classifier()


def adaptive(size):
    return nn.Sequential(*halving(1, 8), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(8 * 9, 10))


def lazy(size):
    return nn.Sequential(*halving(1, 8), nn.Flatten(), nn.LazyLinear(10))


@pytest.mark.parametrize("answer", [classifier, adaptive, lazy, lambda size: CourseCNN(image_size=size)])
def test_a_classifier_for_every_size_is_accepted_however_it_is_built(answer):
    assert check_build_classifier(answer).status == CORRECT


def variant(**options):
    return lambda size: classifier(size, **options)


def by_view(maps):
    return maps.view(-1, 64 * 6 * 6)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(rows=by_view, inputs=64 * 6 * 6), "view(-1, …) has made up a batch size"),
        (variant(inputs=64 * 6 * 6), "follows from image_size"),
        (variant(rows=lambda maps: maps.flatten(), inputs=64 * 36 * 9), "should have the shape"),
        (variant(rows=lambda maps: maps.view(36, -1)), "follows from image_size"),
        (variant(end=lambda logits: logits.softmax(dim=1)), "these are probabilities"),
        (variant(end=lambda logits: logits - logits.mean(dim=0)), "images are mixed"),
        (variant(end=lambda logits: logits[:, :9]), "should have the shape"),
        (lambda size: classifier(16, before=lambda x: x[:, :, :16, :16]), "does not reach the logits"),
        (variant(end=lambda logits: 0 * logits.detach()), "does not reach the logits"),
        (lambda size: torch.zeros(10), "A model, an nn.Module"),
        (variant(end=lambda logits: [logits]), "should return a tensor"),
    ],
)
def test_a_wrong_classifier_is_told_its_mistake(answer, hint):
    result = check_build_classifier(answer)
    assert result.status == WRONG
    assert hint in result.message


def count(
    model, images, labels, batch_size, *, prepare=evaluation_mode, score=lambda right: right.float().mean()
):
    with prepare(model), torch.no_grad():
        parts = [model(batch).argmax(dim=1) for batch in images.split(batch_size)]
    return score(torch.cat(parts) == labels)


def by_hand(model, images, labels, batch_size):
    was_training, right = model.training, 0
    model.eval()
    for start in range(0, len(images), batch_size):
        batch, targets = images[start : start + batch_size], labels[start : start + batch_size]
        right += (model(batch).argmax(dim=1) == targets).sum().item()
    model.train(was_training)
    return right / len(images)


@pytest.mark.parametrize("answer", [count, by_hand])
def test_an_honest_accuracy_is_accepted_however_it_is_written(answer):
    assert check_accuracy(answer).status == CORRECT


class AsItIs:
    def __init__(self, model):
        pass

    def __enter__(self):
        pass

    def __exit__(self, *problem):
        pass


class Left(AsItIs):
    def __init__(self, model):
        model.eval()


def scored(score, prepare=evaluation_mode):
    return lambda *arguments: count(*arguments, score=score, prepare=prepare)


def batch_means(model, images, labels, batch_size, prepare=evaluation_mode, factor=1):
    with prepare(model), torch.no_grad():
        parts = zip(images.split(batch_size), labels.split(batch_size), strict=True)
        return factor * torch.stack([(model(a).argmax(dim=1) == b).float().mean() for a, b in parts]).mean()


def always_trains_on(model, images, labels, batch_size):
    result = count(model, images, labels, batch_size, prepare=Left)
    model.train()  # also where it came in evaluation mode
    return result


def looks_twice(model, images, labels, batch_size):
    model(images)  # a pass in training mode moves the running averages
    return count(model, images, labels, batch_size)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (scored(lambda right: right.float().mean(), AsItIs), "That is in training mode, where"),
        (lambda *a: batch_means(*a, prepare=AsItIs), "training mode, and the mean of the batches' means"),
        (batch_means, "mean of the batches' means"),
        (scored(lambda right: 100 * right.float().mean()), "a percentage"),
        (scored(lambda right: right.sum()), "the number of right answers"),
        (scored(lambda right: 1 - right.float().mean()), "share of wrong answers"),
        (scored(lambda right: right[:20].float().mean()), "last, smaller batch are left out"),
        (scored(lambda right: right.float().mean(), Left), "in another mode"),
        (scored(lambda right: right.float()), "One number is expected"),
        (scored(lambda right: 0.123), "is right, yours is 0.1230"),
        (always_trains_on, "in another mode"),
        (looks_twice, "running averages"),
    ],
)
def test_a_wrong_accuracy_is_told_its_mistake(answer, hint):
    result = check_accuracy(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_accuracy_to_repair_is_not_accepted():
    result = check_accuracy(lambda *a: batch_means(*a, prepare=AsItIs, factor=100))
    assert result.status == WRONG


def test_the_first_case_tells_every_mistake_about_accuracy_apart():
    model, images, labels, batch_size = next(accuracy_cases())
    expected, wrong = of_accuracy(model, images, labels, batch_size)
    numbers = [expected, *(number for _, number in wrong)]
    assert len({round(number, 6) for number in numbers}) == len(numbers)
