"""The checks of notebook 14 on the two steps accept right answers and tell wrong ones their mistake."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.checks.dcgan import check_discriminator_step, check_generator_step
from course_lib.checks.report import CORRECT, NOT_ATTEMPTED, WRONG
from course_lib.training.gan_steps import discriminator_step as library_discriminator_step
from course_lib.training.gan_steps import generator_step as library_generator_step


def stub(*arguments):
    raise NotImplementedError


def is_real(logits):
    return F.softplus(-logits).mean()


def is_fake(logits):
    return F.softplus(logits).mean()


def make_discriminator_step(
    real_loss=is_real, fake_loss=is_fake, *, clear=True, step=True, detach=True, back=lambda loss: loss.item()
):
    def discriminator_step(generator, discriminator, optimizer, real, latent):
        fake = generator(latent)
        if detach:
            fake = fake.detach()
        loss = real_loss(discriminator(real)) + fake_loss(discriminator(fake))
        if clear:
            optimizer.zero_grad()
        loss.backward()
        if step:
            optimizer.step()
        return back(loss)

    return discriminator_step


def by_cross_entropy(generator, discriminator, optimizer, real, latent):
    with torch.no_grad():
        fake = generator(latent)
    optimizer.zero_grad()
    real_logits, fake_logits = discriminator(real), discriminator(fake)
    loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    loss = loss + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    loss.backward()
    optimizer.step()
    return loss.detach()


def by_two_backward_passes(generator, discriminator, optimizer, real, latent):
    optimizer.zero_grad()
    real_loss = is_real(discriminator(real))
    real_loss.backward()
    fake_loss = is_fake(discriminator(generator(latent).detach()))
    fake_loss.backward()
    optimizer.step()
    return real_loss.item() + fake_loss.item()


def clearing_both(generator, discriminator, optimizer, real, latent):
    generator.zero_grad()
    return make_discriminator_step()(generator, discriminator, optimizer, real, latent)


@pytest.mark.parametrize(
    "answer",
    [
        make_discriminator_step(),
        by_cross_entropy,
        by_two_backward_passes,
        library_discriminator_step,
        clearing_both,
    ],
)
def test_a_right_discriminator_step_is_accepted(answer):
    assert check_discriminator_step(answer).status == CORRECT


def training_both(generator, discriminator, optimizer, real, latent):
    both = torch.optim.SGD([*generator.parameters(), *discriminator.parameters()], lr=0.1)
    return make_discriminator_step(detach=False)(generator, discriminator, both, real, latent)


def in_one_batch(generator, discriminator, optimizer, real, latent):
    optimizer.zero_grad()
    logits = discriminator(torch.cat([real, generator(latent).detach()]))
    loss = is_real(logits[: len(real)]) + is_fake(logits[len(real) :])
    loss.backward()
    optimizer.step()
    return loss.item()


def twice(loss):
    return lambda logits: loss(logits.sigmoid())


def nothing(logits):
    return 0 * logits.sum()


def detached(loss):
    return lambda logits: loss(logits.detach())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (make_discriminator_step(detach=False), "written gradients into the generator"),
        (training_both, "The generator's weights have changed"),
        (in_one_batch, "as one batch"),
        (make_discriminator_step(fake_loss=is_real), "both labelled real"),
        (make_discriminator_step(is_fake, is_real), "labels are exchanged"),
        (make_discriminator_step(fake_loss=nothing), "Only the real images count"),
        (make_discriminator_step(fake_loss=detached(is_fake)), "Only the real images count"),
        (make_discriminator_step(real_loss=nothing), "Only the generated images count"),
        (make_discriminator_step(detached(is_real), detached(is_fake)), "does not require grad"),
        (make_discriminator_step(clear=False), "earlier step are still in there"),
        (make_discriminator_step(step=False), "has not moved"),
        (make_discriminator_step(twice(is_real), twice(is_fake)), "sigmoid is taken twice"),
        (make_discriminator_step(lambda z: is_real(z) / 2, lambda z: is_fake(z) / 2), "half of the loss"),
        (
            make_discriminator_step(lambda z: F.softplus(-z).sum(), lambda z: F.softplus(z).sum()),
            "Take the mean",
        ),
        (make_discriminator_step(lambda z: -is_real(z), lambda z: -is_fake(z)), "its sign is reversed"),
        (make_discriminator_step(lambda z: 1.3 * is_real(z)), "not those after one right step"),
        (make_discriminator_step(back=lambda loss: loss), "still hangs on the graph"),
        (make_discriminator_step(back=lambda loss: loss.item() / 2), "should be"),
        (make_discriminator_step(back=lambda loss: None), "Is a 'return' missing?"),
        (make_discriminator_step(back=lambda loss: "small"), "one number"),
    ],
)
def test_a_wrong_discriminator_step_is_told_its_mistake(answer, hint):
    result = check_discriminator_step(answer)
    assert result.status == WRONG
    assert hint in result.message


def make_generator_step(
    loss_of=is_real, *, clear=True, step=True, see=lambda fake: fake, back=lambda loss: loss.item()
):
    def generator_step(generator, discriminator, optimizer, latent):
        if clear:
            optimizer.zero_grad()
        loss = loss_of(discriminator(see(generator(latent))))
        loss.backward()
        if step:
            optimizer.step()
        return back(loss)

    return generator_step


def sparing_the_discriminator(generator, discriminator, optimizer, latent):
    optimizer.zero_grad()
    discriminator.requires_grad_(False)
    loss = is_real(discriminator(generator(latent)))
    loss.backward()
    discriminator.requires_grad_(True)
    optimizer.step()
    return loss.detach()


def by_targets(generator, discriminator, optimizer, latent):
    logits = discriminator(generator(latent))
    loss = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize(
    "answer", [make_generator_step(), sparing_the_discriminator, by_targets, library_generator_step]
)
def test_a_right_generator_step_is_accepted(answer):
    assert check_generator_step(answer).status == CORRECT


def moving_the_discriminator(generator, discriminator, optimizer, latent):
    both = torch.optim.SGD([*generator.parameters(), *discriminator.parameters()], lr=0.1)
    return make_generator_step()(generator, discriminator, both, latent)


def freezing(generator, discriminator, optimizer, latent):
    discriminator.requires_grad_(False)
    return make_generator_step()(generator, discriminator, optimizer, latent)


def without_graph(generator, discriminator, optimizer, latent):
    optimizer.zero_grad()
    with torch.no_grad():
        loss = is_real(discriminator(generator(latent)))
    loss.backward()
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (make_generator_step(is_fake), "helps the discriminator"),
        (make_generator_step(lambda z: -is_fake(z)), "saturating loss"),
        (make_generator_step(lambda z: -is_real(z)), "less real"),
        (make_generator_step(see=lambda fake: fake.detach()), "the images were detached"),
        (make_generator_step(see=lambda fake: fake.detach(), clear=False), "none has reached it"),
        (make_generator_step(lambda z: is_real(z.detach())), "no way back"),
        (without_graph, "no way back"),
        (make_generator_step(clear=False), "earlier step are still in there"),
        (make_generator_step(step=False), "has not moved"),
        (make_generator_step(twice(is_real)), "sigmoid is taken twice"),
        (make_generator_step(lambda z: F.softplus(-z).sum()), "Take the mean"),
        (make_generator_step(lambda z: 1.3 * is_real(z)), "not those after one right step"),
        (moving_the_discriminator, "discriminator's weights have changed"),
        (freezing, "frozen for good"),
        (make_generator_step(back=lambda loss: loss), "still hangs on the graph"),
    ],
)
def test_a_wrong_generator_step_is_told_its_mistake(answer, hint):
    result = check_generator_step(answer)
    assert result.status == WRONG
    assert hint in result.message


@pytest.mark.parametrize("check", [check_discriminator_step, check_generator_step])
def test_an_untouched_stub_is_not_attempted(check):
    assert check(stub).status == NOT_ATTEMPTED
