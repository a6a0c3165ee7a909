"""A JupyterLab server of its own: its notebooks, settings and tokens lie in a temporary folder."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from course_lib.errors import CourseError

ATTEMPTS = 3  # another program may take the port between asking and listening
START_SECONDS, STOP_SECONDS = 120, 20
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the machine may have
# a message would hide a slider
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
OFFLINE = '''\
"""Runs in each kernel before the first cell: what leaves this machine fails, and is written down."""
import socket

_connect = socket.socket.connect


def _stay(self, address):
    if self.family == getattr(socket, "AF_UNIX", None) or str(address[0]).startswith(("127.", "::1", "localhost")):
        return _connect(self, address)
    with open({record!r}, "a", encoding="utf-8") as file:
        print("kernel:", address, file=file)
    raise OSError(f"a cell tried to connect to {{address}}")


socket.socket.connect = _stay
'''


class JupyterLab:
    """A running JupyterLab whose files are those in `folder`/notebooks.

    Attributes:
        notebooks: the folder it serves.
        token: what a browser has to know.

    Raises:
        CourseError: it does not start; the end of its log is in the message.
    """

    def __init__(self, folder: Path):
        self.folder, self.notebooks = folder, folder / "notebooks"
        self.token, self.record = secrets.token_hex(16), folder / "outside.txt"
        self.notebooks.mkdir(exist_ok=True)
        self._write_settings()
        for attempt in range(1, ATTEMPTS + 1):
            self.port = _free_port()
            self.process = self._start()
            if self._answers():
                return
            self.stop()
            if attempt == ATTEMPTS:
                end = " | ".join(self._log().read_text(errors="replace").splitlines()[-3:])
                raise CourseError(f"JupyterLab did not start. The end of its log: {end}")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def outside(self) -> list[str]:
        """Return what kernels tried to reach beyond this machine."""
        return self.record.read_text(encoding="utf-8").splitlines() if self.record.exists() else []

    def stop(self) -> None:
        """End the server; it ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _write_settings(self) -> None:
        settings = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
        startup = self.folder / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        (startup / "00_offline.py").write_text(OFFLINE.format(record=str(self.record)), encoding="utf-8")

    def _start(self) -> subprocess.Popen:
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={self.port}",
            "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.notebooks}",
            "--LabApp.expose_app_in_browser=True", f"--LabApp.workspaces_dir={self.folder / 'workspaces'}",
            f"--LabApp.user_settings_dir={self.folder / 'settings'}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        private = {
            name: str(self.folder / name.split("_")[1].lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        }
        private |= {"IPYTHONDIR": str(self.folder / "ipython"), "JUPYTER_TOKEN": self.token}
        with self._log().open("wb") as log:
            return subprocess.Popen(
                command, env={**os.environ, **private}, stdout=log, stderr=subprocess.STDOUT
            )

    def _log(self) -> Path:
        return self.folder / "jupyterlab.log"

    def _answers(self) -> bool:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with DIRECT.open(f"{self.address}/api", timeout=5) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
