"""A soak's log is read or refused, the bound on failures is Clopper and Pearson's, and narrow bands are told."""

import math

import pytest

from tools.soak_report import Log, margins, report, upper_bound


def test_a_damaged_log_is_one_clear_line(tmp_path):
    (tmp_path / "log").write_text('{"version": "c1", "notebook": "a"}\nrubbish\n{"version": "c1"}\n')
    with pytest.raises(SystemExit, match="is damaged .* Remedy: start over"):
        Log(tmp_path / "log").of({"a": "c1"})


@pytest.mark.parametrize(("failures", "count"), [(0, 300), (1, 20), (3, 30), (20, 360)])
def test_at_the_bound_so_few_failures_have_a_probability_of_a_twentieth(failures, count):
    share = upper_bound(failures, count)
    ways = (math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(failures + 1))
    assert sum(ways) == pytest.approx(0.05, rel=1e-6)
    assert upper_bound(5, 5) == 1


def test_the_bound_without_a_failure_is_the_rule_of_three():
    assert upper_bound(0, 360) == pytest.approx(3 / 360, rel=0.01)
    assert upper_bound(0, 360) == pytest.approx(1 - 0.05 ** (1 / 360), rel=1e-9)


def test_numbers_that_scatter_to_the_end_of_their_band_are_told_first():
    def entry(a, b, c):
        measured = [["a", a, None, 1], ["b", b, 0, None], ["c", c, 0, 1]]
        return {"notebook": "n", "run": 1, "threads": 1, "arithmetic": "native", "torch": "2", "outcome": "passed",
                "seconds": 1, "failures": [], "measured": measured}  # fmt: skip

    entries = [entry(a, 100 + a, 0.5) for a in (0.7, 0.8, 0.9)]
    (first, text), (second, _) = margins(entries)  # "c" does not scatter
    assert first == pytest.approx(2)
    assert text == "n, a: 0.7 to 0.9 in 3, band  … 1"
    assert second == pytest.approx(1008)
    assert "1 measured numbers have a mean less than 4 standard deviations" in report(entries)
    assert margins(entries[:2]) == []


def test_a_mean_outside_its_band_is_the_nearest_of_all():
    entries = [{"notebook": "n", "measured": [["a", a, 2, None], ["b", a, 0, None]]} for a in (0.7, 0.8, 0.9)]
    assert [round(distance) for distance, _ in margins(entries)] == [-12, 8]
