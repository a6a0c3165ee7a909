"""GAN objectives on logits, and the two gradient penalties of the course.

A logit is a discriminator's raw answer: positive for "real", negative for "generated"; its sigmoid is a
probability. Taking the sigmoid first and the logarithm afterwards ends in infinities and NaN as soon as the
sigmoid rounds to 0 or 1. Written on logits, the same functions are finite everywhere:

    -log(sigmoid(l)) = softplus(-l)        -log(1 - sigmoid(l)) = softplus(l)

Everything here is minimised, and every loss is a mean over the batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class GANLoss:
    """What both sides minimise, on logits of shape (batch,); each call returns a scalar.

    Attributes:
        name: as in `LOSSES`.
        discriminator: (real_logits, fake_logits) → loss.
        generator: fake_logits → loss.
    """

    name: str
    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def logistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return -mean log σ(real) - mean log(1 - σ(fake)): the cross-entropy, 2·log 2 when all logits are 0.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661.

    >>> logistic_discriminator_loss(torch.zeros(4), torch.zeros(4)).item()  # 2 log 2
    1.386294...
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """Return mean log(1 - σ(fake)), the generator's side of the minimax game.

    Its derivative by a logit l is -σ(l): it vanishes where the discriminator is sure that the sample is generated.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661.
    """
    return -F.softplus(fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """Return -mean log σ(fake): the same fixed point, with the derivative -(1 - σ(l)), which does not vanish.

    Reference: Goodfellow et al. 2014, arXiv:1406.2661, section 3.
    """
    return F.softplus(-fake_logits).mean()


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return mean max(0, 1 - real) + mean max(0, 1 + fake): logits beyond the margin of 1 count no more.

    References: Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957.
    """
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def least_squares_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return ½ mean (real - 1)² + ½ mean fake²: targets 1 and 0, for outputs that are logits no more.

    Reference: Mao et al. 2016, arXiv:1611.04076.
    """
    return ((real_logits - 1).square().mean() + fake_logits.square().mean()) / 2


def least_squares_generator_loss(fake_logits: Tensor) -> Tensor:
    """Return ½ mean (fake - 1)².

    Reference: Mao et al. 2016, arXiv:1611.04076.
    """
    return (fake_logits - 1).square().mean() / 2


def wasserstein_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return mean fake - mean real, for a critic whose slope is kept bounded by other means.

    Its negative estimates the Wasserstein distance if the critic's slope is at most 1.

    Reference: Arjovsky, Chintala and Bottou 2017, arXiv:1701.07875.
    """
    return fake_logits.mean() - real_logits.mean()


def negative_mean_generator_loss(fake_logits: Tensor) -> Tensor:
    """Return -mean fake, the generator's side of both the Wasserstein and the hinge objective."""
    return -fake_logits.mean()


LOSSES = {
    loss.name: loss
    for loss in (
        GANLoss("saturating", logistic_discriminator_loss, saturating_generator_loss),
        GANLoss("non-saturating", logistic_discriminator_loss, non_saturating_generator_loss),
        GANLoss("hinge", hinge_discriminator_loss, negative_mean_generator_loss),
        GANLoss("least-squares", least_squares_discriminator_loss, least_squares_generator_loss),
        GANLoss("wasserstein", wasserstein_discriminator_loss, negative_mean_generator_loss),
    )
}


def gan_loss(name: str) -> GANLoss:
    """Return the pair of losses called `name`.

    Raises:
        ValueError: there is none of that name; the message lists those there are.
    """
    if name not in LOSSES:
        raise ValueError(f"there is no GAN loss called {name!r}; there are {', '.join(LOSSES)}")
    return LOSSES[name]


def input_gradients(discriminator: nn.Module, samples: Tensor) -> Tensor:
    """Return the gradient of each sample's logit by the sample, of the samples' shape, ready to be trained through.

    The logits are summed first: the gradient of the sum by one sample is that of its own logit, as long as no
    sample changes another one's logit. Batch normalisation breaks this.
    """
    samples = samples.detach().requires_grad_()
    logits = discriminator(samples)  # (batch,)
    (gradients,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
    return gradients


def r1_penalty(discriminator: nn.Module, real: Tensor) -> Tensor:
    """Return ½ · mean |∇D(x)|² over real samples; its weight is the paper's γ.

    Args:
        discriminator: samples → logits of shape (batch,).
        real: shape (batch, …).

    Reference: Mescheder, Geiger and Nowozin 2018, arXiv:1801.04406.
    """
    return input_gradients(discriminator, real).flatten(1).square().sum(1).mean() / 2


def wgan_gp_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
    """Return mean (|∇D(x̂)| - 1)² over points x̂ between real and generated samples; its weight is the paper's λ.

    Args:
        discriminator: samples → logits of shape (batch,).
        real, fake: shape (batch, …); x̂ lies on the line between two of the same number.
        random: CPU generator that draws where on its line each point lies, uniformly.

    Reference: Gulrajani et al. 2017, arXiv:1704.00028.
    """
    position = torch.rand(len(real), *[1] * (real.ndim - 1), generator=random).to(real)  # (batch, 1, …)
    between = real + position * (fake.detach() - real)
    squares = input_gradients(discriminator, between).flatten(1).square().sum(1)  # (batch,)
    norms = (squares + 1e-12).sqrt()  # the root has no slope at 0, and its derivative there would be NaN
    return (norms - 1).square().mean()
