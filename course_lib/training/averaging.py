"""An exponential moving average of a model's weights."""

import copy

import torch
from torch import nn


class WeightAverage:
    """A copy of a model whose weights follow the model's slowly.

    Each update sets average ← decay · average + (1 - decay) · weight. A generator's weights circle around
    the equilibrium; their average lies nearer to it. Buffers, such as the running statistics of batch
    normalisation, are copied and not averaged: they are averages already, and a count has no average.

    After training step t, counted from 1, no more than t / (t + 9) of the average is kept, so that the weights before
    training are soon forgotten.

    Attributes:
        model: the copy, in evaluation mode, whose weights are not trained.
        decay: in [0, 1); about 1 / (1 - decay) steps are averaged over.

    Reference: Yazıcı et al. 2018, arXiv:1806.04498.
    """

    def __init__(self, model: nn.Module, decay: float = 0.999):
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1, got {decay}")
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Draw the average towards `model` after training step number `step`, counted from 1; copy the buffers."""
        decay = min(self.decay, step / (step + 9))
        for average, parameter in zip(self.model.parameters(), model.parameters(), strict=True):
            average.lerp_(parameter, 1 - decay)
        for average, buffer in zip(self.model.buffers(), model.buffers(), strict=True):
            average.copy_(buffer)
