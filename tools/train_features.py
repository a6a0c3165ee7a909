"""Train the feature net with which generators are judged (data/checkpoints/fashion_features).

    python -m tools.train_checkpoints fashion_features

The same recipe and the same 55,000 images as for fashion_cnn, with two differences. There is no label smoothing:
it draws the images of a class together until their features hardly tell them apart, and telling them apart is what
these features are for (Müller, Kornblith and Hinton 2019, arXiv:1906.02629, show the drawing together). And it trains
for half as long, since a ruler has to be steady rather than record-breaking.
"""

import dataclasses
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import runtime
from course_lib.datasets.batches import hold_out, normalise
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import initialise, parameter_count
from course_lib.models.features import FeatureNet
from course_lib.training.classifier import ClassifierConfig, fit_classifier
from course_lib.training.evaluation import evaluate_classifier
from course_lib.training.whitening import whiten_first_convolution
from tools.bundle import write_weights_and_card

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT = 5000
CONFIG = ClassifierConfig(
    epochs=8, optimizer="muon", filter_learning_rate=0.1, label_smoothing=0.0, crop_padding=1,
    mean=(0.5,), std=(0.5,),  # maps black to -1 and white to 1; the net normalises by itself
)  # fmt: skip


class Classifier(nn.Module):
    """The feature net as a classifier: returns its logits instead of its features."""

    def __init__(self, net: FeatureNet):
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        return self.net.logits(images)


def main() -> None:
    runtime.set_threads()
    data = load_fashion_mnist().to(runtime.device())
    train, validation = hold_out(
        data.train_images, data.train_labels, HELD_OUT, torch.Generator().manual_seed(0)
    )
    net = initialise(FeatureNet(), torch.Generator().manual_seed(CONFIG.seed)).to(runtime.device())
    whiten_first_convolution(net, normalise(train[0][:5000], [net.mean], [net.std]))
    state = ROOT / "build" / "fashion_features_training.safetensors"
    state.parent.mkdir(exist_ok=True)

    def tell(epoch, history):
        print(f"epoch {epoch}: validation accuracy {history['validation_accuracy'][-1]:.4f}", flush=True)

    model = Classifier(net)
    fit_classifier(model, train, validation, CONFIG, checkpoint=state, on_epoch_end=tell, progress=False)
    write_bundle(net, validation, (data.test_images, data.test_labels))
    state.unlink()


def write_bundle(net: FeatureNet, validation: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> None:
    """Score the net on both sets, (images, labels), and write weights and card."""
    validation_accuracy, test_accuracy = (
        evaluate_classifier(Classifier(net), *pair, mean=CONFIG.mean, std=CONFIG.std)["accuracy"]
        for pair in (validation, test)
    )
    card = {
        "model": "course_lib.models.features.FeatureNet()",
        "weights": parameter_count(net),
        "features": net.feature_count,
        "images": "values from -1 (black) to 1 (white), shape (batch, 1, 28, 28); normalised inside",
        "data": f"Fashion-MNIST, {60_000 - HELD_OUT} of its training images",
        "held_out": f"hold_out(train_images, train_labels, {HELD_OUT}, torch.Generator().manual_seed(0))",
        "seed": CONFIG.seed,
        "first_layer": "patch-whitening filters of 5,000 training images and their negatives, then trained",
        "config": dataclasses.asdict(CONFIG),
        "made_with": runtime.describe(),
        "validation_accuracy": round(validation_accuracy, 4),
        "test_accuracy": round(test_accuracy, 4),
    }
    write_weights_and_card("fashion_features", net, card)
    print(
        f"fashion_features: test accuracy {test_accuracy:.4f}, validation accuracy {validation_accuracy:.4f}"
    )


if __name__ == "__main__":
    main()
