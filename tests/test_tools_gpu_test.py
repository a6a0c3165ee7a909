"""The GPU test refuses a machine without one, runs all its steps whatever fails, and names the card in its log."""

import sys

import pytest
import torch

from course_lib import runtime
from tools import nbval
from tools.device_test import environment
from tools.gpu_test import gpu_test, main, steps
from tools.notebook_parts import ROOT


def test_without_a_gpu_it_is_refused_in_one_clear_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="No CUDA GPU was found .* Remedy: ") as refusal:
        main([])
    assert "\n" not in str(refusal.value)


def test_a_gpu_that_is_not_chosen_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    with pytest.raises(SystemExit, match="COURSE_DEVICE chooses cpu. Remedy: unset it"):
        main([])


def test_every_step_runs_and_the_log_names_card_and_outcomes(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(runtime, "describe", lambda: {"device": "cuda (a card)"})
    commands = [
        ("breaks", [sys.executable, "-c", "import sys; print('oh', file=sys.stderr); sys.exit(3)"]),
        ("works", [sys.executable, "-c", "print('fine')"]),
    ]
    assert gpu_test(commands, tmp_path / "build" / "gpu.log") == 1
    log = (tmp_path / "build" / "gpu.log").read_text()
    assert log == "device: cuda (a card)\n== breaks\noh\n== works\nfine\nbreaks: failed\nworks: passed\n"
    assert "fine" in capfd.readouterr().out


def test_the_steps_are_there_to_be_run():
    commands = dict(steps(["notebooks/00_start_here.ipynb"]))
    assert commands["notebooks"] == nbval.command(["notebooks/00_start_here.ipynb"])
    for name in commands:
        if name.startswith("benchmarks."):
            assert (ROOT / f"{name.replace('.', '/')}.py").exists()


def test_kernels_of_the_device_test_begin_with_the_device(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    found = environment(tmp_path)
    assert found["COURSE_DEVICE"] == "pretend"
    assert found["PYTHONPATH"].endswith("elsewhere")
    start = (tmp_path / "profile_default" / "startup" / "begin.py").read_text()
    compile(start, "startup", "exec")
    assert "register()" in start
