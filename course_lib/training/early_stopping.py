"""Stop when the validation loss has not fallen for a while, and go back to the best weights."""

import math

import torch
from torch import Tensor, nn


class EarlyStopping:
    """Keep a copy of the weights with the smallest loss so far, and say when to stop.

    Args:
        patience: stop after this many evaluations in a row without a new smallest loss; at least 1.

    Attributes:
        best_loss: the smallest loss so far.
        best_epoch: at which evaluation, counted from 0, it was met; None before the first.

    Raises:
        ValueError: a patience below 1.

    Reference: Prechelt 1998, Early stopping — but when? Neural Networks: Tricks of the Trade.

    >>> stopping, model = EarlyStopping(patience=2), nn.Linear(1, 1)
    >>> [stopping.update(loss, model) for loss in (0.9, 0.7, 0.8, 0.7)]
    [False, False, False, True]
    >>> stopping.best_epoch
    1
    """

    def __init__(self, patience: int):
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        self.patience = patience
        self.best_loss, self.best_epoch = math.inf, None
        self._evaluations = 0
        self._weights: dict[str, Tensor] = {}

    def update(self, loss: float, model: nn.Module) -> bool:
        """Record an evaluation of `model` and return whether it is time to stop.

        A loss equal to the best one is no improvement, and neither is one that is not a number.
        """
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, self._evaluations
            # clones: state_dict() hands out the very tensors that the next step will change
            self._weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        self._evaluations += 1
        waited = self._evaluations - 1 - (-1 if self.best_epoch is None else self.best_epoch)
        return waited >= self.patience

    @torch.no_grad()
    def restore(self, model: nn.Module) -> None:
        """Give the model the best weights back, normalisation's running averages included.

        Raises:
            ValueError: no evaluation has had a finite loss, so there is nothing to go back to.
        """
        if self.best_epoch is None:
            raise ValueError("no loss was recorded that is a number, so no weights were kept")
        model.load_state_dict(self._weights)
