"""What can go wrong with the database, each said in one sentence that names what to do."""


class DatabaseProblem(RuntimeError):
    """Something an operator has to mend; `str()` is the sentence to show."""


class AnotherVersion(DatabaseProblem):
    """The cluster was written by another major version of PostgreSQL; it was not touched."""


class ServerDidNotStart(DatabaseProblem):
    """The server was started and ended, or did not answer in time."""


class BackupRefused(DatabaseProblem):
    """A backup was not written, or an archive was not restored; nothing was changed."""
