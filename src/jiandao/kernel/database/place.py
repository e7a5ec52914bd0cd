"""Where the files of one embedded server lie, worked out from the data folder alone, without starting anything.

<data>/database/             of the caller: `lock`, `passwords` (0600), `home` (a pointer, only when it is elsewhere)
<home>/cluster               of the server's user, 0700: what PostgreSQL calls PGDATA
<home>/s                     of the server's user, 0700: the socket

Home is <data>/database, unless root starts the server and its unprivileged user cannot reach that folder (the data
lie under a folder that only root may enter). Then home is /var/lib/jiandao/clusters/<key>; JIANDAO_SERVER_HOME names
another place than /var/lib/jiandao.
"""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.users import SystemUser, may_enter, owner_of, server_user

PORT = 5432  # part of the socket's name; nothing listens on the network
_LONGEST_SOCKET = 107 - len(f"/.s.PGSQL.{PORT}.lock")  # sockaddr_un holds 108 bytes, the last one is zero


@dataclass(frozen=True)
class Place:
    """The folders of one embedded server. `user` None: the server runs as the caller."""

    data: Path
    home: Path
    user: SystemUser | None

    @property
    def folder(self) -> Path:
        return self.data / "database"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def upgraded(self) -> Path:
        """The cluster that an upgrade fills; complete when, and only when, `cluster` is not there."""
        return self.home / "cluster.new"

    @property
    def sockets(self) -> Path:
        return sockets_for(self.home)

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords"

    @property
    def pointer(self) -> Path:
        return self.folder / "home"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"


def key(path: Path) -> str:
    """A short name for `path`, the same in every process."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def sockets_for(home: Path) -> Path:
    """The socket's folder: within `home`, or under /tmp when that path would be too long for a socket."""
    inside = home / "s"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET:
        return inside
    # Not XDG_RUNTIME_DIR: it differs between a login and a service, and vanishes when the person signs out.
    return Path("/tmp") / f"jiandao-{key(home)}"  # noqa: S108 - owner and mode are checked before use


def shared_home() -> Path:
    """Where root keeps what an unprivileged user must reach."""
    return Path(os.environ.get("JIANDAO_SERVER_HOME") or "/var/lib/jiandao")


def place(data: Path) -> Place:
    """The place of the server of `data`. Reads a few folders' modes, changes nothing."""
    data = Path(os.path.abspath(data))
    folder = data / "database"
    user = server_user(data)
    try:
        home = Path((folder / "home").read_text(encoding="utf-8").strip())
    except OSError:
        inside = user is None or (folder / "cluster").exists() or may_enter(data, user)
        home = folder if inside else shared_home() / "clusters" / key(data.resolve())
    if user is not None:  # a cluster keeps its user, whatever users the machine has got since
        user = owner_of(home / "cluster") or user
    return Place(data, home, user)


def private_folder(path: Path, user: SystemUser | None) -> None:
    """Makes `path` a folder of mode 0700 that belongs to the server's user, or refuses what stands there instead."""
    uid, gid = (user.uid, user.gid) if user else (os.geteuid(), os.getegid())
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
            raise DatabaseProblem(
                f"{path} must be a folder of the server's user alone, but somebody else made it; "
                "remove it and start again."
            ) from None
    else:
        if user:
            os.chown(path, uid, gid)
        return
    if found.st_uid != uid:
        os.chown(path, uid, gid, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)
