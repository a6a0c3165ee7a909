"""Check for notebook 11: one alternating update in which one batch of generated samples serves both sides."""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require

UPDATES = 3
DETACH = "Give the discriminator fake.detach() in its own turn: then its backward() ends at the samples"
KEEPS = "still has old gradients when it moves: zero_grad() belongs right before each backward()."


class Perceptron(nn.Module):
    """A small network that counts how often it is asked; with one output it returns logits of shape (batch,)."""

    def __init__(self, outputs: int, random: torch.Generator):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, outputs)).double()
        self.calls = 0
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=random, dtype=torch.float64)

    def forward(self, values: Tensor) -> Tensor:
        self.calls += 1
        output = self.layers(values)
        return output.squeeze(1) if output.shape[1] == 1 else output


class Recorder:
    """Notes of each optimiser's step who moved, along which gradient, and the model as it was afterwards."""

    def __init__(self, **sides: tuple[nn.Module, torch.optim.Optimizer]):
        self.moves: list[tuple[str, Tensor, nn.Module]] = []
        for name, (model, optimizer) in sides.items():
            optimizer.register_step_pre_hook(self._before(model))
            optimizer.register_step_post_hook(self._after(name, model))

    def _before(self, model: nn.Module):
        def hook(*_):
            self.gradient = flat(model)

        return hook

    def _after(self, name: str, model: nn.Module):
        def hook(*_):
            self.moves.append((name, self.gradient, copy.deepcopy(model)))

        return hook


def flat(model: nn.Module) -> Tensor:
    """Return all gradients of a model as one vector, with zeros for those that are None."""
    parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
    return torch.cat([part.detach().flatten() for part in parts]).clone()


def slope(loss: Tensor, model: nn.Module) -> Tensor:
    """Return the gradient of a loss by a model's weights as one vector."""
    gradients = torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


@exercise("11.5")
def check_update(adversarial_update) -> str:
    """Check an update that takes both models, both optimisers (generator first), real samples and latents."""
    random = torch.Generator().manual_seed(5)
    generator, discriminator = Perceptron(2, random), Perceptron(1, random)
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in (generator, discriminator)]
    recorder = Recorder(generator=(generator, optimizers[0]), discriminator=(discriminator, optimizers[1]))
    for number in range(UPDATES):
        real, latent = torch.randn(2, 5, 2, generator=random, dtype=torch.float64)
        before = copy.deepcopy(generator), copy.deepcopy(discriminator)
        left = flat(generator), flat(discriminator)
        generator.calls, recorder.moves = 0, []
        losses = _attempt(adversarial_update, generator, discriminator, *optimizers, real, latent)
        _compare(recorder.moves, before, left, real, latent, losses, f"(update {number + 1}) ")
        require(
            generator.calls == 1,
            f"Both moves are right, but the generator ran {generator.calls} times. One batch serves both sides: "
            "keep it, detached for the one and as it is for the other.",
        )
    return "The discriminator moves, then the generator against the new one, and the generator ran once."


def _attempt(function, *arguments):
    try:
        return attempt(function, *arguments)
    except WrongAnswer as error:
        if "second time" in str(error) or "have been freed" in str(error):
            raise WrongAnswer(f"{DETACH}, and the graph through the generator is not used up.") from error
        raise


def _compare(moves, before, left, real: Tensor, latent: Tensor, losses, where: str) -> None:
    """Hold the moves, in their order, and the returned losses against what they should be."""
    names = [name for name, _, _ in moves]
    require("discriminator" in names, f"{where}The discriminator's optimiser made no step.")
    require("generator" in names, f"{where}The generator's optimiser made no step.")
    require(names[0] == "discriminator", f"{where}The generator moved first. The discriminator comes first.")
    require(len(names) == 2, f"{where}The steps were: {', '.join(names)}. One of each is asked for.")
    generator, discriminator = before
    fake = generator(latent)
    real_loss = F.softplus(-discriminator(real)).mean()
    fake_logits = discriminator(fake)
    fake_loss = F.softplus(fake_logits).mean()
    wrong_way = F.softplus(discriminator(real)).mean() + F.softplus(-fake_logits).mean()
    value, right = real_loss + fake_loss, slope(real_loss + fake_loss, discriminator)
    _recognise(moves[0][1], right, where + "the discriminator's gradient: ", [
        (f"It {KEEPS} The generator's backward() leaves some in it, too.", right + left[1]),
        ("Real logits fall and generated ones rise: the two are exchanged.", slope(wrong_way, discriminator)),
        ("The sign is reversed: it moves away from the right answers.", -right),
        ("Both terms are averaged. They are added, so that balance reads 2 log 2.", right / 2),
        ("Only the real samples are in it.", slope(real_loss, discriminator)),
        ("Only the generated samples are in it.", slope(fake_loss, discriminator)),
    ])  # fmt: skip
    logits = moves[0][2](fake)  # of the discriminator as it is after its own move
    loss = F.softplus(-logits).mean()
    right = slope(loss, generator)
    caught, stale = F.softplus(logits).mean(), F.softplus(-fake_logits).mean()
    _recognise(moves[1][1], right, where + "the generator's gradient: ", [
        ("Its loss comes from the logits before the discriminator's move. Ask the new discriminator about the "
         "same samples.", slope(stale, generator)),
        ("That is the saturating loss, log(1 - σ(l)). The non-saturating one is asked for.", -slope(caught, generator)),
        ("It is trained to be caught. It wants its logits to rise: softplus(-l).", slope(caught, generator)),
        (f"The discriminator's loss has gone into it. {DETACH}.", right + slope(fake_loss, generator)),
        (f"It {KEEPS}", right + left[0]),
        ("It is zero: its loss does not hang on the generator. Only the discriminator's turn needs detach().",
         torch.zeros_like(right)),
    ])  # fmt: skip
    require(
        isinstance(losses, list | tuple) and len(losses) == 2,
        f"{where}Both moves are right. Return both losses, discriminator's first; got {describe(losses)}.",
    )
    for name, returned, expected in zip(
        ("discriminator's", "generator's"), losses, (value, loss), strict=True
    ):
        got = float(returned)
        require(abs(got - expected.item()) < 1e-6, f"{where}Both moves are right, but the {name} loss is "
                f"{expected.item():.4f} and you return {got:.4f}.")  # fmt: skip


def _recognise(gradient: Tensor, right: Tensor, where: str, wrong: list[tuple[str, Tensor]]) -> None:
    if torch.allclose(gradient, right, rtol=1e-6, atol=1e-9):
        return
    for hint, outcome in wrong:
        require(not torch.allclose(gradient, outcome, rtol=1e-6, atol=1e-9), where + hint)
    raise WrongAnswer(f"{where}It is not that of the loss. Write the step line by line beside algorithm 1.")
