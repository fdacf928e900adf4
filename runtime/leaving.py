"""Ending a process that has talked to Temporal."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

BRIDGE = "temporalio.bridge.temporal_sdk_bridge"


def leave(code: int) -> NoReturn:
    """End the process with ``code``; call it last, when everything that was opened is closed.

    The SDK's threads cannot be ended. One that is in Python at the moment when the interpreter winds itself up aborts
    the process, seldom and on busy machines (temporalio/sdk-python#300). So a process with such threads ends at once.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # a reader that went away, a stream that is closed
            stream.flush()
    if BRIDGE in sys.modules:
        os._exit(code)
    sys.exit(code)
