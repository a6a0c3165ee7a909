"""What a process does that a test kills and starts again: train a small model, or two, with a checkpoint."""

import torch

from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from course_lib.training.averaging import WeightAverage
from course_lib.training.checkpoint import save_weights
from course_lib.training.classifier import fit_classifier
from course_lib.training.gan import fit_gan
from course_lib.training.gan_configuration import GANConfig
from course_lib.training.sampling import image_sampler
from tests.helpers import seeded, small_config, small_model, striped_images

CONFIG = small_config(epochs=30)
TRAIN, VALIDATION = striped_images(400), striped_images(50, seed=1)
GAN_CONFIG = GANConfig(
    steps=60,
    batch_size=8,
    record_every=2,
    constant_share=0.5,
    instance_noise=0.1,
    augmentation=("cutout",),
    seed=3,
)


def train(folder, tell) -> None:
    """Train to the end, beginning from `folder/run` if it is there; `tell` is called after each epoch."""
    torch.set_num_threads(1)
    model = small_model()
    fit_classifier(
        model, TRAIN, VALIDATION, CONFIG, checkpoint=folder / "run", progress=False,
        on_epoch_end=lambda finished, history: tell(finished),
    )  # fmt: skip
    save_weights(folder / "weights", model)


def gan_models() -> tuple[DCGANGenerator, DCGANDiscriminator]:
    """Return a pair with batch statistics in one and singular vectors in the other."""
    generator = initialise_dcgan(DCGANGenerator(latent_dim=8, width=4), seeded(0))
    discriminator = DCGANDiscriminator(width=4, batch_norm=False, spectral_norm=True)
    return generator, initialise_dcgan(discriminator, seeded(1))


def train_gan(folder, tell) -> None:
    """Do as `train` with a GAN and its average; `tell` is called after each row of the history."""
    torch.set_num_threads(1)
    generator, discriminator = gan_models()
    average = WeightAverage(generator, decay=0.9)
    images = torch.randint(0, 256, (40, 1, 28, 28), generator=seeded(2), dtype=torch.uint8)
    fit_gan(
        generator, discriminator, image_sampler(images), GAN_CONFIG, average=average,
        checkpoint=folder / "run", progress=False, on_record=lambda finished, history: tell(finished),
    )  # fmt: skip
    save_weights(folder / "weights", torch.nn.ModuleList([generator, discriminator, average.model]))
