"""The hook for a virus scanner: a command that is given the file and says by its exit status whether it is clean."""

import logging
import subprocess
from pathlib import Path

from django.conf import settings

from jiandao.kernel.files.refusals import FileRefused

logger = logging.getLogger("jiandao.files")
SECONDS = 120
FOUND = 1  # clamscan, clamdscan and most others say so when they find something


def scan(path: Path) -> None:
    """Raises FileRefused unless JIANDAO_SCAN_COMMAND, called with the path as its last argument, ends with 0.

    An empty command means that this house has no scanner. A scanner that fails or takes too long refuses.
    """
    command = [str(word) for word in settings.JIANDAO_SCAN_COMMAND]
    if not command:
        return
    try:
        done = subprocess.run(
            [*command, str(path)], capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.error("the virus scanner did not answer: %s", error)
        raise FileRefused("scan-failed") from error
    if done.returncode == FOUND:
        logger.warning("the virus scanner refused a file: %s", done.stdout.decode(errors="replace")[-500:])
        raise FileRefused("scan")
    if done.returncode != 0:
        logger.error("the virus scanner failed (%s): %s", done.returncode, done.stderr.decode(errors="replace")[-500:])
        raise FileRefused("scan-failed")
