"""Train the conditional generator that comes with the course (data/checkpoints/fashion_generator).

    python -m tools.train_checkpoints fashion_generator

The recipe was chosen by scores against the 5,000 held-out training images (benchmarks/README.md). The test images are
looked at once, at the end: for the Fréchet distance, density and coverage on the features of fashion_features, and for
the accuracy of a classifier that was trained on generated images only.
"""

import dataclasses
from pathlib import Path

import torch
from torch import Tensor

from course_lib import runtime
from course_lib.datasets.batches import hold_out
from course_lib.datasets.images import load_fashion_mnist
from course_lib.metrics.features import extract_features
from course_lib.metrics.frechet import frechet_distance
from course_lib.metrics.neighbours import density_coverage
from course_lib.models.classifiers import initialise
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from course_lib.models.features import FeatureNet
from course_lib.models.residual import SmallResNet
from course_lib.training.averaging import WeightAverage
from course_lib.training.bundled import load_bundled
from course_lib.training.classifier import ClassifierConfig, fit_classifier
from course_lib.training.evaluation import evaluate_classifier
from course_lib.training.gan import GANConfig, fit_gan
from course_lib.training.sampling import generate_images, image_sampler, renewed_statistics, to_bytes
from tools.bundle import write_weights_and_card

ROOT = Path(__file__).resolve().parents[1]
HELD_OUT, CLASSES = 5000, 10
SCORED = 10_000  # images of each side
GENERATED = 60_000  # images that the classifier is trained on: as many as there are real ones
GENERATOR = {"latent_dim": 64, "width": 64, "class_count": CLASSES}
DISCRIMINATOR = {"width": 32, "class_count": CLASSES}
DECAY = 0.999
CONFIG = GANConfig(
    steps=18_000, batch_size=64, discriminator_learning_rate=1e-3, generator_learning_rate=2e-3, constant_share=0.4,
    record_every=1500,
)  # fmt: skip
CLASSIFIER_CONFIG = ClassifierConfig(epochs=3, crop_padding=1)


def build() -> tuple[DCGANGenerator, DCGANDiscriminator]:
    """Return both networks with their first weights."""
    random = torch.Generator().manual_seed(CONFIG.seed)
    generator = initialise_dcgan(DCGANGenerator(**GENERATOR), random)
    discriminator = initialise_dcgan(DCGANDiscriminator(**DISCRIMINATOR), random)
    return tuple(
        model.to(runtime.device(), memory_format=torch.channels_last) for model in (generator, discriminator)
    )


def equal_labels(count: int) -> Tensor:
    """Return labels 0, 1, … 9, 0, 1, …: all classes are equally frequent, as among the real images."""
    return torch.arange(count) % CLASSES


def renewed(average: WeightAverage) -> DCGANGenerator:
    """Return the averaged generator with batch statistics of its own."""
    return renewed_statistics(average.model, torch.Generator().manual_seed(0), equal_labels(4000))


def distance(real_images: Tensor, images: Tensor, net: FeatureNet) -> dict[str, float]:
    """Return Fréchet distance, density and coverage of `images` against real ones, rounded."""
    real, other = extract_features(net, real_images), extract_features(net, images)
    density, coverage = density_coverage(real, other)
    found = {"frechet": frechet_distance(real, other), "density": density, "coverage": coverage}
    return {name: round(value, 4) for name, value in found.items()}


def accuracy_after_training_on_generated(
    generator: DCGANGenerator, test: tuple[Tensor, Tensor], count: int = GENERATED
) -> float:
    """Return the share of real test images that a classifier names rightly which was trained on generated ones only."""
    labels = equal_labels(count)
    images = to_bytes(generate_images(generator, count, torch.Generator().manual_seed(2), labels))
    train = images, labels.to(images.device)
    model = initialise(SmallResNet(widths=(16, 32, 64)), torch.Generator().manual_seed(0))
    model.to(images.device, memory_format=torch.channels_last)
    few = tuple(each[:1000] for each in train)  # for the loop's report; nothing is chosen by it
    fit_classifier(model, train, few, CLASSIFIER_CONFIG, progress=False)
    options = {"mean": CLASSIFIER_CONFIG.mean, "std": CLASSIFIER_CONFIG.std}
    return round(evaluate_classifier(model, *test, **options)["accuracy"], 4)


def main() -> None:
    runtime.set_threads()
    data = load_fashion_mnist().to(runtime.device())
    train, validation = hold_out(
        data.train_images, data.train_labels, HELD_OUT, torch.Generator().manual_seed(0)
    )
    net = FeatureNet().to(runtime.device())
    load_bundled("fashion_features", net)
    generator, discriminator = build()
    average = WeightAverage(generator, DECAY)
    state = ROOT / "build" / "fashion_generator_training.safetensors"
    state.parent.mkdir(exist_ok=True)

    def tell(step, history):
        losses = f"losses {history.last('discriminator_loss'):.3f} {history.last('generator_loss'):.3f}"
        images = generate_images(
            renewed(average), HELD_OUT, torch.Generator().manual_seed(1), equal_labels(HELD_OUT)
        )
        print(f"step {step}: {losses}, validation {distance(validation[0], images, net)}", flush=True)

    fit_gan(
        generator, discriminator, image_sampler(*train), CONFIG, average=average, checkpoint=state,
        on_record=tell, dtype=runtime.training_dtype(), progress=False,
    )  # fmt: skip
    write_bundle(renewed(average), train[0], (data.test_images, data.test_labels), net)
    state.unlink()


def write_bundle(
    generator: DCGANGenerator, train_images: Tensor, test: tuple[Tensor, Tensor], net: FeatureNet
) -> None:
    """Score the generator with test images, (images, labels), and write weights and card."""
    real = test[0][:SCORED]
    count = len(real)
    images = generate_images(generator, count, torch.Generator().manual_seed(1), equal_labels(count))
    found = distance(real, images, net)
    floor = distance(real, train_images[:count], net)
    accuracy = accuracy_after_training_on_generated(generator, test)
    arguments = ", ".join(f"{name}={value}" for name, value in GENERATOR.items())
    opponent = ", ".join(f"{name}={value}" for name, value in DISCRIMINATOR.items())
    card = {
        "model": f"course_lib.models.dcgan.DCGANGenerator({arguments})",
        "use": "images = generator(latent, labels): latents from N(0, 1), int64 labels 0 to 9, images in [-1, 1]",
        "weights": sum(weight.numel() for weight in generator.parameters()),
        "data": f"Fashion-MNIST, {60_000 - HELD_OUT} of its training images, with their labels",
        "held_out": f"hold_out(train_images, train_labels, {HELD_OUT}, torch.Generator().manual_seed(0))",
        "discriminator": f"course_lib.models.dcgan.DCGANDiscriminator({opponent})",
        "config": dataclasses.asdict(CONFIG),
        "average_decay": DECAY,
        "batch_statistics": "measured anew for the averaged weights, on 4,000 generated images",
        "seed": CONFIG.seed,
        "made_with": runtime.describe(),
        "scores": f"{count} generated images, all classes alike, and {count} test images, on fashion_features",
        "frechet": found["frechet"],
        "frechet_floor": floor["frechet"],
        "floor": f"the same with {count} training images in place of the generated ones",
        "density": found["density"],
        "coverage": found["coverage"],
        "density_floor": floor["density"],
        "coverage_floor": floor["coverage"],
        "test_accuracy_trained_on_generated": accuracy,
        "trained_on_generated": f"SmallResNet(widths=(16, 32, 64)), {GENERATED} generated images, "
        f"{CLASSIFIER_CONFIG.epochs} epochs",
    }
    write_weights_and_card("fashion_generator", generator, card)
    print(
        f"fashion_generator: Fréchet distance {found['frechet']} (floor {floor['frechet']}), density "
        f"{found['density']}, coverage {found['coverage']}, accuracy after training on generated images {accuracy}"
    )


if __name__ == "__main__":
    main()
