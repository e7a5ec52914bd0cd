"""Django's settings for the database, from the environment alone."""

from pathlib import Path

import pytest

from jiandao.kernel.database.config import data_folder, databases
from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.locks import lock_number


def test_the_embedded_server_is_the_default_and_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIANDAO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JIANDAO_SERVER_HOME", str(tmp_path / "home"))
    found = databases()["default"]
    assert (found["NAME"], found["USER"]) == ("jiandao", "jiandao_app")
    assert "PASSWORD" not in found
    assert found["OPTIONS"]["passfile"] == str(tmp_path / "data/database/passwords")
    assert (found["CONN_HEALTH_CHECKS"], found["ATOMIC_REQUESTS"]) == (True, False)
    monkeypatch.setenv("JIANDAO_DATABASE_ROLE", "owner")
    monkeypatch.setenv("JIANDAO_DATABASE_NAME", "other")
    found = databases()["default"]
    assert (found["NAME"], found["USER"]) == ("other", "jiandao_owner")
    assert list(tmp_path.iterdir()) == []


def test_an_address_names_any_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://web:p%40ss@db.example:6432/jd?sslmode=verify-full")
    found = databases()["default"]
    assert [found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "jd",
        "web",
        "p@ss",
        "db.example",
        "6432",
    ]
    assert found["OPTIONS"]["sslmode"] == "verify-full"
    monkeypatch.setenv("JIANDAO_DATABASE_ROLE", "owner")
    assert databases()["default"]["USER"] == "web"
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://boss@%2Frun%2FPostgres/jd")
    assert databases()["default"]["USER"] == "boss"
    assert databases()["default"]["HOST"] == "/run/Postgres"


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a:geheim@b:port/c", "postgresql://a@b", "sqlite:///x"])
def test_an_address_that_cannot_be_read_is_refused_without_showing_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(DatabaseProblem, match="must look like") as raised:
        databases()
    assert "geheim" not in str(raised.value)


def test_a_role_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIANDAO_DATABASE_ROLE", "root")
    with pytest.raises(DatabaseProblem, match="must be app or owner"):
        databases()


def test_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANDAO_DATA", "here")
    assert data_folder() == tmp_path / "here"
    monkeypatch.delenv("JIANDAO_DATA")
    assert data_folder().is_absolute()


def test_lock_numbers_are_fixed_for_ever() -> None:
    assert lock_number("journal") == lock_number("journal") != lock_number("journal2")
    assert -(2**63) <= lock_number("x") < 2**63
