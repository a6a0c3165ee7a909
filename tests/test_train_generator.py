"""What `make checkpoints` writes of the generator is what notebooks 15 and 16 read."""

import pytest
import torch

from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_lib.models.features import FeatureNet
from course_lib.training.averaging import WeightAverage
from course_lib.training.bundled import bundled_path, load_bundled
from course_lib.training.classifier import ClassifierConfig
from course_lib.training.sampling import generate_images, to_bytes
from tests.helpers import assert_same_state, seeded
from tools import train_generator


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Everything of the tool, but small: networks, images, the classifier's training."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    for name, value in {
        "GENERATOR": {"latent_dim": 8, "width": 4, "class_count": 10},
        "DISCRIMINATOR": {"width": 4, "class_count": 10},
        "CLASSIFIER_CONFIG": ClassifierConfig(epochs=1, batch_size=32),
        "SCORED": 150,
    }.items():
        monkeypatch.setattr(train_generator, name, value)
    return torch.randint(0, 256, (200, 1, 28, 28), generator=seeded(0), dtype=torch.uint8)


def test_weights_and_card_come_back_as_they_were_written(small, monkeypatch, capsys):
    monkeypatch.setattr(train_generator, "accuracy_after_training_on_generated", lambda *_: 0.5)
    generator = train_generator.build()[0]
    train_generator.write_bundle(
        generator.requires_grad_(False), small, (small, torch.arange(200) % 10), FeatureNet()
    )
    loaded = DCGANGenerator(latent_dim=8, width=4, class_count=10)
    card = load_bundled("fashion_generator", loaded)
    assert_same_state(loaded.state_dict(), generator.state_dict())
    assert eval(card["model"], {"course_lib": __import__("course_lib.models.dcgan")}).latent_dim == 8
    assert card["frechet"] > card["frechet_floor"] >= 0  # the floor compares these images with themselves
    assert card["coverage_floor"] > card["coverage"]
    assert card["weights"] == sum(weight.numel() for weight in loaded.parameters()) > 0
    assert card["test_accuracy_trained_on_generated"] == 0.5
    assert "150 generated images" in card["scores"]
    assert "Fréchet distance" in capsys.readouterr().out


def test_the_bundled_weights_belong_to_the_constructor_call_in_their_card():
    model = DCGANGenerator(**train_generator.GENERATOR)
    card = load_bundled("fashion_generator", model)
    arguments = ", ".join(f"{name}={value}" for name, value in train_generator.GENERATOR.items())
    assert card["model"] == f"course_lib.models.dcgan.DCGANGenerator({arguments})"
    assert card["test_accuracy_trained_on_generated"] >= 0.8
    assert bundled_path("fashion_generator").stat().st_size <= 4.2e6
    images = generate_images(model, 20, seeded(0), torch.arange(20) % 10)
    assert images.std() > 0.5  # neither black nor grey


def test_averaged_weights_get_statistics_of_all_classes(small):
    generator, discriminator = train_generator.build()
    assert isinstance(discriminator, DCGANDiscriminator)
    renewed = train_generator.renewed(WeightAverage(generator))
    assert not renewed.training
    assert (renewed.norm_7.normalise.running_mean != 0).all()


def test_a_classifier_is_trained_on_generated_images_and_scored_on_real_ones(small):
    """A stand-in generator draws a bright band at a height that its label says; so do the test images."""

    class Bands(torch.nn.Module):
        latent_dim = 2

        def __init__(self):
            super().__init__()
            self.unused = torch.nn.Parameter(torch.zeros(1))

        def forward(self, latent, labels):
            rows = torch.arange(28)[None, :, None] // 2 - 2
            band = (rows == labels[:, None, None]).float().expand(-1, 28, 28)
            noise = 0.2 * latent[:, :1, None].tanh()
            return (2 * band - 1).mul(0.8).add(noise).clamp(-1, 1)[:, None]

    labels = torch.arange(200) % 10
    images = to_bytes(generate_images(Bands(), 200, seeded(5), labels))
    found = train_generator.accuracy_after_training_on_generated(Bands(), (images, labels), count=3000)
    assert found > 0.9
    shuffled = labels[torch.randperm(200, generator=seeded(6))]
    wrong = train_generator.accuracy_after_training_on_generated(Bands(), (images, shuffled), count=3000)
    assert wrong < 0.3
