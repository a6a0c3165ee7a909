"""What the library does on a device: each case is given one, and returns tensors that must lie there, or numbers.

The same case runs on the CPU and on a second device; what it returns must be equal.
"""

import torch
from torch import nn

from course_lib.datasets.batches import batches, channel_statistics, hold_out
from course_lib.datasets.leakage import overlap_report
from course_lib.history import History
from course_lib.inspection import adversarial, attribution, features, latents, maximise
from course_lib.layers.dropout import Dropout
from course_lib.layers.normalisation import BatchNorm2d
from course_lib.metrics import calibration, classification, curves, scores, uncertainty
from course_lib.models.classifiers import CourseCNN, LeNet5, initialise
from course_lib.models.deep import DeepCNN
from course_lib.models.residual import SmallResNet
from course_lib.training import profiling, update_rules, whitening
from course_lib.training.classifier import fit_classifier
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.evaluation import evaluate_classifier, predict_logits
from course_lib.training.penalties import l1_penalty, l2_penalty, penalised_weights, shrink_
from tests.helpers import seeded, small_config, small_model, striped_images

NORMAL = {"mean": (0.3,), "std": (0.25,)}


def state(*models: nn.Module) -> list:
    return [tensor for model in models for tensor in model.state_dict().values()]


def rows(history: History) -> list[float]:
    return [value for row in history.rows for value in row.values()]


def striped(device, count=40, seed=0):
    return tuple(tensor.to(device) for tensor in striped_images(count, seed))


def clothes(device, count=12):
    """Return uint8 images of the size of Fashion-MNIST's, and labels."""
    images = torch.randint(0, 256, (count, 1, 28, 28), generator=seeded(1), dtype=torch.uint8)
    return images.to(device), (torch.arange(count) % 10).to(device)


def normalised(device, count=6):
    """Return images as a model takes them, and labels."""
    return torch.randn(count, 1, 28, 28, generator=seeded(2)).to(device), (torch.arange(count) % 10).to(
        device
    )


def classifier_with_the_data_on_the_device(device):
    model = small_model().to(device)  # with dropout and batch statistics
    history = fit_classifier(
        model, striped(device), striped(device, seed=1), small_config(epochs=2), progress=False
    )
    return [*state(model), *rows(history)]


def classifier_with_the_data_on_the_cpu(device):
    model = small_model().to(device)
    config = small_config(epochs=1, optimizer="muon", flip="alternating")
    history = fit_classifier(model, striped("cpu"), striped("cpu", seed=1), config, progress=False)
    return [*state(model), *rows(history), *evaluate_classifier(model, *striped("cpu"), **NORMAL).values()]


def batches_with_augmentation(device):
    images, labels = striped("cpu")
    found = []
    for flip in ("random", "alternating"):
        for stored in (device, "cpu"):
            given = images.to(stored), labels.to(stored)
            for batch in batches(
                *given, 16, **NORMAL, generator=seeded(0), crop_padding=1, flip=flip, device=device
            ):
                found.extend(batch)
    mean, std = channel_statistics(images.to(device))
    kept = hold_out(images.to(device), labels.to(device), 5, seeded(0))
    whole = batches(images.to(device), labels.to(device), 40, mean=mean, std=std)
    return [*found, *kept[0], *kept[1], *next(iter(whole))]


def every_classifier(device):
    images, _ = normalised(device)
    models = LeNet5(), CourseCNN(), DeepCNN(4, shortcuts=True), SmallResNet()
    return [initialise(model, seeded(0)).to(device)(images) for model in models]


def predictions(device):
    model = small_model().to(device)
    images, _ = striped("cpu")
    return [predict_logits(model, images.to(place), flip_average=True, **NORMAL) for place in (device, "cpu")]


def scores_of_a_classifier(device):
    logits = torch.randn(60, 3, generator=seeded(0)).to(device)
    labels = torch.randint(0, 3, (60,), generator=seeded(1)).to(device)
    confusion = classification.confusion_matrix(logits, labels, 3)
    right = logits.argmax(dim=1) == labels
    averages = [
        value for name in scores.AVERAGES for value in scores.averaged_scores(confusion, name).values()
    ]
    bins = calibration.reliability_bins(logits.softmax(dim=1), labels)
    score, positive = logits[:, 0], labels == 0
    interval = uncertainty.paired_bootstrap_interval(right, ~right, resamples=5, generator=seeded(0))
    return [
        confusion, classification.per_class_accuracy(confusion), *vars(bins).values(), bins.error(), *averages,
        *curves.roc_curve(score, positive), *curves.precision_recall_curve(score, positive), *interval,
        curves.roc_auc(score, positive), curves.average_precision(score, positive),
        calibration.fit_temperature(logits, labels), calibration.fit_temperature(logits, labels.cpu()),
        classification.accuracy(logits, labels, 3), uncertainty.mcnemar(right, ~right).p_value,
        *(number for mistake in classification.most_confused(confusion, 2) for number in mistake),
    ]  # fmt: skip


def inside_a_network(device):
    model = initialise(CourseCNN(widths=(4, 6)), seeded(0)).to(device)
    images, labels = normalised(device)
    layer = model.features[4]
    occlusion = attribution.occlusion_map(model, images[0], 3, patch_size=7, stride=7, value=0.0)
    cam = attribution.grad_cam(model, layer, images, labels)
    maps = features.feature_maps(model, layer, images, batch_size=4)
    size, jump, start = 10, 2, -4
    patches = maximise.strongest_patches(maps[:, 0], images, 3, size=size, jump=jump, start=start)
    climbed = maximise.climb(
        model, maximise.unit_in_the_middle(model, layer, 1), torch.full((1, 28, 28), 0.5).to(device), **NORMAL,
        steps=3, blur=0.2, generator=seeded(0), largest_shift=2,
    )  # fmt: skip
    return [
        occlusion, attribution.over_pixels(occlusion, 7, 7, 28, 28), cam, attribution.enlarge(cam, 28, 28), maps,
        attribution.saliency(model, images, labels), *patches, climbed,
        adversarial.fast_gradient_sign(model, images, labels, 0.1, **NORMAL),
    ]  # fmt: skip


def ways_between_latents(device):
    corners = torch.randn(4, 8, generator=seeded(0)).to(device)
    return [
        latents.latent_grid(corners, 3, 4),
        latents.linear_interpolation(corners[0], corners[1], torch.linspace(0, 1, 5)),
        latents.spherical_interpolation(corners[0], corners[1], 0.3),
    ]


def layers_written_out(device):
    x = torch.randn(4, 3, 6, 6, generator=seeded(0)).to(device).requires_grad_()
    norm = BatchNorm2d(3).to(device)
    y = Dropout(0.3, seeded(0))(norm(x))
    y.square().sum().backward()
    return [y, x.grad, *state(norm)]


def steps_and_penalties(device):
    model = initialise(CourseCNN(widths=(4,)), seeded(0)).to(device)
    weights = penalised_weights(model)
    losses = [l1_penalty(weights), l2_penalty(weights)]
    weight, gradient = torch.ones(3).to(device), torch.tensor([0.5, -1.0, 0.0]).to(device)
    moved = update_rules.sgd_step(weight, gradient, lr=0.1, momentum=0.9)
    _, state_of_adam = update_rules.adam_step(weight, gradient, lr=0.1)
    by_adam, _ = update_rules.adam_step(weight, gradient, state_of_adam, lr=0.1)
    stopping = EarlyStopping(patience=1)
    stopping.update(1.0, model)
    shrink_(weights, 0.01)
    shrunk = [weight.clone() for weight in weights]
    stopping.restore(model)
    return [*losses, *moved, by_adam, *shrunk, *state(model)]


def whitened_and_timed(device):
    model = initialise(CourseCNN(widths=(18,)), seeded(0)).to(device)
    images, labels = normalised(device, 12)
    whitening.whiten_first_convolution(model, images)
    filters = model.features[0].weight.detach().square()  # an eigenvector has a sign of its own
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    parts = profiling.time_step_parts(
        model, optimizer, [(images.cpu(), labels.cpu())] * 2, steps=1, warm_up=1
    )
    return [filters, len(parts)]


def images_found_in_two_sets(device):
    images, _ = clothes(device)
    report = overlap_report(images, images[2:5])
    return [number for pair in report.exact + report.near for number in pair]


CASES = (
    classifier_with_the_data_on_the_device, classifier_with_the_data_on_the_cpu, batches_with_augmentation,
    every_classifier, predictions, scores_of_a_classifier, inside_a_network, ways_between_latents, layers_written_out,
    steps_and_penalties, whitened_and_timed, images_found_in_two_sets,
)  # fmt: skip
