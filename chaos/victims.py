"""The stack as a process of its own, and the parts of it that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import ValidationError

from runtime.embedded.ports import claim_port
from runtime.embedded.state import RunningStack
from runtime.settings import Settings, load_settings

UP_WITHIN_S = 120.0


class Victim(StrEnum):
    """What is killed; the value is what its command line ends with or contains."""

    MESH = "workers mesh"
    CONTROL = "workers control"
    PROVIDER = "workers provider"
    API = "-m api"
    MONGOD = "mongod"
    TEMPORAL = "server start-dev"
    STACK = "the whole stack"


class Stack:
    """``avatar up`` on a data folder and ports of its own; can be killed and started again on both."""

    def __init__(self, folder: Path) -> None:
        self.settings = fixed_ports(folder)
        self.where: RunningStack | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> RunningStack:
        """Start it and wait until it says where it is."""
        log = (self.settings.data_dir / "up.log").open("ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "cli.main", "up", "--json"),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | self.settings.environment(),
                start_new_session=True,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(UP_WITHIN_S):
            line = await self._process.stdout.readline()
        try:
            self.where = RunningStack.model_validate_json(line)
        except ValidationError as problem:
            raise SystemExit(f"the stack did not come up; see {self.settings.data_dir / 'up.log'}") from problem
        return self.where

    async def stop(self) -> None:
        """Ctrl-C, and wait."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def kill(self, victim: Victim) -> bool:
        """SIGKILL to ``victim``; whether it was there. The whole stack is started again by us, a part by the stack."""
        assert self._process is not None
        if victim is Victim.STACK:
            # Everything at once, as when the power goes; the reaper is among them.
            every = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
            for part in every:
                with contextlib.suppress(psutil.NoSuchProcess):
                    part.kill()
            await self._process.wait()
            await asyncio.to_thread(psutil.wait_procs, every, 10)
            await self.start()
            return True
        process = self.find(victim)
        if process is None:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
        return True

    def find(self, victim: Victim) -> psutil.Process | None:
        """The process of a part, if it runs now."""
        assert self._process is not None
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if victim.value in " ".join(process.cmdline()):
                    return process
        return None

    @asynccontextmanager
    async def frozen(self, victim: Victim) -> AsyncIterator[None]:
        """A part that hangs while inside: SIGSTOP, and SIGCONT after."""
        hung = self.find(victim)
        assert hung is not None, f"{victim} does not run"
        hung.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            hung.send_signal(signal.SIGCONT)


def fixed_ports(folder: Path) -> Settings:
    """Settings on free ports that stay the same when the stack is started again."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[int] = set()
    ports: dict[str, int] = {}
    for name in ("api_port", "temporal_port", "temporal_ui_port", "mongo_port"):
        ports[name] = claim_port(0, name, name, taken=frozenset(taken))
        taken.add(ports[name])
    return load_settings({}, data=folder, **ports)


def memory_mb(stack: Stack) -> float:
    """Resident memory of everything the stack runs, in MB; pages that processes share count for each."""
    assert stack._process is not None
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(stack._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total / 1e6


def now() -> float:
    """Seconds on a clock that never jumps."""
    return time.monotonic()
