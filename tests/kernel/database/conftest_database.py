"""What the tests of the adapter share besides fixtures."""

import os
from pathlib import Path

import pytest

from jiandao.kernel.database.users import SystemUser, server_user

for_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become another user or close a folder to the server's user"
)


def ordinary_user() -> SystemUser:
    """The user that root's servers run as."""
    found = server_user(Path("/nonexistent"))
    assert found is not None
    return found
