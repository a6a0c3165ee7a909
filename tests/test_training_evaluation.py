"""Evaluation sees the model in evaluation mode, counts every image once and changes nothing."""

import pytest
import torch
from torch import nn

from course_lib.datasets.batches import normalise
from course_lib.models.classifiers import CourseCNN
from course_lib.training.evaluation import evaluate_classifier, predict_logits
from tests.helpers import assert_same_state, copy_of_state, small_model, striped_images

STATISTICS = {"mean": (0.3,), "std": (0.25,)}
IMAGES, LABELS = striped_images(23)


@pytest.fixture
def model():
    """A model whose running averages are not those of IMAGES, so that training mode gives other logits."""
    net = small_model()
    net(torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(9)) * 3 + 1)
    return net


def expected_logits(model):
    model.eval()
    with torch.no_grad():
        return model(normalise(IMAGES, **STATISTICS))


@pytest.mark.parametrize("batch_size", [1, 5, 22, 23, 1000])
@pytest.mark.parametrize("mode", [True, False])
def test_logits_are_those_of_evaluation_mode_whatever_the_batch_size(model, batch_size, mode):
    expected = expected_logits(model)
    model.train(mode)
    found = predict_logits(model, IMAGES, batch_size=batch_size, **STATISTICS)
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_the_buffers_and_the_weights_are_left_as_they_were(model, mode):
    model.train(mode)
    before = copy_of_state(model)
    evaluate_classifier(model, IMAGES, LABELS, batch_size=4, **STATISTICS)
    assert model.training == mode
    assert all(module.training == mode for module in model.modules())
    assert_same_state(copy_of_state(model), before)
    assert all(weight.grad is None for weight in model.parameters())


def test_the_mode_comes_back_even_when_the_model_fails():
    model = CourseCNN().train()
    with pytest.raises(ValueError, match="takes images of shape"):
        predict_logits(model, IMAGES, **STATISTICS)
    assert model.training
    assert torch.is_grad_enabled()


def test_evaluation_draws_nothing_from_the_global_generator(model):
    before = torch.get_rng_state()
    evaluate_classifier(model.train(), IMAGES, LABELS, **STATISTICS)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("batch_size", [1, 10, 22, 100])
def test_loss_and_accuracy_are_means_over_images_not_over_batches(model, batch_size):
    logits = expected_logits(model)
    losses = [-logits[number].log_softmax(dim=0)[label].item() for number, label in enumerate(LABELS)]
    right = [logits[number].argmax() == label for number, label in enumerate(LABELS)]
    scores = evaluate_classifier(model, IMAGES, LABELS, batch_size=batch_size, **STATISTICS)
    assert scores["loss"] == pytest.approx(sum(losses) / 23, rel=1e-5)
    assert scores["accuracy"] == pytest.approx(sum(right).item() / 23, rel=1e-6)


def test_the_last_image_weighs_as_much_as_any_other(model):
    """With a batch of 22 and one of a single image, a mean of means would weigh that one 22 times."""
    labels = expected_logits(model).argmax(dim=1)
    labels[-1] = (labels[-1] + 1) % 3
    scores = evaluate_classifier(model, IMAGES, labels, batch_size=22, **STATISTICS)
    assert scores["accuracy"] == pytest.approx(22 / 23)


def test_flip_average_is_the_mean_of_image_and_mirror_image(model):
    images = IMAGES.clone()
    images[..., :3] //= 2  # a mirrored image differs
    plain = predict_logits(model, images, **STATISTICS)
    mirrored = predict_logits(model, images.flip(-1), **STATISTICS)
    assert not torch.allclose(plain, mirrored, atol=1e-3)
    found = predict_logits(model, images, flip_average=True, batch_size=7, **STATISTICS)
    assert torch.allclose(found, (plain + mirrored) / 2, atol=1e-5)


def test_in_bfloat16_logits_are_float32_and_nearly_the_same(model):
    found = predict_logits(model, IMAGES, dtype=torch.bfloat16, **STATISTICS)
    assert found.dtype == torch.float32
    assert torch.allclose(found, expected_logits(model), atol=0.1)


def test_a_frozen_part_stays_frozen(model):
    """The mode of each module is its own: fine-tuning keeps some in evaluation mode."""
    model.train()
    model[1].eval()
    predict_logits(model, IMAGES, **STATISTICS)
    assert [module.training for module in model] == [not isinstance(m, nn.BatchNorm2d) for m in model]


def test_labels_out_of_range_are_refused(model):
    with pytest.raises(ValueError, match="below the number of classes, 3"):
        evaluate_classifier(model, IMAGES, LABELS + 1, **STATISTICS)


def test_normalised_images_are_refused(model):
    with pytest.raises(ValueError, match="they look normalised already"):
        evaluate_classifier(model, normalise(IMAGES, **STATISTICS), LABELS, **STATISTICS)
