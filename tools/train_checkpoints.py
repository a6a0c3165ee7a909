"""Train the weights that come with the course, and write the card that describes them.

    python -m tools.train_checkpoints            (or `make checkpoints`): all of them
    python -m tools.train_checkpoints fashion_cnn

fashion_cnn is trained here, the others in files of their own. Its recipe was chosen by `benchmarks.recipe`, on
validation images. The test images are scored once, at the end. An interrupted run goes on where it was: its state is
kept in build/. On the same machine with the same versions and number of threads the weights come out equal to the
bit; elsewhere the accuracy does, to about 0.002.
"""

import argparse
import dataclasses
from pathlib import Path

import torch

from course_lib import runtime
from course_lib.datasets.batches import hold_out, normalise
from course_lib.datasets.images import load_fashion_mnist
from course_lib.metrics.classification import accuracy, confusion_matrix
from course_lib.models.classifiers import initialise, parameter_count
from course_lib.models.residual import SmallResNet
from course_lib.training.classifier import ClassifierConfig, fit_classifier
from course_lib.training.evaluation import predict_logits
from course_lib.training.whitening import whiten_first_convolution
from tools import train_features, train_generator
from tools.bundle import write_weights_and_card

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = 5000  # training images that the network never sees; notebook 07 makes choices with them
CONFIG = ClassifierConfig(epochs=16, optimizer="muon", filter_learning_rate=0.1, crop_padding=1)


def scores(model: torch.nn.Module, images, labels) -> dict:
    """Return the share of right answers and each class's F1, with and without averaging mirror images."""
    logits = predict_logits(model, images, mean=CONFIG.mean, std=CONFIG.std)
    mirrored = predict_logits(model, images, mean=CONFIG.mean, std=CONFIG.std, flip_average=True)
    confusion = confusion_matrix(logits, labels.to(logits.device), class_count=10).double()
    # F1 = 2·hits / (predicted + true), the harmonic mean of precision and recall
    f1 = 2 * confusion.diagonal() / (confusion.sum(dim=0) + confusion.sum(dim=1))
    return {
        "accuracy": round(accuracy(logits, labels), 4),
        "accuracy_mirror_average": round(accuracy(mirrored, labels), 4),
        "f1": [round(value, 4) for value in f1.tolist()],
    }


def train_cnn() -> None:
    runtime.set_threads()
    data = load_fashion_mnist().to(runtime.device())
    train, validation = hold_out(
        data.train_images, data.train_labels, HELD_OUT, torch.Generator().manual_seed(0)
    )
    model = initialise(SmallResNet(), torch.Generator().manual_seed(CONFIG.seed)).to(runtime.device())
    whiten_first_convolution(model, normalise(train[0][:5000], CONFIG.mean, CONFIG.std))
    state = ROOT / "build" / "fashion_cnn_training.safetensors"
    state.parent.mkdir(exist_ok=True)

    def tell(epoch, history):
        print(f"epoch {epoch}: validation accuracy {history['validation_accuracy'][-1]:.4f}", flush=True)

    fit_classifier(model, train, validation, CONFIG, checkpoint=state, on_epoch_end=tell, progress=False)
    write_bundle(
        model, scores(model, *validation), scores(model, data.test_images, data.test_labels), data.class_names
    )
    state.unlink()


def write_bundle(model, validation: dict, test: dict, class_names) -> None:
    """Write weights and card, and say how they compare with what was there."""
    card = {
        "model": "course_lib.models.residual.SmallResNet()",
        "weights": parameter_count(model),
        "data": f"Fashion-MNIST, {60_000 - HELD_OUT} of its training images",
        "held_out": f"hold_out(train_images, train_labels, {HELD_OUT}, torch.Generator().manual_seed(0))",
        "mean": CONFIG.mean,
        "std": CONFIG.std,
        "seed": CONFIG.seed,
        "first_layer": "patch-whitening filters of 5,000 training images and their negatives, then trained",
        "config": dataclasses.asdict(CONFIG),
        "made_with": runtime.describe(),
        "validation_accuracy": validation["accuracy"],
        "test_accuracy": test["accuracy"],
        "test_accuracy_mirror_average": test["accuracy_mirror_average"],
        "classes": class_names,
        "test_f1": test["f1"],
    }
    write_weights_and_card("fashion_cnn", model, card)
    print(
        f"fashion_cnn: test accuracy {card['test_accuracy']:.4f}, "
        f"validation accuracy {card['validation_accuracy']:.4f}"
    )


TRAINERS = {
    "fashion_cnn": train_cnn,
    "fashion_features": train_features.main,
    "fashion_generator": train_generator.main,
}


def main(arguments: list[str] | None = None) -> None:
    """Train the weights that are named, or all, in the order in which one needs the other."""
    parser = argparse.ArgumentParser(description="Train the weights that come with the course.")
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"one of {', '.join(TRAINERS)}; default: all"
    )
    names = parser.parse_args(arguments).names
    if unknown := sorted(set(names) - TRAINERS.keys()):
        parser.error(f"no such weights: {', '.join(unknown)}; there are {', '.join(TRAINERS)}")
    for name in names or TRAINERS:
        TRAINERS[name]()


if __name__ == "__main__":
    main()
