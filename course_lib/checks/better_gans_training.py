"""Checks of notebook 16 on training: an average of weights, and augmentation of real and generated images alike."""

import copy

import torch
from torch import Tensor, nn

from course_lib.checks.report import WrongAnswer, attempt, exercise, require


class _Small(nn.Module):
    """Weights and buffers, one of them whole numbers; it is never called."""

    def __init__(self):
        super().__init__()
        self.layer, self.norm = nn.Linear(3, 4), nn.BatchNorm1d(4)


def _pair(seed: int) -> tuple[nn.Module, nn.Module]:
    random = torch.Generator().manual_seed(seed)
    models = _Small(), _Small()
    with torch.no_grad():
        for model in models:
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=random))
            model.norm.running_mean.copy_(torch.randn(4, generator=random))
            model.norm.running_var.copy_(torch.rand(4, generator=random) + 0.5)
    models[1].norm.num_batches_tracked.fill_(17)
    return models


@exercise("16.3")
def check_update_average(update_average) -> str:
    """Check `update_average(average, model, decay)`, which changes `average` in place."""
    for seed, decay in ((0, 0.9), (1, 0.3)):
        average, model = _pair(seed)
        average_before, model_before = copy.deepcopy(average), copy.deepcopy(model)
        try:
            update_average(average, model, decay)  # returns nothing, so `attempt` is not for it
        except NotImplementedError:
            attempt(update_average, average_before, model_before, decay)
            raise
        except Exception as error:
            raise WrongAnswer(f"update_average raised {type(error).__name__}: {error}") from error
        states = zip(model.state_dict().values(), model_before.state_dict().values(), strict=True)
        require(
            all(torch.equal(now, was) for now, was in states),
            "The model itself has changed. Only the average may move.",
        )
        _examine_average(average, average_before, model_before, decay)
    return "Weights are averaged, buffers are copied, and the model stays as it is."


def _examine_average(average: nn.Module, before: nn.Module, model: nn.Module, decay: float) -> None:
    names = [name for name, _ in before.named_parameters()]
    was, now, new = before.state_dict(), average.state_dict(), model.state_dict()
    close = {name: decay * was[name] + (1 - decay) * new[name] for name in names}
    swapped = {name: (1 - decay) * was[name] + decay * new[name] for name in names}

    def are(expected: dict) -> bool:
        return all(torch.allclose(now[name], expected[name], atol=1e-6) for name in names)

    require(
        not are({name: was[name] for name in names}),
        "The average has not moved. Assigning to a loop's variable changes nothing: change the tensors in place, with "
        "`copy_`, `lerp_` or `mul_` and `add_`.",
    )
    require(
        not are({name: new[name] for name in names}), "The average is the model now: nothing was kept of it."
    )
    require(
        not are(swapped),
        f"With decay {decay} the average keeps {1 - decay:.1f} of itself. decay is the share that is kept.",
    )
    require(
        are(close), "Some weight is not decay · average + (1 - decay) · model. Are all parameters visited?"
    )
    require(
        all(parameter.is_leaf for parameter in average.parameters()),
        "The average's weights remember how they were computed. Update them under torch.no_grad().",
    )
    for name, _ in before.named_buffers():
        mixed = decay * was[name].double() + (1 - decay) * new[name].double()
        require(
            not torch.equal(now[name], was[name]),
            f"The buffer '{name}' is as old as before: in evaluation mode the average would normalise with the "
            "statistics of the first generator. Copy the buffers too.",
        )
        require(
            torch.equal(now[name], new[name])
            or not torch.allclose(
                now[name].double(), mixed, atol=1.0 if not now[name].is_floating_point() else 1e-6
            ),
            f"The buffer '{name}' is averaged. Here buffers are to be copied: running statistics are averages already, "
            "and a count has no average.",
        )
        require(torch.equal(now[name], new[name]), f"The buffer '{name}' is not that of the model.")


class _Recorder:
    """An augmentation that multiplies by its own draw and keeps what it was given."""

    def __init__(self, seed: int):
        self.random, self.seen, self.made = torch.Generator().manual_seed(seed), [], []

    def __call__(self, images: Tensor) -> Tensor:
        factors = torch.rand(len(images), 1, 1, 1, generator=self.random, dtype=images.dtype) + 0.5
        self.seen.append(images)
        self.made.append(images * factors)
        return self.made[-1]


class _Judge(nn.Module):
    """A discriminator that keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.layer, self.shown = nn.Linear(16, 1, dtype=torch.float64), []

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(images)
        return self.layer(images.flatten(1)).squeeze(1)


def _expected(judge: _Judge, augment: _Recorder, images: Tensor) -> Tensor:
    """Return the logits of what the augmentation made of these images."""
    seen, made = torch.cat(augment.seen), torch.cat(augment.made)
    rows = [row for image in images for row in range(len(seen)) if torch.equal(seen[row], image)]
    return judge.layer(made[rows].flatten(1)).squeeze(1)


def _answer(
    augmented_logits, judge: _Judge, real: Tensor, fake: Tensor, augment: _Recorder
) -> tuple[Tensor, Tensor]:
    """Return both logits that the learner's function gives; `attempt` would cut `fake` off from its gradient."""
    try:
        answer = augmented_logits(judge, real, fake, augment)
    except Exception:  # once more, where each error is told in one line
        answer = attempt(augmented_logits, _Judge(), real, fake.detach(), _Recorder(4))
    require(
        isinstance(answer, (tuple, list))
        and len(answer) == 2
        and all(isinstance(a, Tensor) and a.shape == (len(real),) for a in answer),
        "Two tensors of shape (batch,) are expected: the logits of the real images and those of the generated ones.",
    )
    return tuple(answer)


def _examine_shown(judge: _Judge, augment: _Recorder, real: Tensor, fake: Tensor) -> None:
    """Raise WrongAnswer unless the discriminator saw each image augmented, and none as it is."""
    require(len(judge.shown) > 0, "The discriminator was not asked.")
    shown = [part for whole in judge.shown for part in whole.split(len(real))]
    real_shown, fake_shown = (
        any(part.shape == images.shape and torch.equal(part, images) for part in shown)
        for images in (real, fake)
    )
    require(
        len(augment.seen) > 0 and not (real_shown and fake_shown),
        "The discriminator sees the images as they are: nothing was augmented.",
    )
    require(
        not fake_shown,
        "Only the real images are augmented, so the generator learns to draw augmented ones. Augment both.",
    )
    require(
        not real_shown,
        "Only the generated images are augmented: the discriminator tells them by that. Augment both.",
    )
    total = sum(len(images) for images in augment.seen)
    require(
        total == 2 * len(real),
        f"{total} images were augmented; each of the {len(real)} real and {len(real)} generated ones once is expected.",
    )


@exercise("16.4")
def check_augmented_logits(augmented_logits) -> str:
    """Check `augmented_logits(discriminator, real, fake, augment)`, which returns real and fake logits."""
    random = torch.Generator().manual_seed(3)
    real = torch.randn(5, 1, 4, 4, generator=random, dtype=torch.float64)
    fake = torch.randn(5, 1, 4, 4, generator=random, dtype=torch.float64, requires_grad=True)
    judge, augment = _Judge(), _Recorder(4)
    real_logits, fake_logits = _answer(augmented_logits, judge, real, fake, augment)
    _examine_shown(judge, augment, real, fake)
    of_real, of_fake = (_expected(judge, augment, images) for images in (real, fake))
    require(
        not (torch.allclose(real_logits, of_fake) and torch.allclose(fake_logits, of_real)),
        "The two results are exchanged: the real images' logits come first.",
    )
    require(
        torch.allclose(real_logits, of_real) and torch.allclose(fake_logits, of_fake),
        "The logits are not those of the augmented images, in the images' order.",
    )
    require(
        fake_logits.requires_grad
        and torch.autograd.grad(fake_logits.sum(), fake, allow_unused=True)[0] is not None,
        "No gradient comes back to the generated images, so the generator could not learn through it. Do not detach "
        "here, and augment with operations that let gradients through.",
    )
    return "Both kinds pass through the same augmentation, and the gradient passes back through it."
