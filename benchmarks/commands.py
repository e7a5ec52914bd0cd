"""What a command of the engines takes as a whole, in a process of its own."""

import os
import subprocess
import sys
import time
from typing import Any


def run(words: list[str]) -> dict[str, Any]:
    """Status, the first two lines and the last of what it told, wall and CPU seconds, and greatest memory of
    `jiandao WORDS`; CPU with the processes that it has waited for, memory without them."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "jiandao.cli", *words], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = process.stderr.read().splitlines()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "exit": process.returncode,
        "told": told[:2] + ([told[-1]] if len(told) > 2 else []),
        "wall": round(time.monotonic() - began, 1),
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "memory_mib": round(used.ru_maxrss / 1024),
    }
