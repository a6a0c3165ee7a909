"""Threads, device, precision and seeds."""

import os
import random

import numpy as np
import pytest
import torch

from course_lib import runtime


def write_quota(root, version, quota, period):
    """Lay out the files of a control group as Linux does."""
    if version == 2:
        (root / "cpu.max").write_text(f"{quota} {period}\n")
    else:
        (root / "cpu").mkdir()
        (root / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        (root / "cpu" / "cpu.cfs_period_us").write_text(f"{period}\n")
    return root


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("quota", "cores"), [(200_000, 2.0), (150_000, 1.5), (50_000, 0.5)])
def test_the_quota_of_a_container_is_read_in_cores(tmp_path, version, quota, cores):
    assert runtime._cgroup_quota(write_quota(tmp_path, version, quota, 100_000)) == cores


@pytest.mark.parametrize(("version", "quota"), [(2, "max"), (1, -1), (2, "nonsense"), (1, "")])
def test_a_control_group_without_a_quota_sets_none(tmp_path, version, quota):
    assert runtime._cgroup_quota(write_quota(tmp_path, version, quota, 100_000)) is None


def test_no_control_group_sets_no_quota(tmp_path):
    assert runtime._cgroup_quota(tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("allowed", "quota", "expected"),
    [(8, None, 8), (8, 2.0, 2), (8, 1.5, 2), (8, 0.5, 1), (2, 16.0, 2), (1, 0.1, 1)],
)
def test_cores_count_affinity_and_quota(monkeypatch, allowed, quota, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(allowed)), raising=False)
    monkeypatch.setattr(runtime, "_cgroup_quota", lambda: quota)
    assert runtime.usable_cores() == expected


def test_cores_are_counted_where_there_is_no_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    monkeypatch.setattr(runtime, "_cgroup_quota", lambda: None)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert runtime.usable_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert runtime.usable_cores() == 1


def test_threads_are_those_asked_for_then_the_variable_then_the_cores(monkeypatch):
    set_to = []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    monkeypatch.setattr(runtime, "usable_cores", lambda: 5)
    monkeypatch.delenv("COURSE_THREADS", raising=False)
    assert runtime.set_threads() == 5
    monkeypatch.setenv("COURSE_THREADS", "3")
    assert runtime.set_threads() == 3
    assert runtime.set_threads(2) == 2
    assert set_to == [5, 3, 2]


def test_the_device_is_the_gpu_if_there_is_one(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert runtime.device().type == "cpu"


def test_a_variable_overrides_the_device_and_so_the_sizes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert runtime.device() == torch.device("cpu")
    assert runtime.pick(cpu=5, gpu=10) == 5
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert runtime.device() == torch.device("cuda", 1)
    assert runtime.pick(cpu=5, gpu=10) == 10


@pytest.mark.parametrize("avx512", [True, False])
@pytest.mark.parametrize("amx", [True, False])
def test_bfloat16_is_chosen_only_where_the_processor_has_it(monkeypatch, avx512, amx):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    expected = torch.bfloat16 if avx512 or amx else torch.float32
    assert runtime.training_dtype(torch.device("cpu")) == expected


def test_a_torch_without_the_probes_means_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert runtime.training_dtype(torch.device("cpu")) == torch.float32


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), torch.float32), ((8, 0), torch.bfloat16)])
def test_a_gpu_uses_bfloat16_from_capability_8(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda on: capability)
    assert runtime.training_dtype(torch.device("cuda")) == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_multiplies_in_the_precision_asked_for(dtype):
    with runtime.autocast(torch.device("cpu"), dtype):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_one_seed_sets_all_global_generators():
    def draw():
        return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002

    own = runtime.seed_everything(7)
    first = draw()
    assert torch.equal(
        torch.rand(3, generator=own), torch.rand(3, generator=torch.Generator().manual_seed(7))
    )
    runtime.seed_everything(7)
    assert draw() == first
    runtime.seed_everything(8)
    assert all(new != old for new, old in zip(draw(), first, strict=True))


def test_describe_names_what_a_bug_report_needs(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    description = runtime.describe()
    assert description["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert description["device"].startswith("cpu (")
    assert {"python", "torchvision", "numpy", "matplotlib", "ipywidgets", "threads"} <= description.keys()
    assert description["precision in training"] in ("float32", "bfloat16")
