"""The checks of notebook 05 accept right answers and tell typical wrong ones what is wrong."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks import first_cnn
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.models.classifiers import parameter_count

SHAPES = [(8, 24, 28, 28), (8, 24, 14, 14), (8, 48, 14, 14), (8, 48, 7, 7), (8, 48 * 7 * 7), (8, 10)]


def untouched(*arguments):
    raise NotImplementedError


def epoch(*, train=True, clear=True, step=True, weigh=True, batches=None, collect=float):
    """Return a training loop, with a mistake for each option that is changed."""

    def train_one_epoch(model, optimizer, data):
        if train:
            model.train()
        total, count = 0.0, 0
        for inputs, labels in list(data)[:batches]:
            loss = F.cross_entropy(model(inputs), labels)
            if clear:
                optimizer.zero_grad()
            loss.backward()
            if step:
                optimizer.step()
            size = len(labels) if weigh else 1
            total, count = total + loss.item() * size, count + size
        return collect(total / count)

    return train_one_epoch


def counts_first(model, optimizer, data):
    """Use the data up before training; `batches` can be gone through once."""
    count = sum(len(labels) for _, labels in data)
    return epoch()(model, optimizer, data) if count < 0 else 0.0


def log_softmax_by_hand(logits, labels):
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return (shifted.exp().sum(1).log() - shifted[torch.arange(len(labels)), labels]).mean()


def naive(logits, labels):
    return -logits.softmax(dim=1)[torch.arange(len(labels)), labels].log().mean()


def top_k(logits, labels, k):
    return (logits.topk(k, dim=1).indices == labels[:, None]).any(1).float().mean()


def parameters(c_in, c_out, k, bias):
    return c_in * c_out * k * k + bias * c_out


RIGHT = [
    (first_cnn.check_shapes, SHAPES),
    (first_cnn.check_shapes, tuple(torch.Size(shape) for shape in SHAPES)),
    (first_cnn.check_convolution_parameters, parameters),
    (first_cnn.check_convolution_parameters, lambda i, o, k, b: parameter_count(torch.nn.Conv2d(i, o, k, bias=b))),
    (first_cnn.check_cross_entropy, log_softmax_by_hand),
    (first_cnn.check_cross_entropy, lambda z, y: (z.logsumexp(1) - z.gather(1, y[:, None])[:, 0]).mean().item()),
    (first_cnn.check_train_one_epoch, epoch()),
    (first_cnn.check_train_one_epoch, epoch(collect=torch.tensor)),
    (first_cnn.check_top_k_accuracy, top_k),
    (first_cnn.check_top_k_accuracy, lambda z, y, k: sum(y[i] in z[i].argsort()[-k:] for i in range(len(y))) / len(y)),
]  # fmt: skip

WRONG_ANSWERS = [
    (first_cnn.check_shapes, [(8, 24, 32, 32), *SHAPES[1:]], "Shape 1"),
    (first_cnn.check_shapes, [*SHAPES[:4], (8 * 48 * 7 * 7,), SHAPES[5]], "keeps the batch axis"),
    (first_cnn.check_shapes, SHAPES[:5], "list of 6"),
    (first_cnn.check_shapes, [*SHAPES[:4], 2352, 10], "A shape is a tuple"),
    (first_cnn.check_shapes, [(8, 3, 28, 28), *SHAPES[1:]], "output channels"),
    (first_cnn.check_convolution_parameters, lambda i, o, k, b: i * o * k * k, "biases are missing"),
    (first_cnn.check_convolution_parameters, lambda i, o, k, b: i * o * k * k + o, "no bias"),
    (first_cnn.check_convolution_parameters, lambda i, o, k, b: o * k * k + b * o, "every input channel"),
    (first_cnn.check_convolution_parameters, lambda i, o, k, b: i * o * k + b * o, "height and width"),
    (first_cnn.check_cross_entropy, naive, "not finite"),
    (first_cnn.check_cross_entropy, lambda z, y: -F.cross_entropy(z, y), "sign"),
    (first_cnn.check_cross_entropy, lambda z, y: F.cross_entropy(z, y, reduction="sum"), "sum over the batch"),
    (first_cnn.check_cross_entropy, lambda z, y: F.cross_entropy(z, y, reduction="none"), "One number"),
    (first_cnn.check_cross_entropy, lambda z, y: F.cross_entropy(z, y) / torch.tensor(2.0).log(), "base 2"),
    (first_cnn.check_train_one_epoch, epoch(step=False), "optimizer.step()"),
    (first_cnn.check_train_one_epoch, epoch(clear=False), "zero_grad"),
    (first_cnn.check_train_one_epoch, epoch(train=False), "model.train()"),
    (first_cnn.check_train_one_epoch, epoch(weigh=False), "weight each by its size"),
    (first_cnn.check_train_one_epoch, epoch(batches=1), "For each batch"),
    (first_cnn.check_train_one_epoch, counts_first, "gone through only once"),
    (first_cnn.check_top_k_accuracy, lambda z, y, k: top_k(z, y, 1), "first guess"),
    (first_cnn.check_top_k_accuracy, lambda z, y, k: top_k(-z, y, k), "smallest"),
    (first_cnn.check_top_k_accuracy, lambda z, y, k: top_k(z, y, k) / k, "Divide by the number of images"),
    (first_cnn.check_top_k_accuracy, lambda z, y, k: top_k(z, y, k) * len(y), "at most 1"),
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


@pytest.mark.parametrize(
    ("check", "stub"),
    [
        (first_cnn.check_shapes, [...] * 6),
        (first_cnn.check_convolution_parameters, untouched),
        (first_cnn.check_cross_entropy, untouched),
        (first_cnn.check_train_one_epoch, untouched),
        (first_cnn.check_top_k_accuracy, untouched),
    ],
)
def test_an_untouched_stub_is_not_attempted(check, stub):
    assert check(stub).status == NOT_ATTEMPTED
