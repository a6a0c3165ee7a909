"""fit_gan with labels and augmentation: who is told what, and an interrupted run ends like an uninterrupted one."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator, initialise_dcgan
from course_lib.training.averaging import WeightAverage
from course_lib.training.gan import GANConfig, fit_gan
from course_lib.training.gan_steps import discriminator_gradients, generator_gradients
from course_lib.training.sampling import image_sampler
from tests.helpers import assert_same_state, copy_of_state, seeded

IMAGES = torch.randint(0, 256, (40, 1, 28, 28), generator=seeded(0), dtype=torch.uint8)
LABELS = torch.arange(40) % 10
CONFIG = GANConfig(
    steps=5, batch_size=8, penalty="r1", penalty_weight=0.1, augmentation=("translation", "cutout"), record_every=2
)  # fmt: skip


def pair(class_count, seed=0):
    generator = initialise_dcgan(DCGANGenerator(8, width=4, class_count=class_count), seeded(seed))
    return generator, initialise_dcgan(
        DCGANDiscriminator(width=4, class_count=class_count), seeded(seed + 100)
    )


def fit(config=CONFIG, class_count=10, seed=0, **options):
    """Train and return the states of both and of the average, and the history."""
    generator, discriminator = pair(class_count, seed)
    average = WeightAverage(generator, 0.9)
    sample = image_sampler(IMAGES, LABELS if class_count else None)
    history = fit_gan(generator, discriminator, sample, config, average=average, progress=False, **options)
    return [copy_of_state(model) for model in (generator, discriminator, average.model)], history


def assert_same_run(first, second):
    for state, other in zip(first[0], second[0], strict=True):
        assert_same_state(state, other)
    assert first[1] == second[1]


class Interrupted(Exception):  # noqa: N818  (no error, an event)
    pass


@pytest.mark.parametrize("class_count", [0, 10])
@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_interrupted_and_resumed_to_the_bit(tmp_path, class_count, updates, dtype):
    """Weights, optimisers, averages and the running statistics of all three networks."""
    options = {"config": replace(CONFIG, updates=updates), "class_count": class_count, "dtype": dtype}
    whole = fit(**options)

    def stop(step, history):
        if step == 2:
            raise Interrupted

    path = tmp_path / "run.safetensors"
    with pytest.raises(Interrupted):
        fit(**options, checkpoint=path, on_record=stop)
    torch.manual_seed(1)
    assert_same_run(fit(**options, seed=7, checkpoint=path), whole)


def test_augmentation_changes_the_run_and_draws_from_the_run_s_generator():
    torch.manual_seed(1)
    first = fit()
    torch.manual_seed(2)
    assert_same_run(first, fit())
    plain = fit(replace(CONFIG, augmentation=()))
    assert not torch.equal(first[0][0]["up_28.weight"], plain[0][0]["up_28.weight"])


def test_augmentation_and_noise_lie_over_all_that_the_discriminator_sees():
    generator, discriminator = pair(0)
    seen = []
    discriminator.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    config = replace(CONFIG, steps=1, penalty="none", augmentation=("cutout",))
    white = torch.full((40, 1, 28, 28), 255, dtype=torch.uint8)
    fit_gan(generator, discriminator, image_sampler(white), config, progress=False)
    assert len(seen) == 3  # real and generated in one step, generated in the other
    for images in seen:
        assert ((images == 0).flatten(1).sum(1) >= 7 * 7).all()
    seen.clear()
    config = replace(config, instance_noise=0.1)
    fit_gan(generator, discriminator, image_sampler(white), config, progress=False)
    real = seen[0]
    assert not (real == 0).any()
    hole = real < 0.5
    assert hole.any()
    assert real[hole].std().item() == pytest.approx(0.1, rel=0.1)  # noise comes last


class Told(nn.Module):
    """A generator or discriminator that notes the labels it is told."""

    latent_dim = 3

    def __init__(self, out):
        super().__init__()
        self.layer, self.out, self.labels = nn.Linear(3, out), out, []

    def forward(self, x, labels):
        self.labels.append(labels.tolist())
        return self.layer(x) if self.out > 1 else self.layer(x).squeeze(1)


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_generated_samples_get_the_labels_of_the_real_batch(updates):
    generator, discriminator = Told(3), Told(1)
    numbers = iter(range(1000))

    def sample(count, random):
        return torch.randn(count, 3, generator=random), torch.tensor([next(numbers) for _ in range(count)])

    config = GANConfig(steps=2, batch_size=2, updates=updates)
    fit_gan(generator, discriminator, sample, config, progress=False)
    first, second = [0, 1], [2, 3]
    assert generator.labels == [first, first, second, second]
    assert discriminator.labels == [first] * 3 + [second] * 3


def test_a_penalty_sees_the_discriminator_with_its_labels():
    """Against autograd on the whole expression."""
    generator, discriminator = (model.eval() for model in pair(10))
    real, latent = torch.rand(4, 1, 28, 28, generator=seeded(0)), torch.randn(4, 8, generator=seeded(1))
    labels = torch.tensor([0, 3, 3, 9])

    def penalty(judge, real, fake):
        return judge(real).square().mean()

    discriminator_gradients(generator, discriminator, real, latent, labels, penalty=penalty)
    real_logits, fake = discriminator(real, labels), generator(latent, labels)
    loss = nn.functional.softplus(-real_logits).mean() + real_logits.square().mean()
    loss = loss + nn.functional.softplus(discriminator(fake, labels)).mean()
    expected = torch.autograd.grad(loss, list(discriminator.parameters()))
    for parameter, gradient in zip(discriminator.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    generator_gradients(generator, discriminator, latent, labels)
    loss = nn.functional.softplus(-discriminator(generator(latent, labels), labels)).mean()
    expected = torch.autograd.grad(loss, list(generator.parameters()))
    for parameter, gradient in zip(generator.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_an_augmentation_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no augmentation called 'flip'"):
        GANConfig(augmentation=("flip",))
