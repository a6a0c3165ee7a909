"""What all unit tests share: no window, no network, no figure left open, examples that are the same in every run."""

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

import matplotlib
import pytest
import torch
from hypothesis import settings

matplotlib.use("Agg")  # draws into memory; the tests run on machines without a screen

settings.register_profile("course", deadline=None, max_examples=25, derandomize=True, database=None)
settings.load_profile("course")

NOBODY = 65534
collect_ignore = ["browser"]  # `make browser-test` names that folder, and has what it needs


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """The tensors of the tests are so small that a second thread costs more than it gains."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """A test that reaches for the network fails: the course must work without one."""

    connect = socket.socket.connect

    def refuse(self, address):
        if self.family == getattr(socket, "AF_UNIX", None):  # processes of this machine talk through these
            return connect(self, address)
        raise OSError(f"a unit test tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture
def random():
    """A seeded CPU generator."""
    return torch.Generator().manual_seed(0)


@pytest.fixture
def ordinary_user():
    """A context in which file permissions count, even where the tests run as root (containers do that)."""
    if os.name == "nt":
        pytest.skip("Windows has no such permissions")

    @contextlib.contextmanager
    def become():
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)

    return become


@pytest.fixture
def public_folder():
    """A folder that an ordinary user reaches; pytest's own are for the user who runs it."""
    folder = Path(tempfile.mkdtemp())
    if any(parent.stat().st_mode & 0o005 != 0o005 for parent in folder.parents):
        folder.rmdir()
        pytest.skip("the folder for temporary files is not open to all users")
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)
