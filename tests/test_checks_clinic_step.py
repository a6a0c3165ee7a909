"""The check of notebook 17 on one step of a GAN accepts right answers, and tells wrong ones their mistake."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.clinic import check_gan_step
from course_lib.checks.clinic_models import gan_case
from course_lib.checks.clinic_step import after_step, alike, mistaken_steps
from course_lib.checks.report import CORRECT, WRONG
from course_lib.training.gan_steps import discriminator_step, generator_step


def by_library(generator, discriminator, of_generator, of_discriminator, real, latent):
    first = discriminator_step(generator, discriminator, of_discriminator, real, latent)
    return first, generator_step(generator, discriminator, of_generator, latent)


def cross_entropy(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def summed(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label), reduction="sum")


def through_sigmoid(logits, label):
    return F.binary_cross_entropy(torch.sigmoid(logits), torch.full_like(logits, label))


def through_logarithm(logits, label):
    p = torch.sigmoid(logits)
    return -torch.log(p if label else 1 - p).mean()


def step(
    generator, discriminator, of_generator, of_discriminator, real, latent, *, loss=cross_entropy,
    labels=(1.0, 0.0, 1.0), clear=("discriminator", "generator"), detach=True, cut=(), result=lambda d, g: (d, g),
    sign=1.0, share=1.0,
):  # fmt: skip
    """One step as most people write it: the samples are made once and used by both sides."""
    fake = generator(latent)
    if "discriminator" in clear:
        of_discriminator.zero_grad()
    fake_logits = discriminator(fake.detach() if detach else fake)
    first = share * (loss(discriminator(real), labels[0]) + loss(fake_logits, labels[1]))
    if "discriminator" in cut:
        first = first.detach().requires_grad_()
    first.backward(retain_graph=not detach)
    of_discriminator.step()
    if "generator" in clear and detach:
        of_generator.zero_grad()
    logits = discriminator(fake.detach() if "generator" in cut else fake)
    second = sign * loss(logits, labels[2])
    second.backward()
    of_generator.step()
    return result(first.detach(), second.detach())


def changed(**options):
    return lambda *arguments: step(*arguments, **options)


def numbers(first, second):
    return [first.item(), second.item()]


def generator_first(generator, discriminator, of_generator, of_discriminator, real, latent):
    second = generator_step(generator, discriminator, of_generator, latent)
    return discriminator_step(generator, discriminator, of_discriminator, real, latent), second


def with_loss_on_its_graph(generator, discriminator, of_generator, of_discriminator, real, latent):
    fake = generator(latent)
    of_discriminator.zero_grad()
    first = -F.logsigmoid(discriminator(real)).mean() - F.logsigmoid(-discriminator(fake.detach())).mean()
    first.backward()
    of_discriminator.step()
    of_generator.zero_grad()
    second = -F.logsigmoid(discriminator(fake)).mean()
    second.backward()
    of_generator.step()
    return [first, second]


def both_backward_then_both_step(generator, discriminator, of_generator, of_discriminator, real, latent):
    of_generator.zero_grad()
    of_discriminator.zero_grad()
    fake = generator(latent)
    first = cross_entropy(discriminator(real), 1.0) + cross_entropy(discriminator(fake.detach()), 0.0)
    second = cross_entropy(discriminator(fake), 1.0)
    first.backward()
    second.backward()
    of_discriminator.step()
    of_generator.step()
    return first, second


def latents_of_its_own(generator, discriminator, of_generator, of_discriminator, real, latent):
    return step(generator, discriminator, of_generator, of_discriminator, real, latent.flip(1))


def as_brought_in(generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent):
    """The function that the exercise asks to repair."""
    fake = generator(latent)
    d_loss = -torch.log(torch.sigmoid(discriminator(real))).mean()
    d_loss = d_loss - torch.log(torch.sigmoid(discriminator(fake))).mean()
    d_loss.backward(retain_graph=True)
    discriminator_optimizer.step()
    g_loss = -torch.log(1 - torch.sigmoid(discriminator(fake))).mean()
    g_loss.backward()
    generator_optimizer.step()
    return d_loss, g_loss


@pytest.mark.filterwarnings("error")  # a warning would appear below the learner's cell
@pytest.mark.parametrize("answer", [by_library, step, changed(result=numbers), with_loss_on_its_graph])
def test_a_right_step_is_accepted_however_it_is_written(answer):
    assert check_gan_step(answer).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (changed(labels=(1.0, 1.0, 1.0)), "say yes to everything"),
        (changed(labels=(0.0, 1.0, 1.0)), "2 faults. Generated samples have the label one"),
        (changed(labels=(0.0, 0.0, 1.0)), "Real samples have the label zero"),
        (changed(labels=(1.0, 0.0, 0.0)), "towards the label zero"),
        (changed(labels=(1.0, 1.0, 0.0)), "2 faults."),
        (changed(labels=(1.0, 0.0, 0.0), sign=-1.0), "saturating"),
        (changed(clear=()), "2 faults. The discriminator still has its gradients"),
        (changed(clear=("discriminator",)), "The generator still has its gradients of the step before"),
        (changed(clear=("generator",)), "The discriminator still has its gradients of the step before"),
        (changed(clear=("discriminator",), detach=False), "2 faults. The generator still has"),
        (changed(clear=(), detach=False), "3 faults."),
        (changed(cut=("discriminator",)), "The discriminator has not learned"),
        (changed(cut=("generator",)), "The generator has not learned"),
        (changed(loss=through_logarithm), "infinite or NaN"),
        (changed(loss=through_sigmoid), "with large ones it is not"),
        (changed(share=0.5), "half as large"),
        (changed(loss=summed), "sums over the batch"),
        (latents_of_its_own, "real and latent as they are given"),
        (generator_first, "has moved first"),
        (both_backward_then_both_step, "contains the gradient of the generator's loss"),
        (changed(result=lambda d, g: (g, d)), "Both have moved rightly"),
        (changed(result=lambda d, g: (d, 0 * g)), "Both have moved rightly"),
        (changed(result=lambda d, g: d + g), "Return two losses"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_told_its_mistake(answer, hint):
    result = check_gan_step(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_the_step_to_repair_is_told_all_its_faults_but_the_sigmoid():
    message = check_gan_step(as_brought_in).message
    for hint in (
        "say yes to everything",
        "towards the label zero",
        "The discriminator still",
        "The generator still",
    ):
        assert hint in message


@pytest.mark.parametrize("seed", range(3))
def test_no_two_mistakes_have_the_same_outcome(seed):
    outcomes = {hint: after_step(gan_case(seed), **options).weights for hint, options in mistaken_steps()}
    outcomes["right"] = after_step(gan_case(seed)).weights
    for (first, a), (second, b) in itertools.combinations(outcomes.items(), 2):
        assert not alike(a, b), f"{first} | {second}"
