"""Choose the recipe of CourseCNN on a validation set: change one thing at a time and see.

No test image is looked at. Five epochs each, seed 0; differences under about 0.003 are noise
(the spread of the first row's seeds shows it).

    python -m benchmarks.recipe
"""

from dataclasses import replace

import torch
from torch import nn

from benchmarks.measure import print_machine, print_table, seconds
from course_lib import runtime
from course_lib.datasets.batches import hold_out
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import CourseCNN, initialise, parameter_count
from course_lib.training.classifier import ClassifierConfig, fit_classifier
from course_lib.training.evaluation import evaluate_classifier

RECIPE = ClassifierConfig(epochs=5)
CHANGES = {
    "the recipe": {},
    "the recipe, seed 1": {"seed": 1},
    "the recipe, seed 2": {"seed": 2},
    "no flip": {"flip": "none"},
    "random flip": {"flip": "random"},
    "crop by 1 pixel": {"crop_padding": 1},
    "no label smoothing": {"label_smoothing": 0.0},
    "learning rate 0.1": {"learning_rate": 0.1},
    "learning rate 1.0": {"learning_rate": 1.0},
    "batch 128": {"batch_size": 128},
    "batch 512": {"batch_size": 512},
    "8 epochs": {"epochs": 8},
}


def global_average_head() -> nn.Module:
    """Return CourseCNN with global average pooling in place of the last pooling and the 576-number head."""
    model = CourseCNN()
    model.features[-1] = nn.AdaptiveAvgPool2d(1)
    model.classify[1] = nn.Linear(64, 10)
    return model


def run(name: str, model: nn.Module, config: ClassifierConfig, train, validation) -> list[str]:
    """Train once and return a row of the table."""
    initialise(model, torch.Generator().manual_seed(config.seed)).to(runtime.device())
    time = seconds(lambda: fit_classifier(model, train, validation, config, progress=False))
    options = {"mean": config.mean, "std": config.std, "flip_average": config.flip != "none"}
    accuracy = evaluate_classifier(model, *validation, **options)["accuracy"]
    return [name, f"{parameter_count(model):,}", f"{time:.0f}", f"{accuracy:.4f}"]


def main() -> None:
    runtime.set_threads()
    print_machine()
    data = load_fashion_mnist().to(runtime.device())
    train, validation = hold_out(data.train_images, data.train_labels, 5000, torch.Generator().manual_seed(0))
    rows = [
        run(name, CourseCNN(), replace(RECIPE, **change), train, validation)
        for name, change in CHANGES.items()
    ]
    rows.append(run("global average head", global_average_head(), RECIPE, train, validation))
    rows.append(run("widths 32, 64, 128", CourseCNN(widths=(32, 64, 128)), RECIPE, train, validation))
    columns = ["change", "weights", "seconds", "validation accuracy"]
    print_table("One change at a time; images and their mirror images averaged", columns, rows)


if __name__ == "__main__":
    main()
