"""How a process ends: with its code, all it said, and whatever threads it has."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys
{load}
from runtime.leaving import leave
atexit.register(print, "wound up")
sys.stdout.write("said")
leave(7)
"""


@pytest.mark.parametrize(("load", "said"), [("", "saidwound up"), ("import temporalio.client", "said")])
def test_the_interpreter_winds_itself_up_unless_temporal_s_threads_are_there(load: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(load=load)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (7, said, "")
