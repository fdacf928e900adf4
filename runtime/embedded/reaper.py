"""The last one out: ends every process group of the stack when the process that started it is gone.

A program of its own, run as ``python -I -S reaper.py GRACE_SECONDS`` with a pipe as stdin. It reads ``+PGID`` and
``-PGID`` lines. The end of the pipe means that the starter has ended, however it ended (``kill -9`` included): every
group still listed gets SIGTERM and, after the grace, SIGKILL. It imports nothing of the project, so it starts in
milliseconds and stays small.
"""

import contextlib
import os
import signal
import sys
import time


def alive(group: int) -> bool:
    """Whether any process of the group exists."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(groups: set[int], grace: float) -> None:
    """SIGTERM to all, SIGKILL after ``grace`` seconds to those that are left."""
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(alive(group) for group in groups):
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Follow stdin until it ends, then end what is listed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with the pipe, never before the others
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    end(groups, float(sys.argv[1]))


if __name__ == "__main__":
    main()
