"""Where independent pieces of work run: in this process, in a pool of processes, or on a Dask cluster.

The pieces are pure functions of picklable arguments, so that the answer is the same wherever they run; results come back
in the order of the pieces.
"""

import argparse
import mmap
import multiprocessing
import os
import pickle
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import lru_cache
from itertools import repeat
from multiprocessing import connection
from pathlib import Path
from typing import Any, Protocol, TypeVar

from jiandao.engines.files import NO_ROOM, BadInputError, UnfinishedError
from jiandao.engines.runs import whole

Piece = TypeVar("Piece")
Result = TypeVar("Result")


PATIENCE = 2.0  # seconds: twice what processes take to begin
_ADDRESS = re.compile(r"tcp://[^\s/]+:\d{1,5}")
_ANSWERS = 10  # seconds that a scheduler has to answer
_ALIGNED = 64  # bytes, as arrays like it
_TOGETHER = 0.5  # seconds: to send a piece is then little beside the work


class Executor(Protocol):
    """`map` yields function(piece, *common) for each piece, in order; `workers` is how many run at once.

    `common`: what all pieces need; processes and a cluster get it once, not with each piece.
    """

    workers: int

    def map(self, function: Callable[..., Result], pieces: Iterable[Piece], *common: object) -> Iterator[Result]: ...


class Here:
    """One after the other, in this process."""

    workers = 1

    def map(self, function: Callable[..., Result], pieces: Iterable[Piece], *common: object) -> Iterator[Result]:
        return map(function, pieces, *map(repeat, common))


class _Pool:
    """Processes, which begin only when pieces have taken so many seconds here; few small ones never need them.

    Then small pieces go there many at a time. Which piece runs where changes no answer.
    """

    def __init__(self, workers: int, patience: float, stack: ExitStack) -> None:
        self.workers = workers
        self._asked = patience > 0
        self._patience = patience
        self._stack = stack
        self._pool: ProcessPoolExecutor | None = None
        self._leash: connection.Connection | None = None

    def map(self, function: Callable[..., Result], pieces: Iterable[Piece], *common: object) -> Iterator[Result]:
        left = list(pieces)
        done, spent = 0, 0.0
        while done < len(left) and self._asked and (self._patience > 0 or not done):
            began = time.monotonic()
            found = function(left[done], *common)
            took = time.monotonic() - began
            self._patience -= took
            done, spent = done + 1, spent + took
            yield found
        left = left[done:]
        if left:
            size = min(int(_TOGETHER * done / max(spent, 1e-9)), len(left) // (4 * self.workers)) if done else 1
            with _shared(common) as path:
                yield from self._begun(path).map(_piece, left, repeat(function), repeat(path), chunksize=max(1, size))

    def _begun(self, path: str) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            held, self._leash = context.Pipe(duplex=False)
            self._pool = self._stack.enter_context(
                ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin, initargs=(held, path))
            )
        return self._pool

    def give_up(self) -> None:
        """What waits need not be done, nor what runs."""
        if self._pool is not None and self._leash is not None:
            self._leash.close()
            self._pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _shared(common: tuple[object, ...]) -> Iterator[str]:
    """A file that processes map into their memory, arrays as they are: all of them hold one copy."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(common, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    handle, name = tempfile.mkstemp(prefix="jiandao-")
    try:
        try:
            with open(handle, "wb") as file:
                pickle.dump([part.nbytes for part in parts], file)
                for part in parts:
                    file.write(bytes(-file.tell() % _ALIGNED))
                    file.write(part)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise UnfinishedError(
                f"{tempfile.gettempdir()}: there is no room left for what the processes share; nothing was written: make"
                " room, or run it with --workers 1"
            ) from error
        del buffers, parts, head
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _common(path: str) -> tuple[Any, ...]:
    _mapped[:] = [path]
    with open(path, "rb") as file:
        sizes = pickle.load(file)  # noqa: S301 - our own file
        place = file.tell()
        whole_file = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    parts = []
    for size in sizes:
        place += -place % _ALIGNED
        parts.append(whole_file[place : place + size])
        place += size
    found: tuple[Any, ...] = pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 - our own file
    return found


def _piece(piece: Any, function: Callable[..., Result], path: str) -> Result:
    return function(piece, *_common(path))


class _Cluster:
    def __init__(self, client: object) -> None:
        self._client = client
        self.workers = max(1, sum(client.nthreads().values()))  # type: ignore[attr-defined]

    def map(self, function: Callable[..., Result], pieces: Iterable[Piece], *common: object) -> Iterator[Result]:
        given = list(pieces)
        if not given:
            return
        # Spread to all workers, so that it is there still when one of them dies.
        spread = [self._client.scatter(one, broadcast=True, hash=False) for one in common]  # type: ignore[attr-defined]
        every = [[one] * len(given) for one in spread]
        # A piece whose worker dies is computed again elsewhere: that is Dask's own promise for pure functions.
        futures = self._client.map(function, given, *every, pure=False)  # type: ignore[attr-defined]
        for future in futures:
            yield future.result()


@contextmanager
def executor(*, workers: int | None = None, cluster: str | None = None, patience: float = 0.0) -> Iterator[Executor]:
    """An executor until the block ends.

    `workers`: processes (default: the cores this process may use; 1 runs here). `patience`: processes begin only when pieces
    have taken so many seconds here. `cluster`: `tcp://host:port` of a Dask scheduler; needs the extra `cluster`. Raises
    BadInputError when it is not installed or nobody answers there, and UnfinishedError when somebody kills a process.
    """
    if cluster is not None:
        with client(cluster) as there:
            yield _Cluster(there)
        return
    count = workers or len(os.sched_getaffinity(0))
    if count == 1:
        yield Here()
        return
    with ExitStack() as stack:
        pool = _Pool(count, patience, stack)
        try:
            yield pool
        except BrokenProcessPool as error:
            raise UnfinishedError(
                "a process was killed, perhaps for want of memory; nothing was written: run it again with fewer --workers"
            ) from error
        except BaseException:
            pool.give_up()
            raise


_mapped: list[str] = []  # what this process has of what its parent shares


def _begin(leash: connection.Connection, path: str) -> None:
    """Ctrl-C ends a process without a word, and so does the end of the leash, which its parent holds until it gives up or
    dies: it would wait for work for ever. A parent that was killed has not removed what it shared; the process does."""
    _mapped[:] = [path]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_watch, args=(leash,), daemon=True).start()


def _watch(leash: connection.Connection) -> None:
    connection.wait([leash])
    for path in _mapped:
        with suppress(OSError):
            os.unlink(path)
    os._exit(1)


@contextmanager
def client(address: str) -> Iterator[Any]:
    """A client of the Dask scheduler at an address until the block ends. Raises BadInputError."""
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInputError("--cluster needs Dask; install it with: pip install 'jiandao[cluster]'") from error
    made: Any = Client.__new__(Client)  # at hand also when it cannot be made
    try:
        made.__init__(address, timeout=_ANSWERS, set_as_default=False)
    except (OSError, ValueError, MemoryError) as error:  # a service of another kind seems to announce exabytes
        made.status = "closed"  # else it waits when it is forgotten, and complains
        raise BadInputError(f"--cluster {address}: no scheduler answers there; check address and port") from error
    try:
        yield made
    finally:
        made.close()


def cluster_address(text: str) -> str:
    """The type of --cluster."""
    if _ADDRESS.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"'{text}' is no address of a scheduler, expected tcp://host:port")


def add_executor_arguments(parser: argparse.ArgumentParser, what: str, *, workers: int = 0) -> None:
    """Add --workers and --cluster; `what` runs there. `workers`: the default, 0 for as many as there are cores."""
    usual = f"default {workers}; 0: the cores" if workers else "default: the cores"
    parser.add_argument("--workers", type=whole(0, 100_000), default=workers, metavar="N", help=f"processes ({usual})")
    parser.add_argument("--cluster", type=cluster_address, metavar="ADDRESS", help=f"a Dask scheduler for {what}")


def executor_of(
    args: argparse.Namespace, *, patience: float = PATIENCE, most: int | None = None
) -> AbstractContextManager[Executor]:
    """The executor that a command was asked for, with at most so many processes: as many as there are pieces."""
    workers = args.workers or len(os.sched_getaffinity(0))
    return executor(workers=min(workers, most or workers), cluster=args.cluster, patience=patience)
