"""What the library does with GANs on a device, as `tests.device_cases` does with classifiers."""

import torch

from course_lib.datasets import toy
from course_lib.losses import LOSSES
from course_lib.metrics import modes
from course_lib.metrics.generative import extract_features, score_generator
from course_lib.models import gans
from course_lib.models.classifiers import CourseCNN, initialise
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from course_lib.models.features import FeatureNet
from course_lib.models.many import ManyRuns
from course_lib.training import sampling
from course_lib.training.averaging import WeightAverage
from course_lib.training.gan import fit_gan
from course_lib.training.gan_configuration import GANConfig
from tests.device_cases import clothes, rows, state
from tests.helpers import seeded


def initialised_on_the_device(device):
    generator, discriminator = DCGANGenerator(8, 4, class_count=10), DCGANDiscriminator(4, spectral_norm=True)
    points = gans.PointDiscriminator(spectral_norm=True)
    drawn = [
        initialise(CourseCNN().to(device), seeded(0)),
        initialise_dcgan(generator.to(device), seeded(0)),
        gans.initialise_points(points.to(device), seeded(0)),
        initialise_dcgan(discriminator.to(device), seeded(0)),
    ]
    found = [tensor for model in drawn[:2] for tensor in state(model)]
    # singular vectors have a sign of their own, and two starts may differ in it
    return found + [drawn[2].layers[0].weight, drawn[3].down_7.weight]


def point_gan(device, **changes):
    generator = gans.initialise_points(gans.PointGenerator(), seeded(0)).to(device)
    discriminator = gans.initialise_points(gans.PointDiscriminator(), seeded(1)).to(device)
    average = WeightAverage(generator, decay=0.9)
    config = GANConfig(steps=4, batch_size=16, record_every=2, instance_noise=0.1, **changes)
    history = fit_gan(generator, discriminator, toy.ring().sample, config, average=average, progress=False)
    return [*state(generator, discriminator, average.model), *rows(history)]


def gan_of_points_with_every_loss(device):
    return [value for loss in LOSSES for value in point_gan(device, loss=loss)]


def gan_with_penalties_and_clipping(device):
    return [
        *point_gan(device, penalty="r1", penalty_weight=1.0, updates="simultaneous"),
        *point_gan(device, loss="wasserstein", penalty="wgan-gp", penalty_weight=1.0, discriminator_steps=2),
        *point_gan(device, loss="wasserstein", weight_clip=0.05, constant_share=0.5),
    ]


def many_gans_at_once(device):
    random = seeded(0)
    make_generator, make_discriminator = gans.PointGenerator, gans.PointDiscriminator
    generators = ManyRuns([gans.initialise_points(make_generator(), random) for _ in range(3)]).to(device)
    discriminators = ManyRuns(
        [gans.initialise_points(make_discriminator(spectral_norm=True), random) for _ in range(3)]
    ).to(device)
    config = GANConfig(steps=2, batch_size=12, record_every=2)
    fit_gan(generators, discriminators, toy.grid().sample, config, progress=False)
    latent = torch.randn(4, generators.latent_dim, generator=random).to(device)
    points = generators.run(1)(latent)
    return [*state(generators, discriminators), points, discriminators.run(2)(points)]


def conditional_gan_of_images(device):
    generator = initialise_dcgan(DCGANGenerator(8, width=4, class_count=10), seeded(0)).to(device)
    discriminator = DCGANDiscriminator(width=4, class_count=10, batch_norm=False, spectral_norm=True)
    discriminator = initialise_dcgan(discriminator, seeded(1)).to(device)
    average = WeightAverage(generator)
    config = GANConfig(
        steps=2, batch_size=8, record_every=1, loss="hinge", augmentation=("translation", "cutout")
    )
    sample_real = sampling.image_sampler(*clothes(device))
    fit_gan(generator, discriminator, sample_real, config, average=average, progress=False)
    renewed = sampling.renewed_statistics(average.model, seeded(0), torch.arange(32) % 10, count=32)
    images = sampling.generate_images(renewed, 6, seeded(0), torch.arange(6), batch_size=4)
    return [*state(generator, discriminator, renewed), images, sampling.to_bytes(images)]


def gan_of_images_without_labels(device):
    generator = initialise_dcgan(DCGANGenerator(8, width=4), seeded(0)).to(device)
    discriminator = initialise_dcgan(DCGANDiscriminator(width=4), seeded(1)).to(device)
    config = GANConfig(steps=2, batch_size=8, record_every=1)
    history = fit_gan(
        generator, discriminator, sampling.image_sampler(clothes("cpu")[0]), config, progress=False
    )
    return [
        *state(generator, discriminator),
        *rows(history),
        sampling.generate_images(generator, 3, seeded(0)),
    ]


def scores_of_a_generator(device):
    net = initialise(FeatureNet(widths=(4, 6)), seeded(0)).to(device)
    images, _ = clothes("cpu", 40)
    real, fake = (extract_features(net, part, batch_size=8) for part in (images[:20].to(device), images[20:]))
    points, ring = torch.randn(50, 2, generator=seeded(0)).to(device), toy.ring(std=0.3)
    shares = [modes.mode_shares(points, ring.centres, 0.3), ring.log_density(points)]
    numbers = [modes.mode_kl(points, ring.centres), modes.mode_total_variation(points, ring.centres)]
    numbers += [
        modes.modes_captured(points, ring.centres, 0.3),
        modes.high_quality_share(points, ring.centres, 0.3),
    ]
    return [real, fake, *vars(score_generator(real, fake)).values(), *shares, *numbers]


GAN_CASES = (
    initialised_on_the_device, gan_of_points_with_every_loss, gan_with_penalties_and_clipping, many_gans_at_once,
    conditional_gan_of_images, gan_of_images_without_labels, scores_of_a_generator,
)  # fmt: skip
