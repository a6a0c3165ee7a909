"""One update of a GAN's discriminator, and one of its generator."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_lib import runtime
from course_lib.losses import LOSSES, GANLoss

NON_SATURATING = LOSSES["non-saturating"]
Noise = Callable[[Tensor], Tensor]  # or any other change to samples that lets gradients through
Penalty = Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]


def discriminator_gradients(
    generator: nn.Module,
    discriminator: nn.Module,
    real: Tensor,
    latent: Tensor,
    labels: Tensor | None = None,
    *,
    loss: GANLoss = NON_SATURATING,
    penalty: Penalty | None = None,
    noise: Noise | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Add to the discriminator's gradients, nobody else's, and return its loss, a detached scalar.

    Arguments as for `discriminator_step`, which sets the gradients to zero before and moves the weights after.
    """
    with runtime.autocast(real.device, dtype):
        fake = with_labels(generator, labels)(latent).detach()  # this step must not train the generator
        if noise is not None:
            real, fake = noise(real), noise(fake)
        judge = with_labels(discriminator, labels)
        real_logits, fake_logits = judge(real), judge(fake)  # (batch,)
    value = loss.discriminator(real_logits.float(), fake_logits.float())
    objective = value if penalty is None else value + penalty(judge, real, fake)
    objective.backward(inputs=_trainable(discriminator))
    return value.detach()


def discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    latent: Tensor,
    labels: Tensor | None = None,
    *,
    weight_clip: float = 0.0,
    **options,
) -> Tensor:
    """Update the discriminator once and return its loss without the penalty, a scalar detached from the graph.

    No weight and no gradient of the generator changes. The generator does run, in whatever mode it is, so
    the running statistics of its batch normalisation, if it is in training mode, take note of this batch.

    Args:
        optimizer: over the discriminator's weights.
        real: samples, shape (batch, …); images with values in [-1, 1].
        latent: the generator's input, shape (batch, latent_dim).
        labels: int64, shape (batch,), of the real samples; the generated ones are given the same.
        loss: what both sides minimise; the non-saturating pair by default.
        penalty: (samples → logits, real, fake) → scalar that is added to the loss.
        noise: samples → samples, laid over all the discriminator sees; noise or augmentation.
        dtype: precision of the networks; losses and penalties are float32 always.
        weight_clip: afterwards the weights are clipped to ± this; 0 leaves them.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1.
    """
    optimizer.zero_grad()
    value = discriminator_gradients(generator, discriminator, real, latent, labels, **options)
    optimizer.step()
    if weight_clip > 0:
        clip_weights(discriminator, weight_clip)
    return value


def generator_gradients(
    generator: nn.Module,
    discriminator: nn.Module,
    latent: Tensor,
    labels: Tensor | None = None,
    *,
    loss: GANLoss = NON_SATURATING,
    noise: Noise | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Add to the generator's gradients, nobody else's, and return its loss, a detached scalar.

    Arguments as for `generator_step`, which sets the gradients to zero before and moves the weights after.
    """
    with runtime.autocast(latent.device, dtype):
        fake = with_labels(generator, labels)(
            latent
        )  # not detached: the gradient comes back through the samples
        fake_logits = with_labels(discriminator, labels)(fake if noise is None else noise(fake))  # (batch,)
    value = loss.generator(fake_logits.float())
    value.backward(inputs=_trainable(generator))  # through the discriminator, but not into it
    return value.detach()


def generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    latent: Tensor,
    labels: Tensor | None = None,
    **options,
) -> Tensor:
    """Update the generator once and return its loss, a scalar detached from the graph.

    No weight and no gradient of the discriminator changes. If it is in training mode and has batch
    normalisation, its running statistics take note of the generated batch, as they do in the other step.

    Args:
        optimizer: over the generator's weights.
        latent: the generator's input, shape (batch, latent_dim).
        labels: int64, shape (batch,): what is to be generated, and what the discriminator is told it is.
        loss, noise, dtype: as for `discriminator_step`.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1.
    """
    optimizer.zero_grad()
    value = generator_gradients(generator, discriminator, latent, labels, **options)
    optimizer.step()
    return value


def simultaneous_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    latent: Tensor,
    labels: Tensor | None = None,
    *,
    penalty: Penalty | None = None,
    weight_clip: float = 0.0,
    **options,
) -> Tensor:
    """Update both at once, each against the other as it was before; return both losses, discriminator's first.

    Arguments as for `discriminator_step` and `generator_step`.
    """
    discriminator_optimizer.zero_grad()
    generator_optimizer.zero_grad()
    discriminator_value = discriminator_gradients(
        generator, discriminator, real, latent, labels, penalty=penalty, **options
    )
    generator_value = generator_gradients(generator, discriminator, latent, labels, **options)
    discriminator_optimizer.step()
    generator_optimizer.step()
    if weight_clip > 0:
        clip_weights(discriminator, weight_clip)
    return torch.stack([discriminator_value, generator_value])


def with_labels(model: nn.Module, labels: Tensor | None) -> Callable[[Tensor], Tensor]:
    """Return `model` as a function of its first argument, with the labels, if there are any, as the second."""
    return model if labels is None else lambda inputs: model(inputs, labels)


def _trainable(model: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


@torch.no_grad()
def clip_weights(model: nn.Module, bound: float) -> None:
    """Clip every weight to [-bound, bound], in place. Reference: Arjovsky et al. 2017, arXiv:1701.07875."""
    for parameter in model.parameters():
        parameter.clamp_(-bound, bound)
