"""PostgreSQL's settings for the machine at hand. The operator's own go into `local.conf` and win."""

import os
from pathlib import Path

from jiandao.kernel.database.place import PORT, Place

_MB = 1024 * 1024


def memory_bytes() -> int:
    """Memory of this machine or of the control group it is confined to, in bytes."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limit = Path(name).read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if limit.isdigit():
            total = min(total, int(limit))
    return total


def settings(place: Place, *, sockets: Path, durable: bool, memory: int) -> dict[str, str]:
    """Names and values for `jiandao.conf`. `memory` in bytes; the web server and the workers share the machine."""

    def share(part: int, least: int, most: int) -> str:
        return f"{max(least, min(most, memory // _MB // part))}MB"

    chosen = {
        # Sockets only: nobody reaches this server over the network.
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": "100",
        "shared_buffers": share(12, 32, 2048),
        "effective_cache_size": share(2, 128, 65536),
        "work_mem": share(768, 4, 32),
        "maintenance_work_mem": share(48, 16, 512),
        "max_wal_size": share(12, 256, 2048),
        "random_page_cost": "1.1",
        "jit": "off",
        # A record's page joins a dozen tables by their keys, in an order that is good already. Trying all others took
        # ten times as long as reading the record, and found nothing better.
        "join_collapse_limit": "4",
        "timezone": "Asia/Shanghai",
        "log_timezone": "Asia/Shanghai",
        # One file per weekday, overwritten a week later.
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "server-%u.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        # What people typed is not for the server's log: no statements, no details of rows.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
    }
    if _shared_memory_is_small():  # containers give 64 MB, which parallel queries overrun
        chosen["max_parallel_workers_per_gather"] = "0"
    if not durable:
        chosen |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "autovacuum": "off",
            "io_method": "sync",
            "shared_buffers": share(12, 32, 256),
            "max_wal_size": "1GB",
            "checkpoint_timeout": "1h",
        }
    return chosen


def _shared_memory_is_small() -> bool:
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108 - only measured
    except OSError:
        return False
    return found.f_blocks * found.f_frsize < 512 * _MB


def write_settings(place: Place, cluster: Path, *, sockets: Path, durable: bool) -> None:
    """Writes `jiandao.conf` into `cluster`; the file belongs to the server's user."""
    chosen = settings(place, sockets=sockets, durable=durable, memory=memory_bytes())
    lines = ["# Written at every start. Your own settings go into local.conf beside this file.\n"]
    lines += [f"{name} = '{_quoted(value)}'\n" for name, value in chosen.items()]
    path = cluster / "jiandao.conf"
    part = cluster / "jiandao.conf.part"
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.writelines(lines)
        if place.user:
            os.fchown(out.fileno(), place.user.uid, place.user.gid)
    part.replace(path)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
