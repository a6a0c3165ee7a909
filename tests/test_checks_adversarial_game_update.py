"""The check of notebook 11's alternating update accepts right answers and tells wrong ones their mistake."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.adversarial_game import check_update
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG


def update(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent, *,
    detach=True, keep=False, zero=("d", "g"), real_sign=1, fake_sign=1, share=1.0, terms="rf",
    again=True, generator_loss=lambda logits: F.softplus(-logits).mean(), runs=1, order="dg", result=tuple,
):  # fmt: skip
    """Write the update with one thing done differently."""
    if "g" in zero and keep:
        generator_optimizer.zero_grad()
    fake = generator(latent)
    old = discriminator(fake)
    seen = fake.detach() if detach else fake
    real_term = F.softplus(-real_sign * discriminator(real)).mean() if "r" in terms else 0.0
    fake_term = F.softplus(fake_sign * discriminator(seen)).mean() if "f" in terms else 0.0
    value = share * (real_term + fake_term)
    if not again:  # the generator's loss from the logits before the discriminator's move
        kept = torch.autograd.grad(generator_loss(old), list(generator.parameters()))
    if "d" in zero:
        discriminator_optimizer.zero_grad()
    value.backward(retain_graph=keep)
    if order[0] == "d":
        discriminator_optimizer.step()
    if runs > 1:
        fake = generator(latent)
    loss = generator_loss(old if not again else discriminator(fake))
    if "g" in zero and not keep:
        generator_optimizer.zero_grad()
    if again:
        loss.backward()
    else:
        for parameter, gradient in zip(generator.parameters(), kept, strict=True):
            parameter.grad = gradient
    for side in order[1:] if order[0] == "d" else order:
        (generator_optimizer if side == "g" else discriminator_optimizer).step()
    return result((value.detach(), loss.detach()))


def cleaning_up_afterwards(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent
):
    """zero_grad() at the end instead of before, cross-entropy instead of softplus, one call for both batches."""
    bce = F.binary_cross_entropy_with_logits
    fake = generator(latent)
    logits = discriminator(torch.cat([real, fake.detach()]))
    targets = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))]).to(logits)
    discriminator_loss = 2 * bce(logits, targets)
    discriminator_loss.backward()
    discriminator_optimizer.step()
    logits = discriminator(fake)
    generator_loss = bce(logits, torch.ones_like(logits))
    generator_loss.backward()
    generator_optimizer.step()
    discriminator_optimizer.zero_grad()
    generator_optimizer.zero_grad()
    return discriminator_loss.item(), generator_loss.item()


@pytest.mark.parametrize("answer", [update, cleaning_up_afterwards])
def test_an_update_is_accepted_however_it_is_written(answer):
    assert check_update(answer).status == CORRECT


def changed(**options):
    return lambda *arguments: update(*arguments, **options)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (changed(detach=False), "is not used up"),
        (changed(detach=False, keep=True), "has gone into it"),
        (changed(zero=("g",)), "the discriminator's gradient: It still has old gradients"),
        (changed(zero=("d",)), "the generator's gradient: It still has old gradients"),
        (changed(real_sign=-1, fake_sign=-1), "the two are exchanged"),
        (changed(share=-1.0), "The sign is reversed"),
        (changed(share=0.5), "Both terms are averaged"),
        (changed(terms="r"), "Only the real samples"),
        (changed(terms="f"), "Only the generated samples"),
        (changed(again=False), "before the discriminator's move"),
        (changed(generator_loss=lambda v: -F.softplus(v).mean()), "That is the saturating loss"),
        (changed(generator_loss=lambda v: F.softplus(v).mean()), "trained to be caught"),
        (changed(generator_loss=lambda v: 2 * F.softplus(-v).mean()), "line by line"),
        (changed(runs=2), "the generator ran 2 times"),
        (changed(order="gd"), "The generator moved first"),
        (changed(order="dgd"), "The steps were"),
        (changed(order="d"), "The generator's optimiser made no step"),
        (changed(result=lambda losses: sum(losses)), "Return both losses"),
        (changed(result=lambda losses: losses[::-1]), "you return"),
    ],
)  # fmt: skip
def test_a_wrong_update_is_told_its_mistake(answer, hint):
    result = check_update(answer)
    assert result.status == WRONG
    assert hint in result.message


def test_a_generator_cut_off_is_told_so():
    def answer(generator, discriminator, generator_optimizer, discriminator_optimizer, real, latent):
        fake = generator(latent).detach()
        discriminator_optimizer.zero_grad()
        value = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
        value.backward()
        discriminator_optimizer.step()
        loss = F.softplus(-discriminator(fake)).mean()
        loss.backward()
        generator_optimizer.step()
        return value, loss

    result = check_update(answer)
    assert result.status == WRONG
    assert "does not hang on the generator" in result.message


def test_an_untouched_stub_is_not_attempted():
    def stub(*arguments):
        raise NotImplementedError

    assert check_update(stub).status == NOT_ATTEMPTED
