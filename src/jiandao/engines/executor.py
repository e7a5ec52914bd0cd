"""Where independent pieces of work run: in this process, in a pool of processes, or on a Dask cluster.

The pieces are pure functions of picklable arguments, so that the answer is the same wherever they run; results come back
in the order of the pieces.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from jiandao.engines.files import BadInputError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Executor(Protocol):
    """`map` yields function(piece) for each piece, in order; `workers` is how many run at once."""

    workers: int

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]: ...


class Here:
    """One after the other, in this process."""

    workers = 1

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        return map(function, pieces)


class _Pool:
    def __init__(self, pool: ProcessPoolExecutor, workers: int) -> None:
        self._pool = pool
        self.workers = workers

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        return self._pool.map(function, pieces)


class _Cluster:
    def __init__(self, client: object) -> None:
        self._client = client
        self.workers = max(1, sum(client.nthreads().values()))  # type: ignore[attr-defined]

    def map(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        # A piece whose worker dies is computed again elsewhere: that is Dask's own promise for pure functions.
        futures = self._client.map(function, list(pieces), pure=False)  # type: ignore[attr-defined]
        for future in futures:
            yield future.result()


@contextmanager
def executor(*, workers: int | None = None, cluster: str | None = None) -> Iterator[Executor]:
    """An executor until the block ends.

    `workers`: processes (default: the cores this process may use; 1 runs here). `cluster`: `tcp://host:port` of a Dask
    scheduler; needs the extra `cluster`. Raises BadInputError when it is not installed or nobody answers there.
    """
    if cluster is not None:
        with client(cluster) as there:
            yield _Cluster(there)
        return
    count = workers or len(os.sched_getaffinity(0))
    if count == 1:
        yield Here()
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("forkserver")) as pool:
        try:
            yield _Pool(pool, count)
        except BaseException:  # what waits need not be done
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def client(address: str) -> Iterator[Any]:
    """A client of the Dask scheduler at an address until the block ends. Raises BadInputError."""
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInputError("--cluster needs Dask; install it with: pip install 'jiandao[cluster]'") from error
    try:
        made = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise BadInputError(f"--cluster {address}: no scheduler answers there; check address and port") from error
    try:
        yield made
    finally:
        made.close()  # type: ignore[no-untyped-call]
