"""What this machine offers, and how the course uses it: device, precision, threads, seeds."""

import math
import os
import platform
import random
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

from course_lib.errors import SetUpError


def verify_torch_pair() -> None:
    """Check that torch and torchvision were built for each other.

    A CPU build of torch beside a CUDA build of torchvision installs without complaint and fails
    on import ("operator torchvision::nms does not exist").

    Raises:
        SetUpError: in one line, with both versions and the command that mends it.
    """
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        versions = []
        for name in ("torch", "torchvision"):
            try:
                versions.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                versions.append(f"no {name}")
        raise SetUpError(
            f"{' and '.join(versions)} do not work together ({str(error).splitlines()[0]}). Remedy: "
            "pip uninstall -y torch torchvision && pip install -r requirements.txt, then restart the kernel."
        ) from None


verify_torch_pair()


def device() -> torch.device:
    """Return the CUDA device if there is one, else the CPU; `COURSE_DEVICE` overrides the choice."""
    return torch.device(os.environ.get("COURSE_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu"))


def pick(cpu, gpu):
    """Return `gpu` when the course runs on an accelerator and `cpu` otherwise.

    Used in view wherever a notebook is smaller on a laptop: `epochs = pick(cpu=5, gpu=10)`.
    """
    return cpu if device().type == "cpu" else gpu


def training_dtype(on: torch.device | None = None) -> torch.dtype:
    """Return the precision for matrix products in training: bfloat16 where the processor has it in hardware.

    On a CPU that means AVX512-BF16 or AMX, on a GPU compute capability 8.0 or more; elsewhere
    bfloat16 is emulated and slower than float32, so float32 is returned.
    """
    on = on or device()
    if on.type == "cuda":
        fast = torch.cuda.get_device_capability(on) >= (8, 0)
    else:
        probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # absent in some builds of torch
        fast = on.type == "cpu" and any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)
    return torch.bfloat16 if fast else torch.float32


def autocast(on: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Return the context in which matrix products and convolutions run in `dtype`; float32 changes nothing."""
    return torch.autocast(on.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


def usable_cores() -> int:
    """Return how many cores this process may use, counting CPU affinity and a container's (cgroup) quota.

    `os.cpu_count()` counts the machine's cores. In a container that may use two of sixty-four it
    says 64, and 64 threads on two cores are slower than two.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # absent on macOS and Windows
    cores = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    quota = _cgroup_quota()
    return max(1, min(cores, math.ceil(quota)) if quota else cores)


def _cgroup_quota(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Return the CPU quota in cores that cgroup version 2 or 1 sets, or None."""
    try:
        if (root / "cpu.max").exists():
            quota, period = (root / "cpu.max").read_text().split()
        else:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text()
        return int(quota) / int(period) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):  # no cgroup, or "max": no quota
        return None


def set_threads(count: int | None = None) -> int:
    """Let torch use `count` threads (default: `COURSE_THREADS`, else `usable_cores()`), and return the number."""
    count = count or int(os.environ.get("COURSE_THREADS") or 0) or usable_cores()
    torch.set_num_threads(count)
    return count


def seed_everything(seed: int) -> torch.Generator:
    """Seed Python's, NumPy's and torch's global generators, and return a CPU generator with the same seed.

    This is the only place where the course touches the global generators. Everything else draws
    from a generator it is given, so that a cell run twice does not change the cells after it.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (the global state is what is meant here)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def describe() -> dict[str, str]:
    """Return what a bug report needs: versions, device, precision and threads, by name."""
    on = device()
    name = torch.cuda.get_device_name(on) if on.type == "cuda" else platform.machine()
    packages = ("torch", "torchvision", "numpy", "matplotlib", "ipywidgets")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
        "device": f"{on} ({name})",
        "precision in training": str(training_dtype(on)).removeprefix("torch."),
        "threads": str(torch.get_num_threads()),
    }
