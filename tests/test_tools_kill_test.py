"""A killed run is resumed and compared; weights that differ in one bit are told."""

import random

import pytest
import torch

from tools import kill_test
from tools.kill_test import Kill, equal, kill_and_resume, main, processes, reference


def test_killed_in_the_write_of_a_checkpoint_and_resumed():
    context = processes()
    expected = reference(context, "GAN")
    kill = kill_and_resume(context, "GAN", expected, random.Random(0), at_a_write=True)
    assert kill.equal
    assert kill.problem == ""
    assert 0 < kill.saved < kill.whole == 30


def test_one_bit_is_a_difference():
    weights = {"a": torch.ones(3), "b": torch.zeros(2)}
    assert equal(weights, {name: tensor.clone() for name, tensor in weights.items()})
    assert not equal(weights, {"a": torch.tensor([1.0, 1.0, 1.0 + 2**-23]), "b": torch.zeros(2)})
    assert not equal(weights, {"a": torch.ones(3)})


@pytest.mark.parametrize(("same", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_and_the_last_line_count_the_equal_ones(monkeypatch, capsys, same, status):
    monkeypatch.setattr(kill_test, "reference", lambda context, what: None)
    problem = "" if same else "it ended with status 1"
    kills = iter([Kill("GAN", 3, 30, True, True), Kill("GAN", 5, 30, False, same, problem)])
    monkeypatch.setattr(kill_test, "kill_and_resume", lambda *_: next(kills))
    assert main(["--kills", "2"]) == status
    said = capsys.readouterr().out
    assert f"{1 + same} of 2 equal; 1 of the kills fell into the write of a checkpoint" in said
    assert ("NOT EQUAL: it ended with status 1" in said) == (not same)


def test_no_kills_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--kills", "0"])
    assert "at least 1" in capsys.readouterr().err
