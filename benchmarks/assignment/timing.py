"""CPU seconds of this process, best of three; results as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def best_of_three(work: Callable[[], T]) -> tuple[T, dict[str, Any]]:
    """The answer, and {"cpu_seconds": best, "cpu_seconds_all": [..]}."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        answer = work()
        spent.append(round(time.process_time() - started, 4))
    return answer, {"cpu_seconds": min(spent), "cpu_seconds_all": spent}


def show(result: dict[str, Any]) -> int:
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    return 0
