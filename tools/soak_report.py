"""What a soak writes down, a log of JSON lines, and what follows: how large may the share of failures be, and which
measured numbers scatter as far as their bands' ends?
"""

import json
import math
import os
import statistics
import threading
from collections import Counter, defaultdict
from pathlib import Path

NEAR = 4  # standard deviations


class Log:
    """A file to which a line of JSON is appended for each execution. What an interrupted write left over is cut off."""

    def __init__(self, path: Path):
        self.path = path
        self.lock = threading.Lock()

    def append(self, entry: dict) -> None:
        """Write an entry and see to it that it is on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def of(self, versions: dict[str, str]) -> list[dict]:
        """Return the entries of these versions, by notebook, in the order in which they were written.

        Raises:
            SystemExit: a line in the middle is no entry.
        """
        if not self.path.exists():
            return []
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the last write was interrupted
            self.path.write_bytes(whole)
        try:
            entries = [json.loads(line) for line in whole.decode("utf-8").splitlines()]
            return [entry for entry in entries if entry["version"] == versions.get(entry["notebook"])]
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(
                f"{self.path} is damaged ({error}). Remedy: start over with make soak ARGS=--fresh."
            ) from None


def upper_bound(failures: int, count: int, confidence: float = 0.95) -> float:
    """Return the largest share of failures that `failures` of `count` executions do not contradict, one-sided.

    It is the share at which so few failures, or fewer, have a probability of 1 - confidence. Without any failure it
    is 1 - 0.05^(1/count), about 3/count.

    References: Clopper and Pearson 1934, Biometrika 26(4); the rule of three: Hanley and Lippman-Hand 1983,
    JAMA 249(13).

    >>> round(upper_bound(0, 300), 5), round(upper_bound(1, 20), 4)
    (0.00994, 0.2161)
    """
    if not 0 <= failures <= count or count < 1:
        raise ValueError(f"need 0 <= failures <= count and count >= 1, got {failures} of {count}")
    if failures == count:
        return 1.0

    def so_few(share: float) -> float:
        return math.fsum(math.exp(_log_binomial(k, count, share)) for k in range(failures + 1))

    low, high = failures / count, 1.0
    for _ in range(60):  # halves the interval each time; the probability falls as the share rises
        middle = (low + high) / 2
        low, high = (middle, high) if so_few(middle) > 1 - confidence else (low, middle)
    return high


def _log_binomial(k: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(share) + (n - k) * math.log1p(-share)


def margins(entries: list[dict]) -> list[tuple[float, str]]:
    """Return how near each measured number comes to an end of its band, the nearest first.

    The distance of the mean from that end is given in standard deviations over the executions, with the number's
    notebook, name and range. Left out is what was measured fewer than three times, and what does not scatter.
    """
    numbers = defaultdict(list)
    for entry in entries:
        for position, (name, *number) in enumerate(entry.get("measured", [])):
            numbers[entry["notebook"], position, name].append(number)
    found = []
    for (notebook, _, name), several in numbers.items():
        values = [value for value, _, _ in several]
        if len(values) < 3 or (deviation := statistics.stdev(values)) == 0:
            continue
        _, low, high = several[-1]
        mean = statistics.fmean(values)
        inside = min(mean - (-math.inf if low is None else low), (math.inf if high is None else high) - mean)
        band = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
        text = f"{notebook}, {name}: {min(values):.4g} to {max(values):.4g} in {len(values)}, band {band}"
        found.append((inside / deviation, text))
    return sorted(found)


def report(entries: list[dict]) -> str:
    """Return what is said at the end: executions, failures by notebook with their messages, and the flake rate."""
    failed = [entry for entry in entries if entry["outcome"] != "passed"]
    runs, minutes = {entry["run"] for entry in entries}, sum(entry["seconds"] for entry in entries) / 60
    threads = Counter(entry["threads"] for entry in entries)
    arithmetic = Counter(entry["arithmetic"] for entry in entries)
    lines = [
        "",
        f"{len(entries)} executions of {len({e['notebook'] for e in entries})} notebooks in {len(runs)} runs, "
        f"{minutes:.0f} minutes of notebooks, torch {', '.join(sorted({e['torch'] for e in entries}))}",
        "by threads: " + ", ".join(f"{count} with {number}" for number, count in sorted(threads.items())),
        "by arithmetic: " + ", ".join(f"{count} {name}" for name, count in arithmetic.items()),
    ]
    counts = Counter(entry["notebook"] for entry in failed)
    for notebook, count in counts.most_common():
        lines.append(f"{notebook}: {count} of {sum(e['notebook'] == notebook for e in entries)} failed")
        for entry in (e for e in failed if e["notebook"] == notebook):
            first = (entry["failures"] or ["no message"])[0].splitlines() or ["no message"]
            lines.append(
                f"    run {entry['run']}, {entry['threads']} thread(s), {entry['arithmetic']}, {entry['outcome']}: "
                f"{first[0][:160]}"
            )
    near = [(distance, text) for distance, text in margins(entries) if distance < NEAR]
    lines.append(
        f"{len(near)} measured numbers have a mean less than {NEAR} standard deviations inside their band:"
    )
    lines += [f"    {distance:.1f}: {text}" for distance, text in near]
    rate, bound = len(failed) / max(1, len(entries)), upper_bound(len(failed), max(1, len(entries)))
    lines.append(
        f"{len(failed)} failed: a flake rate of {100 * rate:.2f} %, with 95 % confidence below {100 * bound:.2f} % "
        "(Clopper and Pearson 1934; executions taken for independent)"
    )
    return "\n".join(lines)
