"""Check of the training loop, for notebook 05."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require, require_close


class _SmallNetwork(nn.Module):
    """A network with batch normalisation, so that training and evaluation mode differ."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first, self.norm, self.last = nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
        with torch.no_grad():
            for parameter in (self.first.weight, self.last.weight):
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
            self.first.bias.zero_()
            self.last.bias.zero_()

    def forward(self, inputs):
        return self.last(torch.relu(self.norm(self.first(inputs))))


def _reference_epoch(model, optimizer, data, *, clear=True, weighted=True) -> float:
    """Return the mean loss of one epoch, with a typical mistake if one is asked for."""
    model.train()
    total, count = 0.0, 0
    for inputs, labels in data:
        loss = F.cross_entropy(model(inputs), labels)
        if clear:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        size = len(labels) if weighted else 1
        total, count = total + loss.item() * size, count + size
    return total / count


def _run(train_one_epoch) -> tuple[float, torch.Tensor, nn.Module]:
    """Train a fresh network on four small batches, the last of them smaller; return loss, weights and network."""
    generator = torch.Generator().manual_seed(1)
    data = [
        (torch.randn(size, 5, generator=generator), torch.randint(0, 3, (size,), generator=generator))
        for size in (8, 8, 8, 3)
    ]
    model = _SmallNetwork().eval()  # as an evaluation before would have left it
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    loss = attempt(
        train_one_epoch, model, optimizer, iter(data)
    )  # as from `batches`: to be gone through once
    return loss, torch.cat([parameter.detach().flatten() for parameter in model.parameters()]), model


@exercise("5.4")
def check_train_one_epoch(train_one_epoch) -> str:
    """Check `train_one_epoch(model, optimizer, data)`: it must change the weights as the plain loop does."""
    start = torch.cat([p.detach().flatten() for p in _SmallNetwork().parameters()])
    expected_loss, expected, _ = _run(_reference_epoch)
    loss, weights, model = _run(train_one_epoch)
    require(
        not torch.equal(weights, start),
        "The weights have not changed. A step is zero_grad(), then loss.backward(), then optimizer.step(). And `data` "
        "can be gone through only once: a loop that counts the images first leaves nothing to train on.",
    )
    require(
        model.norm.running_mean.abs().sum() > 0,
        "The network was in evaluation mode, so batch normalisation did not learn. Call model.train() first.",
    )
    _, accumulated, _ = _run(partial(_reference_epoch, clear=False))
    require(
        not torch.allclose(weights, accumulated, atol=1e-6),
        "Gradients pile up from step to step. Call optimizer.zero_grad() before each loss.backward().",
    )
    require_close(
        weights, expected, "For each batch: logits, loss, zero_grad, backward, step; once, in this order."
    )
    loss = loss.item() if isinstance(loss, torch.Tensor) and loss.numel() == 1 else loss
    require(
        isinstance(loss, int | float),
        f"The weights are right. The mean loss of the epoch is expected as one number, got {describe(loss)}.",
    )
    unweighted, _, _ = _run(partial(_reference_epoch, weighted=False))
    if abs(float(loss) - unweighted) < 1e-5:
        raise WrongAnswer(
            "The weights are right. The mean loss counts all batches alike: weight each by its size."
        )
    require_close(
        torch.as_tensor(float(loss)),
        torch.tensor(expected_loss),
        "The weights are right, the mean loss is not.",
    )
    return "Your loop trains: after one epoch its weights equal those of the reference."
