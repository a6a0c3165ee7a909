"""How many pictures a second does the GAN lab draw? At least ten are asked, on two cores.

A picture is one tick of the player: training steps, scoring, drawing, encoding as PNG and setting the widget's value.
What comes after it, the way to the browser, is not measured here.

    python -m benchmarks.gan_lab
"""

import statistics
import time

import torch

from benchmarks.measure import print_machine, print_table
from course_lib.widgets.gan import OWN_MIXTURE, gan_lab
from course_lib.widgets.gan_lab_data import LAB_DATA

PICTURES, WARM_UP = 100, 10
LEAST_RATE = 10  # pictures a second
SETTINGS = (("non-saturating", "none"), ("wasserstein", "wgan-gp"))


def measure(data: str, loss: str, penalty: str) -> tuple[list[float], float, float]:
    """Return the seconds of each picture, the mean seconds of processor time, and the mean steps a picture."""
    lab = gan_lab(data, loss, penalty)
    seconds = []
    for number in range(WARM_UP + PICTURES):
        if number == WARM_UP:
            updates, processor = lab.run.updates, time.process_time()
        begin = time.perf_counter()
        lab.play.value += 1
        seconds.append(time.perf_counter() - begin)
    if "<b>" in lab.message.value:
        raise RuntimeError(lab.message.value)
    processor = (time.process_time() - processor) / PICTURES
    return seconds[WARM_UP:], processor, (lab.run.updates - updates) / 2 / PICTURES


def main() -> None:
    print_machine()
    rows, rates = [], []
    for threads in (2, 1):
        torch.set_num_threads(threads)
        for data in (*LAB_DATA, OWN_MIXTURE):
            for loss, penalty in SETTINGS:
                seconds, processor, steps = measure(data, loss, penalty)
                rates.append(1 / statistics.median(seconds))
                rows.append(
                    [
                        str(threads), data, f"{loss}, {penalty}", f"{rates[-1]:.1f}", f"{1 / max(seconds):.1f}",
                        f"{1000 * statistics.median(seconds):.0f}", f"{1000 * max(seconds):.0f}",
                        f"{1000 * processor:.0f}", f"{steps:.1f}",
                    ]
                )  # fmt: skip
    columns = ["threads", "data", "loss, penalty", "pictures/s, median", "worst", "ms, median", "worst", "CPU ms, mean",
               "steps a picture"]  # fmt: skip
    print_table(f"GAN lab, {PICTURES} pictures each, default settings but those named", columns, rows)
    met = "met" if min(rates) >= LEAST_RATE else "not met"
    print(f"\nslowest median {min(rates):.1f} pictures a second; at least {LEAST_RATE} are asked: {met}")


if __name__ == "__main__":
    main()
