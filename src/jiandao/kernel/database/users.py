"""Which system user runs the server, and where that user can go.

PostgreSQL refuses to run as root, rightly. Started by root it runs as the first of these that exists: the user
named by JIANDAO_SERVER_USER, the owner of the data folder, `jiandao`, `postgres`, `nobody`. No user is ever created.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from jiandao.kernel.database.errors import DatabaseProblem


@dataclass(frozen=True)
class SystemUser:
    """A user of the operating system with all groups."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]


def _user(entry: pwd.struct_passwd) -> SystemUser:
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid, groups)


def server_user(data: Path) -> SystemUser | None:
    """The user to become before the server starts; None means: stay who you are.

    Raises `DatabaseProblem` when JIANDAO_SERVER_USER names nobody, or root, or when root finds no other user.
    """
    if os.geteuid() != 0:
        return None
    wanted = os.environ.get("JIANDAO_SERVER_USER")
    if wanted:
        try:
            entry = pwd.getpwnam(wanted)
        except KeyError:
            raise DatabaseProblem(
                f"JIANDAO_SERVER_USER names “{wanted}”, but this machine has no such user; create it or name another."
            ) from None
        if entry.pw_uid == 0:
            raise DatabaseProblem("JIANDAO_SERVER_USER must not be root: PostgreSQL refuses to run as root.")
        return _user(entry)
    owner = owner_of(data)
    if owner:
        return owner
    for name in ("jiandao", "postgres", "nobody"):
        try:
            return _user(pwd.getpwnam(name))
        except KeyError:
            continue
    raise DatabaseProblem(
        "PostgreSQL refuses to run as root and this machine has no other user for it; "
        "create one (useradd --system jiandao) and start again."
    )


def owner_of(path: Path) -> SystemUser | None:
    """The owner of `path`; None when it is root or nothing is there."""
    try:
        uid = path.stat().st_uid
    except FileNotFoundError:
        return None
    if uid == 0:
        return None
    try:
        return _user(pwd.getpwuid(uid))
    except KeyError:
        raise DatabaseProblem(
            f"{path} belongs to the user number {uid}, who has no name on this machine; "
            "give it to a user with a name and start again."
        ) from None


def may_enter(path: Path, user: SystemUser) -> bool:
    """Whether `user` can pass through `path` and all folders above it (mode bits; a missing folder counts as open).

    Access lists are not read: where they grant more than the mode, the answer errs on the careful side.
    """
    resolved = path.resolve()
    for folder in (resolved, *resolved.parents):
        try:
            found = folder.stat()
        except FileNotFoundError:
            continue
        if not _may(found, user, stat.S_IXUSR, stat.S_IXGRP, stat.S_IXOTH):
            return False
    return True


def may_read(path: Path, user: SystemUser) -> bool:
    """Whether `user` can reach and read the existing file `path`."""
    resolved = path.resolve()
    return may_enter(resolved.parent, user) and _may(resolved.stat(), user, stat.S_IRUSR, stat.S_IRGRP, stat.S_IROTH)


def _may(found: os.stat_result, user: SystemUser, for_owner: int, for_group: int, for_others: int) -> bool:
    if found.st_uid == user.uid:
        return bool(found.st_mode & for_owner)
    if found.st_gid in user.groups:
        return bool(found.st_mode & for_group)
    return bool(found.st_mode & for_others)
