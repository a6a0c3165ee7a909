"""A soak executes everything once, writes each outcome down, goes on after an interruption, and counts failures."""

import random
import threading
import time

import pytest

from tools import soak as soak_module
from tools.soak import (
    ARITHMETIC,
    Task,
    arguments,
    entry_task,
    main,
    soak,
    tasks,
)
from tools.soak_lane import outcome
from tools.soak_report import Log, report, upper_bound

PLAN = tasks(["a.ipynb", "b.ipynb"], runs=6, threads=[1, 2], arithmetic=["native", "avx", "mkl"])


class FakeLane:
    """In the place of nbval: a notebook that passes, and one, "b", that fails in some executions, at random."""

    def __init__(self, stop_after=None):
        self.executed, self.stop_after, self.killed, self.lock = [], stop_after, False, threading.Lock()
        self.random = random.Random(1)

    def __call__(self, notebook, threads, settings):
        with self.lock:
            if len(self.executed) == self.stop_after:
                raise KeyboardInterrupt
            self.executed.append((notebook, threads, settings))
            fails = notebook.startswith("b") and self.random.random() < 0.5
        failures = ["Cell 3: the accuracy is 0.42, but should be at least 0.9"] if fails else []
        return {
            "outcome": outcome(int(fails), failures),
            "seconds": 1.0,
            "failures": failures,
            "measured": [],
        }

    def kill(self):
        self.killed = True


def run(path, lane, lanes=1, version="c1", told=None):
    log = Log(path)
    tell = (told if told is not None else []).append
    soak(PLAN, log, lane, lanes, tell=tell, version=lambda notebook: version + notebook)
    return log.of({notebook: version + notebook for notebook in ("a.ipynb", "b.ipynb")})


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_no_more_threads_run_at_a_time_than_there_are_lanes(tmp_path, lanes):
    running, seen, lock = [], [], threading.Lock()

    class Crowded(FakeLane):
        def __call__(self, notebook, threads, settings):
            with lock:
                running.append(threads)
                seen.append((sum(running), len(running)))
            time.sleep(0.02)
            with lock:
                running.remove(threads)
            return super().__call__(notebook, threads, settings)

    run(tmp_path / "log", Crowded(), lanes)
    assert len(seen) == len(PLAN)
    assert all(together <= lanes or alone == 1 for together, alone in seen)


@pytest.mark.parametrize("lanes", [1, 3])
def test_everything_is_executed_once_and_written_down(tmp_path, lanes):
    entries = run(tmp_path / "new" / "log", FakeLane(), lanes)
    assert set(map(entry_task, entries)) == set(PLAN)
    assert len(entries) == len(PLAN)
    assert {entry["outcome"] for entry in entries} == {"passed", "failed"}
    assert all(entry.keys() >= {"version", "torch", "seconds", "failures"} for entry in entries)
    for entry in entries:
        assert (entry["outcome"] == "failed") == bool(entry["failures"])


def test_threads_and_arithmetic_change_from_run_to_run_and_the_longest_notebook_comes_first():
    names = ["notebooks/00_start_here.ipynb", "notebooks/14_dcgan.ipynb"]
    planned = tasks(names, runs=4, threads=[1, 2, 4], arithmetic=["native", "avx"])
    assert [task.threads for task in planned] == [1, 1, 2, 2, 4, 4, 1, 1]
    assert [task.arithmetic for task in planned[::2]] == ["native", "avx", "native", "avx"]
    assert planned[0] == Task(1, "notebooks/14_dcgan.ipynb", 1, "native")
    assert [task.run for task in planned] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_interrupted_it_goes_on_where_it_was(tmp_path):
    first, second, told = FakeLane(stop_after=5), FakeLane(), []
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "log", first)
    assert first.killed
    with open(tmp_path / "log", "a") as log:
        log.write('{"version": "c1", "ru')  # a write that the interruption cut short
    entries = run(tmp_path / "log", second, told=told)
    expected = [(task.notebook, task.threads, ARITHMETIC[task.arithmetic]) for task in PLAN]
    assert first.executed + second.executed == expected
    assert len(entries) == len(PLAN)
    assert told[0].startswith("Going on: 5 of 12")


def test_another_version_begins_anew_and_one_that_changes_meanwhile_ends_it(tmp_path):
    run(tmp_path / "log", FakeLane())
    other = FakeLane()
    run(tmp_path / "log", other, version="c2")
    assert len(other.executed) == len(PLAN)
    versions = iter(["c3"] * 5 + ["c4"] * 20)
    with pytest.raises(SystemExit, match="is no longer the one .* Remedy: soak in a clone"):
        soak(PLAN, Log(tmp_path / "log"), FakeLane(), 1, tell=[].append, version=lambda _: next(versions))


def test_another_version_of_one_notebook_leaves_the_entries_of_the_other(tmp_path):
    run(tmp_path / "log", FakeLane())
    lane = FakeLane()
    changed = {"a.ipynb": "c1a.ipynb", "b.ipynb": "c2"}
    soak(PLAN, Log(tmp_path / "log"), lane, 1, tell=[].append, version=changed.get)
    assert [notebook for notebook, _, _ in lane.executed] == ["b.ipynb"] * 6


def test_the_report_names_runs_failures_and_the_bound(tmp_path):
    entries = run(tmp_path / "log", FakeLane())
    failed = sum(entry["outcome"] == "failed" for entry in entries)
    assert 0 < failed < 6
    said = report(entries)
    assert "12 executions of 2 notebooks in 6 runs" in said
    assert "by threads: 6 with 1, 6 with 2" in said
    assert "by arithmetic: 4 native, 4 avx, 4 mkl" in said
    assert f"b.ipynb: {failed} of 6 failed" in said
    assert "Cell 3: the accuracy is 0.42" in said
    assert f"{failed} failed: a flake rate of {100 * failed / 12:.2f} %" in said
    assert f"below {100 * upper_bound(failed, 12):.2f} %" in said
    assert "a.ipynb" not in said


@pytest.mark.parametrize(("failing", "status"), [(False, 0), (True, 1)])
def test_the_exit_status_says_whether_any_failed(tmp_path, monkeypatch, capsys, failing, status):
    class Constant(FakeLane):
        def __call__(self, notebook, threads, settings):
            failures = ["x"] if failing else []
            return {
                "outcome": outcome(int(failing), failures),
                "seconds": 1.0,
                "failures": failures,
                "measured": [],
            }

    monkeypatch.setattr(soak_module, "Lane", Constant)
    log = str(tmp_path / "log")
    assert main(["--runs", "2", "--only", "00_start_here", "--log", log]) == status
    assert (
        "4 executions of 2 notebooks in 2 runs" in capsys.readouterr().out
    )  # the notebook and its solutions
    assert main(["--runs", "1", "--only", "00_start_here", "--log", log, "--fresh"]) == status
    assert "2 executions of 2 notebooks in 1 runs" in capsys.readouterr().out


def test_wrong_arguments_are_one_line(capsys):
    with pytest.raises(SystemExit, match="No notebook's name contains zebra"):
        main(["--only", "zebra"])
    for wrong in (["--runs", "0"], ["--threads", "0"], ["--threads", "many"], ["--lanes", "0"]):
        with pytest.raises(SystemExit):
            arguments(wrong)
        assert "must be at least 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        arguments(["--arithmetic", "native,roman"])
    assert "no arithmetic is called roman; there are native, float32" in capsys.readouterr().err
