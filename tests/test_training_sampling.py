"""Real images come as the networks want them; generated ones come whole, in evaluation mode, whatever the batch."""

import pytest
import torch
from torch import nn

from course_lib.models.dcgan import DCGANGenerator, initialise_dcgan
from course_lib.training.sampling import (
    from_bytes,
    generate_images,
    image_sampler,
    renewed_statistics,
    to_bytes,
    to_unit,
)
from tests.helpers import seeded

IMAGES = torch.randint(0, 256, (7, 1, 4, 4), generator=seeded(0), dtype=torch.uint8)
LABELS = torch.arange(7)


def test_bytes_survive_the_way_to_the_networks_range_and_back():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_bytes(from_bytes(every)), every)
    assert from_bytes(every).aminmax() == (-1, 1)
    torch.testing.assert_close(to_unit(from_bytes(every)), every / 255)


@pytest.mark.parametrize("wrong", [torch.tensor([-1.1]), torch.tensor([2.0]), torch.tensor([float("nan")])])
def test_values_out_of_range_are_not_clipped(wrong):
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        to_bytes(wrong)


def test_a_second_scaling_is_refused():
    with pytest.raises(ValueError, match="images must be uint8, got torch.float32"):
        from_bytes(torch.zeros(2))


def test_real_images_are_drawn_with_their_labels_and_all_of_them_in_turn():
    sample, random = image_sampler(IMAGES, LABELS), seeded(0)
    images, labels = sample(2000, random)
    assert images.dtype == torch.float32
    torch.testing.assert_close(images, from_bytes(IMAGES)[labels])
    counts = labels.bincount()
    assert len(counts) == 7
    assert counts.min() > 200
    again = image_sampler(IMAGES)(2000, seeded(0))
    assert torch.equal(again, images)
    assert not torch.equal(image_sampler(IMAGES)(2000, random), images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((from_bytes(IMAGES),), "images must be uint8"),
        ((IMAGES, LABELS[:3]), r"labels must be int64 of shape \(7,\)"),
        ((IMAGES[:0],), "no images to draw from"),
    ],
)
def test_what_is_no_image_set_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        image_sampler(*arguments)


@pytest.mark.parametrize("class_count", [0, 10])
def test_generated_images_depend_on_seed_and_label_and_not_on_the_batch(class_count):
    generator = initialise_dcgan(DCGANGenerator(latent_dim=8, width=4, class_count=class_count), seeded(0))
    labels = torch.arange(25) % 10 if class_count else None
    images = generate_images(generator, 25, seeded(1), labels)
    assert images.shape == (25, 1, 28, 28)
    assert images.dtype == torch.float32
    assert not images.requires_grad
    torch.testing.assert_close(generate_images(generator, 25, seeded(1), labels, batch_size=10), images)
    assert not torch.allclose(generate_images(generator, 25, seeded(2), labels), images)
    latent = torch.randn(25, 8, generator=seeded(1))
    expected = generator.eval()(latent) if labels is None else generator.eval()(latent, labels)
    torch.testing.assert_close(images, expected.detach())


@pytest.mark.parametrize("training", [True, False])
def test_mode_and_statistics_are_left_as_they_were(training):
    generator = DCGANGenerator(latent_dim=8, width=4).train(training)
    generate_images(generator, 5, seeded(0))
    assert generator.training == training
    assert all(module.training == training for module in generator.modules())
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(norm.num_batches_tracked == 0 for norm in norms)


def test_the_mode_comes_back_after_an_error_too():
    generator = DCGANGenerator(latent_dim=8, width=4, class_count=10)
    with pytest.raises(ValueError, match="has 10 classes: give labels"):
        generate_images(generator, 5, seeded(0))
    assert generator.training
    with pytest.raises(ValueError, match=r"labels must have shape \(5,\), one an image, got \(7,\)"):
        generate_images(generator, 5, seeded(0), LABELS)
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 1000"):
        generate_images(generator, 0, seeded(0))


@pytest.mark.parametrize("class_count", [0, 10])
def test_renewed_statistics_are_those_of_generated_images(class_count):
    generator = initialise_dcgan(
        DCGANGenerator(latent_dim=8, width=4, class_count=class_count), seeded(0)
    ).eval()
    labels = torch.arange(800) % 10 if class_count else None
    renewed = renewed_statistics(generator, seeded(1), labels, count=800)
    norms = [
        next(m for m in (net.norm_7.modules()) if isinstance(m, nn.BatchNorm2d))
        for net in (renewed, generator)
    ]
    maps = generator.project(torch.randn(800, 8, generator=seeded(1))).unflatten(1, (-1, 7, 7))
    torch.testing.assert_close(norms[0].running_mean, maps.mean(dim=(0, 2, 3)), rtol=0, atol=1e-4)
    torch.testing.assert_close(norms[0].running_var, maps.var(dim=(0, 2, 3)), rtol=0.03, atol=0)
    assert (norms[1].running_mean == 0).all()  # the original is left as it was
    assert norms[0].momentum == norms[1].momentum == 0.1
    assert not any(module.training for module in renewed.modules())
    for weight, original in zip(renewed.parameters(), generator.parameters(), strict=True):
        assert torch.equal(weight, original)


def test_too_few_images_for_statistics_are_refused():
    with pytest.raises(ValueError, match="count must be at least 16, two images a batch, got 15"):
        renewed_statistics(DCGANGenerator(latent_dim=8, width=4), seeded(0), count=15)
