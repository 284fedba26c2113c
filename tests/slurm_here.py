"""A Slurm of its own for these tests: munged, slurmctld and three slurmd on free ports of this machine."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "scontrol")
PATIENCE = 120.0
_SBIN = "/usr/sbin:/sbin"


def search_path() -> str:
    """Where programs are looked for: daemons are not on everybody's PATH."""
    return f"{os.environ.get('PATH', '')}:{_SBIN}"


class Slurm(NamedTuple):
    """A running cluster: where its files are, and the environment in which its commands find it."""

    folder: Path
    environment: dict[str, str]

    def command(self, *words: str) -> str:
        done = subprocess.run(
            words, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout


def until(what: str, condition: Callable[[], Any], limit: float = PATIENCE) -> Any:
    """Return what a condition gives once it is true; fail after a limit, saying what never came."""
    end = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < end, f"after {limit:.0f} s still not: {what}"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Slurm]:
    """Run a cluster of one node without and two with (false) GPUs of two types; three processors each."""
    path = search_path()
    folder.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []
    try:
        _start_munge(folder, path, started)
        port = _configure(folder)
        environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}
        _daemon(folder, path, started, "slurmctld", "-D", "-f", str(folder / "slurm.conf"))
        # A slurmd that asks before the controller listens waits for ten seconds.
        until("a controller that listens", lambda: _listens(port))
        for node in ("cpu1", "gpu1", "gpu2"):
            _daemon(folder, path, started, "slurmd", "-D", "-f", str(folder / "slurm.conf"), "-N", node)
        one = Slurm(folder, environment)

        def ready() -> bool:
            out = subprocess.run(
                ["sinfo", "-h", "-N", "-o", "%N|%T"], env={**os.environ, **environment}, capture_output=True, text=True,
                check=False,
            ).stdout  # fmt: skip
            return sum(line.endswith("|idle") for line in set(out.splitlines())) == 3

        try:
            until("three idle nodes", ready)
        except AssertionError as error:
            logs = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(folder.glob("*.log")))
            raise AssertionError(f"{error}\n{logs}") from None
        yield one
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _end_steps(folder)


def _end_steps(folder: Path) -> None:
    """End what a job's end has left: a step that waits to tell a controller that is gone, for minutes."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            own = Path(os.readlink(place / "cwd")) == folder
            if own and (place / "comm").read_text().startswith("slurmstepd"):
                os.kill(int(place.name), signal.SIGKILL)


def _daemon(folder: Path, path: str, started: list[subprocess.Popen[bytes]], *words: str) -> None:
    name = words[0] if "-N" not in words else f"{words[0]}-{words[-1]}"
    with (folder / f"{name}.out.log").open("wb") as log:
        # Without the signal they would outlive tests that are killed.
        started.append(
            subprocess.Popen(
                ("setpriv", "--pdeathsig", "TERM", *words), env={**os.environ, "PATH": path}, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        )  # fmt: skip


def _start_munge(folder: Path, path: str, started: list[subprocess.Popen[bytes]]) -> None:
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    places = {"socket": "munge.sock", "pid-file": "munge.pid", "log-file": "munge.log", "seed-file": "munge.seed"}
    words = [f"--{name}={folder / file}" for name, file in places.items()]
    _daemon(folder, path, started, "munged", "--foreground", "--force", f"--key-file={key}", *words)
    until("munge's socket", (folder / "munge.sock").exists)


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _configure(folder: Path) -> int:
    """Write the configuration, and return the controller's port."""
    host = socket.gethostname().partition(".")[0]
    ports, user = _free_ports(4), pwd.getpwuid(os.getuid()).pw_name
    for name in ("state", "spool"):
        (folder / name).mkdir()
    nodes = []
    for name, gres, port in (
        ("cpu1", "", ports[1]),
        ("gpu1", "gpu:a100:2", ports[2]),
        ("gpu2", "gpu:h100:1", ports[3]),
    ):
        more = f" Gres={gres}" if gres else ""
        nodes.append(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=3 RealMemory=1000{more}")
    (folder / "slurm.conf").write_text(
        "\n".join(
            [
                "ClusterName=test",
                f"SlurmctldHost={host}(127.0.0.1)",
                f"SlurmctldPort={ports[0]}",
                f"SlurmUser={user}",
                f"SlurmdUser={user}",
                "AuthType=auth/munge",
                f"AuthInfo=socket={folder}/munge.sock",
                "CredType=cred/munge",
                f"StateSaveLocation={folder}/state",
                f"SlurmdSpoolDir={folder}/spool/%n",
                f"SlurmctldPidFile={folder}/slurmctld.pid",
                f"SlurmdPidFile={folder}/slurmd-%n.pid",
                f"SlurmctldLogFile={folder}/slurmctld.log",
                f"SlurmdLogFile={folder}/slurmd-%n.log",
                "ProctrackType=proctrack/linuxproc",
                "TaskPlugin=task/none",
                "JobAcctGatherType=jobacct_gather/none",
                "AccountingStorageType=accounting_storage/none",
                "MpiDefault=none",
                "SwitchType=switch/none",
                "SelectType=select/cons_tres",
                "SelectTypeParameters=CR_Core",
                "SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1",
                "GresTypes=gpu",
                "SlurmdParameters=config_overrides",
                "ReturnToService=2",
                "KillWait=5",
                *nodes,
                "PartitionName=all Nodes=cpu1,gpu1,gpu2 Default=YES MaxTime=60 State=UP",
                "PartitionName=gpu Nodes=gpu1,gpu2 MaxTime=INFINITE State=UP",
                "PartitionName=shut Nodes=cpu1 State=DOWN",
                "",
            ]
        )
    )
    # A line with Count and no File makes the node invalid, so devices that every machine has stand for GPUs.
    (folder / "gres.conf").write_text(
        "AutoDetect=off\n"
        "NodeName=gpu1 Name=gpu Type=a100 File=/dev/zero\n"
        "NodeName=gpu1 Name=gpu Type=a100 File=/dev/null\n"
        "NodeName=gpu2 Name=gpu Type=h100 File=/dev/full\n"
    )
    return ports[0]
