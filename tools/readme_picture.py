"""Train the course's CNN and draw the picture at the top of README.md.

python -m tools.readme_picture
"""

import matplotlib.pyplot as plt
import torch

from course_lib import runtime
from course_lib.datasets.batches import hold_out
from course_lib.datasets.images import load_fashion_mnist
from course_lib.models.classifiers import CourseCNN, initialise
from course_lib.plots.curves import draw_series
from course_lib.plots.images import draw_image
from course_lib.plots.style import use_course_style
from course_lib.training.classifier import ClassifierConfig, fit_classifier
from course_lib.training.evaluation import predict_logits
from tools.notebook_parts import NOTEBOOKS

PICTURE = NOTEBOOKS / "images" / "recognition.png"
SHOWN = (0, 1, 2, 4, 7, 12, 17, 23)  # test images, chosen once by eye: easy ones and two that are not
NEAREST_MEAN = 0.6768  # notebook 01


def draw_guesses(ax, probabilities, names, label) -> None:
    """Draw the three most probable classes of one image as bars; the right one is blue."""
    top = probabilities.topk(3)
    dark, light = "#5F9ED1", "#CFCFCF"
    colours = [dark if k == label else light for k in top.indices.tolist()]
    ax.barh([2, 1, 0], top.values, color=colours)
    for place, (k, p) in enumerate(zip(top.indices.tolist(), top.values.tolist(), strict=True)):
        ax.text(0.03, 2 - place, f"{names[k]} {p:.0%}", va="center", fontsize=7.5)
    ax.set_xlim(0, 1)
    ax.set_axis_off()


def main() -> None:
    runtime.set_threads()
    use_course_style()
    data = load_fashion_mnist()
    config = ClassifierConfig(epochs=8, label_smoothing=0.0)
    train, validation = hold_out(data.train_images, data.train_labels, 5000, torch.Generator().manual_seed(0))
    model = initialise(CourseCNN(), torch.Generator().manual_seed(0)).to(runtime.device())
    history = fit_classifier(model, train, validation, config)
    chosen = list(SHOWN)
    logits = predict_logits(model, data.test_images[chosen], mean=config.mean, std=config.std)
    probabilities = logits.softmax(dim=1).cpu()

    figure = plt.figure(figsize=(11, 3.9))
    grid = figure.add_gridspec(
        4, 7, height_ratios=(3, 1.6, 3, 1.6), width_ratios=(1, 1, 1, 1, 0.12, 1.5, 1.5)
    )
    for number, index in enumerate(chosen):
        row, column = divmod(number, 4)
        draw_image(data.test_images[index], "", figure.add_subplot(grid[2 * row, column]))
        bars = figure.add_subplot(grid[2 * row + 1, column])
        draw_guesses(bars, probabilities[number], data.class_names, data.test_labels[index].item())
    ax = figure.add_subplot(grid[:, 5:])
    draw_series(history, ["validation_accuracy"], "fraction of unseen images recognised", ax)
    ax.lines[0].set_label("CNN, 29,178 weights (notebook 05)")
    ax.axhline(NEAREST_MEAN, linestyle="--", color="0.4", label="nearest mean image (notebook 01)")
    ax.set_ylim(0.6, 1)
    ax.legend(loc="center right")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(f"{PICTURE.name}: validation accuracy {history.last('validation_accuracy'):.4f}")


if __name__ == "__main__":
    main()
