"""Typical wrong answers to the exercises of notebook 10, each with the hint that meets it."""

import statistics

import torch
from torch import Tensor, nn

from course_lib.checks.report import require
from course_lib.layers.shapes import output_size


def recognise(result, expected: Tensor, mistakes: list[tuple[str, Tensor]], where: str) -> None:
    """Raise `WrongAnswer` with the hint of the first mistake whose outcome `result` is, and `expected` is not."""
    if not isinstance(result, Tensor):
        return  # the comparison that follows says so
    for hint, wrong in mistakes:
        differs = wrong.shape != expected.shape or not torch.allclose(wrong, expected, atol=1e-5)
        same = result.shape == wrong.shape and torch.allclose(result.double(), wrong, atol=1e-5)
        require(not (differs and same), where + hint)


def of_residual_block(
    x: Tensor, branch: Tensor, shortcut: Tensor, projection: nn.Module | None
) -> list[tuple[str, Tensor]]:
    """Return wrong answers to exercise 10.1; `branch` and `shortcut` are what they make of `x`."""
    mistakes = [
        ("The shortcut is missing.", torch.relu(branch)),
        ("The branch is missing: only the shortcut comes through.", torch.relu(shortcut)),
        ("The ReLU is missing, behind the addition.", shortcut + branch),
        ("The ReLU stands in front of the addition. In this block it comes behind.", shortcut + branch.relu()),
        ("Both are multiplied. They should be added: then the derivative of the shortcut is 1.",
         torch.relu(shortcut * branch)),
        ("Subtracted; they should be added.", torch.relu(shortcut - branch)),
        ("Subtracted; they should be added.", torch.relu(branch - shortcut)),
        ("Both stand side by side as channels (that is another network, DenseNet). Here they are added.",
         torch.cat([shortcut, branch], dim=1).relu()),
        ("Both stand side by side as channels (that is another network, DenseNet). Here they are added.",
         torch.cat([branch, shortcut], dim=1).relu()),
    ]  # fmt: skip
    if projection is not None and x.shape[1] == branch.shape[1]:
        mistakes.append(("The projection belongs on the shortcut, not behind the branch.",
                         torch.relu(x[:, :, ::2, ::2] + branch)))  # fmt: skip
    return mistakes


def of_multiply_adds(
    in_channels: int,
    out_channels: int,
    height: int,
    width: int,
    kernel_size: int,
    stride: int,
    padding: int,
    groups: int,
) -> tuple[int, list[tuple[str, int]]]:
    """Return the right answer to exercise 10.2, and wrong ones."""
    out_height, out_width = (output_size(n, kernel_size, stride, padding) for n in (height, width))
    area, window = out_height * out_width, kernel_size**2
    right = out_channels * area * window * in_channels // groups
    return right, [
        ("Each output channel sees only the input channels of its group: in_channels / groups.", right * groups),
        ("The groups are divided by twice: each output has in_channels / groups inputs, and all outputs count.",
         right // groups),
        ("A product is computed for each output pixel. Use the height and width of the output, not of the input.",
         right // area * height * width),
        ("Multiplication and addition are counted as two. Count a pair of them as one.", 2 * right),
        ("Window is kernel_size · kernel_size; one factor is missing.", right // kernel_size),
        ("The sum runs over the input channels, too; that factor is missing.", right * groups // in_channels),
        ("Each output channel has its own filter; the number of output channels is missing.", right // out_channels),
        ("That is the number of weights. Each of them is used once for each output pixel.", right // area),
        ("The bias adds, it does not multiply: leave it out.", right + out_channels * area),
        ("The bias adds, it does not multiply: leave it out.", right + out_channels),
    ]  # fmt: skip


class Machine:
    """A made-up device with a clock of its own: the first call is slow, and so is one in each `repeats`.

    An asynchronous one, as a GPU, takes a call at once and does its work later; `wait` waits until it is done.
    """

    LAUNCH, WARM_UP = 0.001, 40.0
    PATTERNS = {1: (1.0,), 4: (1.5, 1.0, 9.0, 1.1), 5: (1.2, 1.0, 9.0, 1.1, 1.5),
                9: (1.2, 1.0, 9.0, 1.1, 1.5, 1.3, 1.4, 1.05, 1.15)}  # fmt: skip

    def __init__(self, repeats: int, asynchronous: bool):
        self.repeats, self.asynchronous, self.pattern = repeats, asynchronous, self.PATTERNS[repeats]
        self.time, self.calls = 0.0, 0
        self.pending = 3.0 if asynchronous else 0.0  # the device is still busy with something else

    def function(self) -> None:
        self.time += self.LAUNCH
        work = self.WARM_UP if self.calls == 0 else self.pattern[self.calls % self.repeats]
        self.calls += 1
        if self.asynchronous:
            self.pending += work
        else:
            self.time += work

    def wait(self) -> None:
        self.time, self.pending = self.time + self.pending, 0.0

    def clock(self) -> float:
        return self.time

    def examine(self, result: float) -> None:
        """Raise `WrongAnswer` unless `result` is the median of `repeats` fair measurements."""
        times = [work + self.LAUNCH for work in self.pattern]
        right, mean, total = statistics.median(times), statistics.mean(times), sum(times)
        close = {"right": right, "mean": mean, "minimum": min(times), "sum": total}
        found = [name for name, value in close.items() if abs(result - value) < 1e-6]
        kind = "a device that works on while Python goes on" if self.asynchronous else "a CPU"
        where = f"(repeats={self.repeats}, {kind}) "
        require(
            self.calls > self.repeats,
            f"{where}The function was called {self.calls} times. The first call is slow: make one more, before the "
            "measured ones, that does not count.",
        )
        if "right" in found:
            return
        hints = {
            "mean": "That is the mean: one repeat that something else has disturbed spoils it. Take the median.",
            "minimum": "That is the smallest time. Take the median, which tells what is usual.",
            "sum": "That is the time of all repeats together. Take the median of the single times.",
        }
        for name in found:
            require(False, where + hints[name])
        require(
            not abs(result - self.LAUNCH) < 1e-6,
            f"{where}Only the handing over is measured: the clock is read before the work is done. wait() first.",
        )
        with_warm_up = (total + self.WARM_UP + self.LAUNCH) / (self.repeats + 1)
        require(
            not abs(result - with_warm_up) < 1e-6,
            f"{where}That is the mean, and the slow first call is in it. Leave that out and take the median.",
        )
        message = f"{where}The result is {result:.4g}, and should be {right:.4g}."
        if self.asynchronous:
            message += " wait() before the clock starts, or work from before is counted, and before it stops."
        require(False, message + " Leave the first call out and take the median.")


def of_amdahl(share: float, factor: float) -> list[tuple[str, float]]:
    """Return wrong answers to exercise 10.4."""
    left = 1 - share + share / factor
    mistakes = [
        ("That is the time that is left, as a share. The question is how many times as fast: its reciprocal.", left),
        ("That is the time saved, as a share. The question is how many times as fast.", 1 - left),
        ("The speeds are averaged; times add up, speeds do not.", 1 - share + share * factor),
        ("That is the gain of the part alone. The rest takes as long as before.", factor),
        ("The share is multiplied by the factor; the part takes share / factor.", 1 / (1 - share + share * factor)),
        ("Share and rest are exchanged: share is what gets faster.", 1 / (share + (1 - share) / factor)),
    ]  # fmt: skip
    if share < 1:
        mistakes.append(
            ("That is the limit for a factor without end; this factor is finite.", 1 / (1 - share))
        )
    if share > 0:
        mistakes.append(("That leaves the rest out: 1 - share of the time stays as it was.", factor / share))
    return mistakes
