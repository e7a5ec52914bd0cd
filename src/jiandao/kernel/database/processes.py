"""Which processes belong to a cluster, seen from outside: whom to wait for, and when a process number is stale."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.place import PORT


def alive(pid: int) -> bool:
    """Whether process `pid` runs. A zombie (nobody has collected it) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self/stat").exists()
    return state not in {"Z", "X"}


def postmaster_pid(cluster: Path) -> int | None:
    """The process number in `postmaster.pid`, whoever has that number now."""
    try:
        first = (cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return None
    return int(first) if first.strip().isdigit() else None


def says_ready(cluster: Path) -> bool:
    """Whether the postmaster has noted that it takes connections. Asking it before fills its log with refusals."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def processes_in(cluster: Path) -> set[int]:
    """Processes that work in `cluster`: the postmaster and its children (Linux; empty elsewhere)."""
    wanted = os.path.realpath(cluster)
    found = set()
    with suppress(OSError):
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with suppress(OSError):
                    if os.readlink(f"/proc/{entry}/cwd") == wanted:
                        found.add(int(entry))
    return found


def clear_after_crash(cluster: Path, sockets: Path, *, patience: float = 2.0) -> None:
    """After `kill -9` of the postmaster: waits for its children to end, and removes process numbers that are stale.

    Children notice the loss by themselves unless one is deep in a calculation; that one is told to quit.
    The caller holds the cluster's lock and knows that no postmaster of this cluster runs.
    """
    if not Path("/proc/self/cwd").exists():  # PostgreSQL's own checks have to do
        return
    for way, seconds in ((None, patience), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0)):
        if way:
            for pid in processes_in(cluster):
                with suppress(ProcessLookupError):
                    os.kill(pid, way)
        if wait_until(lambda: not processes_in(cluster), seconds):
            break
    else:
        raise DatabaseProblem(
            f"Processes of a server that was killed still work in {cluster}: "
            f"{', '.join(map(str, sorted(processes_in(cluster))))}; end them and start again."
        )
    # Nobody works here, so the numbers in these files are of the past, even when another process has them by now.
    for path in (cluster / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock", sockets / f".s.PGSQL.{PORT}"):
        path.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether `condition()` became true within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
