"""The DCGAN pair: shapes, ranges, what a label changes, where the first weights come from, what is refused."""

import pytest
import torch
from torch import nn

from course_lib.models.conditional import ConditionalBatchNorm2d
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from tests.helpers import assert_same_state, copy_of_state, seeded

LABELS = torch.tensor([0, 9, 3, 3, 1])
VARIANTS = [
    lambda: DCGANGenerator(width=4),
    lambda: DCGANGenerator(width=4, class_count=10),
    lambda: DCGANGenerator(width=4, batch_norm=False),
    lambda: DCGANDiscriminator(width=4),
    lambda: DCGANDiscriminator(width=4, class_count=10),
    lambda: DCGANDiscriminator(width=4, batch_norm=False, spectral_norm=True),
    lambda: DCGANDiscriminator(width=4, class_count=10, batch_norm=False, spectral_norm=True),
]


def latents(count=5, dim=64, seed=0):
    return torch.randn(count, dim, generator=seeded(seed))


def images(count=5, channels=1, seed=0):
    return 2 * torch.rand(count, channels, 28, 28, generator=seeded(seed)) - 1


def test_generator_is_the_one_that_the_documentation_describes():
    """Against the same layers in a row, and counted by hand."""
    generator = initialise_dcgan(DCGANGenerator(latent_dim=16, width=8), seeded(0))
    row = nn.Sequential(
        generator.project, nn.Unflatten(1, (16, 7, 7)), generator.norm_7, nn.ReLU(),
        generator.up_14, generator.norm_14, nn.ReLU(), generator.up_28, nn.Tanh(),
    )  # fmt: skip
    torch.testing.assert_close(generator(latents(dim=16)), row(latents(dim=16)))
    found = sum(parameter.numel() for parameter in generator.parameters())
    assert found == 16 * 16 * 49 + 2 * 16 + 16 * 8 * 16 + 2 * 8 + 8 * 16 + 1
    # with labels a scale and a shift for each of ten classes in place of one
    labelled = DCGANGenerator(latent_dim=16, width=8, class_count=10)
    assert sum(parameter.numel() for parameter in labelled.parameters()) == found + 9 * 2 * (16 + 8)


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_ranges(channels):
    generator = initialise_dcgan(DCGANGenerator(width=4, channels=channels), seeded(0))
    with torch.no_grad():
        generator.up_28.weight.mul_(500)
    made = generator(latents())
    assert made.shape == (5, channels, 28, 28)
    assert 0.99 < made.abs().max() <= 1
    assert DCGANDiscriminator(width=4, channels=channels)(made).shape == (5,)


def test_a_label_chooses_scale_and_shift_and_nothing_else():
    generator = initialise_dcgan(DCGANGenerator(width=4, class_count=10), seeded(0)).eval()
    with torch.no_grad():
        generator.norm_14.shift[3] += 5
    made, other = generator(latents(), LABELS), generator(latents(), torch.zeros(5, dtype=torch.int64))
    assert torch.equal(made[0], other[0])
    assert not torch.allclose(made[2], other[2])


def test_conditional_normalisation_is_batch_normalisation_with_rows_of_a_table():
    layer = ConditionalBatchNorm2d(channels=6, class_count=10)
    with torch.no_grad():
        layer.scale.copy_(torch.rand(10, 6, generator=seeded(0)))
        layer.shift.copy_(torch.rand(10, 6, generator=seeded(1)))
    maps = 3 + 2 * torch.randn(5, 6, 7, 7, generator=seeded(2))
    plain = nn.BatchNorm2d(6)
    for label in (3, 9):
        plain.weight.data, plain.bias.data = layer.scale[label].detach(), layer.shift[label].detach()
        expected, chosen = plain(maps), label == LABELS
        torch.testing.assert_close(layer(maps, LABELS)[chosen], expected[chosen])
    assert layer.normalise.running_mean.mean() > 0.3  # statistics are those of all images


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_discriminator_is_the_one_that_the_documentation_describes(memory_format):
    """Against the same layers in a row; with labels, w·φ + b + v·φ, with each class's own v."""
    discriminator = initialise_dcgan(DCGANDiscriminator(width=4, class_count=10), seeded(0))
    discriminator.to(memory_format=memory_format)
    down = nn.Sequential(
        discriminator.down_14, nn.LeakyReLU(0.2), discriminator.down_7, discriminator.norm_7, nn.LeakyReLU(0.2),
        nn.Flatten(),
    )  # fmt: skip
    features = down(images())  # (5, 8·7·7)
    expected = discriminator.judge(features).squeeze(1)
    expected = expected + (discriminator.judge_class(LABELS) * features).sum(1)
    found = discriminator(images(), LABELS)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found[1:], discriminator(images(), LABELS * 0)[1:])
    plain = DCGANDiscriminator(width=4)
    plain.load_state_dict(discriminator.state_dict(), strict=False)
    torch.testing.assert_close(plain(images()), discriminator.judge(features).squeeze(1))


@pytest.mark.parametrize("make", VARIANTS)
def test_initial_weights_come_from_the_passed_generator_alone(make):
    first, again, other = (initialise_dcgan(make(), seeded(seed)) for seed in (0, 0, 1))
    assert_same_state(copy_of_state(first), copy_of_state(again))
    for one, two in zip(first.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two) == (not one.any())  # only biases, which are 0, are equal
    model, before = make(), torch.get_rng_state()
    initialise_dcgan(model, seeded(0))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("make", VARIANTS)
def test_initial_weights_have_the_size_that_the_documentation_says(make):
    model = make()
    for parameter in model.parameters():
        parameter.data.fill_(7.0)  # whatever was there must be drawn anew
    initialise_dcgan(model, seeded(0))
    for name, parameter in model.named_parameters():
        if "bias" in name or "shift" in name:
            assert not parameter.any(), name
        elif parameter.ndim == 1 or "scale" in name:
            assert (parameter - 1).abs().max() < 0.1, name
            assert (parameter != 1).any(), name
        else:
            assert parameter.abs().max() < 0.1, name
            assert parameter.std().item() == pytest.approx(0.02, rel=0.25), name


def test_with_spectral_norm_every_layer_s_largest_singular_value_is_1():
    model = initialise_dcgan(
        DCGANDiscriminator(width=4, class_count=10, batch_norm=False, spectral_norm=True), seeded(0)
    )
    for layer in (model.down_14, model.down_7, model.judge, model.judge_class):
        largest = torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]
        assert largest.item() == pytest.approx(1, abs=1e-4)


def test_without_batch_normalisation_images_do_not_depend_on_their_batch():
    for batch_norm in (True, False):
        generator = initialise_dcgan(DCGANGenerator(width=4, batch_norm=batch_norm), seeded(0))
        alone = torch.allclose(generator(latents())[:2], generator(latents()[:2]), atol=1e-6)
        assert alone != batch_norm
        names = [name for name, _ in generator.named_modules() if "norm" in name]
        assert any(isinstance(generator.get_submodule(name), nn.BatchNorm2d) for name in names) == batch_norm


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DCGANGenerator(width=0), "width must be at least 1, got 0"),
        (lambda: DCGANDiscriminator(channels=0), "channels must be at least 1"),
        (lambda: DCGANGenerator(class_count=10, batch_norm=False), "class_count needs batch_norm=True"),
        (lambda: DCGANGenerator()(torch.zeros(2, 100)), r"latents of shape \(batch, 64\), got \(2, 100\)"),
        (lambda: DCGANGenerator()(torch.zeros(2, 64), LABELS[:2]), "takes no labels"),
        (lambda: DCGANGenerator(class_count=10)(torch.zeros(2, 64)), "has 10 classes: give labels"),
        (lambda: DCGANGenerator(class_count=10)(torch.zeros(2, 64), LABELS), r"shape \(2,\), got torch.int64"),
        (lambda: DCGANGenerator(class_count=10)(torch.zeros(5, 64), LABELS.float()), "must be int64"),
        (lambda: DCGANGenerator(class_count=9)(torch.zeros(5, 64), LABELS), "below 9, got values from 0 to 9"),
        (lambda: DCGANDiscriminator()(torch.zeros(2, 1, 32, 32)), r"\(batch, 1, 28, 28\), got \(2, 1, 32, 32\)"),
        (lambda: DCGANDiscriminator(class_count=10)(images()), "has 10 classes: give labels"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
