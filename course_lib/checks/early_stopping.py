"""Check of early stopping, for notebook 08."""

import torch
from torch import nn

from course_lib.checks.report import WrongAnswer, attempt, describe, exercise, require

# validation losses and patience; together they tell every mistake of HINTS from the others
CASES = (
    ([5, 4, 4.5, 3, 3.5, 2, 2.5, 2.6, 2.4, 2.8, 2.3, 2.9], 3),
    ([5, 3, 4, 4.1, 4.2, 4.3], 3),
    ([4, 3, 3, 3, 3, 3], 2),
    ([5, 4, 3, 2], 2),  # max_epochs is reached first
)
HINTS = {
    "never": "It trains all max_epochs epochs, though the loss had stopped falling long before.",
    "one less": "It stops one epoch too early. Stop when `patience` epochs in a row were no better than the best.",
    "one more": "It stops one epoch too late. Stop when `patience` epochs in a row were no better than the best.",
    "no reset": "The count of epochs without improvement has to start at 0 again when there is a new best one.",
    "no reset, one more": "Two mistakes at once: the count has to start at 0 again when there is a new best epoch, and "
    "training stops when the count reaches `patience`.",
    "previous": "It compares with the epoch before. Compare with the best epoch so far.",
    "equal": "It takes an equal loss for an improvement. Only a smaller loss starts the count again.",
}


class _Counting(nn.Module):
    """A model whose weight and buffer are the number of epochs trained, and which sees if weights are loaded."""

    def __init__(self):
        super().__init__()
        self.weight, self.loaded = nn.Parameter(torch.zeros(1)), False
        self.register_buffer("running", torch.zeros(1))

    def load_state_dict(self, *arguments, **options):
        self.loaded = True
        return super().load_state_dict(*arguments, **options)


def _epochs(losses: list[float], patience: int, named: str = "") -> int:
    """Return how many epochs early stopping trains, with the typical mistakes that are named."""
    mistakes = named.split(", ")
    limit = patience + ("one more" in mistakes) - ("one less" in mistakes)
    best = previous = float("inf")
    waited = 0
    for epoch, loss in enumerate(losses, start=1):
        yardstick = previous if "previous" in mistakes else best
        better = loss < yardstick or ("equal" in mistakes and loss == yardstick)
        waited = waited + (not better) if "no reset" in mistakes or not better else 0
        best, previous = min(best, loss), loss
        if "never" not in mistakes and waited >= limit:
            return epoch
    return len(losses)


def _run(train_with_patience, losses: list[float], patience: int) -> tuple[object, int, _Counting]:
    """Run the learner's function on scripted losses; return its result, the epochs trained, and the model."""
    model, trained = _Counting(), 0

    def train_one_epoch(net):
        nonlocal trained
        trained += 1
        with torch.no_grad():
            for tensor in (net.weight, net.running):
                tensor += 1  # in place, as an optimiser's step

    def validation_loss(net):
        return losses[min(int(net.weight.item()), len(losses)) - 1]

    result = attempt(train_with_patience, model, train_one_epoch, validation_loss, patience, len(losses))
    return result, trained, model


@exercise("8.3")
def check_early_stopping(train_with_patience) -> str:
    """Check `train_with_patience(model, train_one_epoch, validation_loss, patience, max_epochs)`."""
    runs = [_run(train_with_patience, *case) for case in CASES]
    _check_epochs([trained for _, trained, _ in runs])
    for (losses, patience), (result, trained, model) in zip(CASES, runs, strict=True):
        setting = f"(validation losses {losses}, patience {patience})"
        best = min(range(trained), key=losses.__getitem__)
        found = int(model.weight.item()) - 1
        if found == trained - 1 != best:
            kept_by_reference = (
                "You load the weights you kept, and they are the last ones: state_dict() hands out the tensors "
                "themselves, which training goes on to change. Keep copies: copy.deepcopy(model.state_dict())."
            )
            last = "The model ends with the weights of the last epoch. Go back to those of the best."
            raise WrongAnswer(f"{setting} {kept_by_reference if model.loaded else last}")
        require(
            found == best,
            f"{setting} The model has the weights of epoch {found}, counted from 0; the smallest loss was first met "
            f"at epoch {best}.",
        )
        require(
            int(model.running.item()) - 1 == best,
            f"{setting} The weights are right, the buffers (running averages) are not: keep the whole state_dict().",
        )
        require(
            result == best,
            f"{setting} The weights are right. The best epoch, counted from 0, is {best}, not {describe(result)}.",
        )
    return "It waits as long as it should, and comes back with the best weights."


def _check_epochs(trained: list[int]) -> None:
    """Compare the number of epochs of each case with what is expected, and with typical mistakes."""
    expected = [_epochs(*case) for case in CASES]
    for (losses, patience), count, right in zip(CASES, trained, expected, strict=True):
        if count == right:
            continue
        setting = f"(validation losses {losses}, patience {patience}) It trained {count} epochs, {right} are expected."
        require(count <= len(losses), f"{setting} It should never train more than max_epochs.")
        for mistake, hint in HINTS.items():
            require(trained != [_epochs(*case, mistake) for case in CASES], f"{setting} {hint}")
        raise WrongAnswer(setting)
