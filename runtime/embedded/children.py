"""Child processes that end with us: started in groups of their own, logged, awaited, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from avatar.errors import SetupProblem, Unavailable

log = logging.getLogger(__name__)

REAPER = Path(__file__).with_name("reaper.py")
REAPER_GRACE_S = 5.0
POLL_S = 0.05
TAIL_LINES = 12
STEADY_S = 60.0  # a child that lived this long starts again without back-off
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run as a part of the stack."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None  # the whole environment; None inherits ours
    grace: float = 5.0  # seconds between SIGTERM and SIGKILL


@dataclass(slots=True)
class Child:
    """A program that was started: its process now, which changes when it is started again."""

    program: Program
    process: asyncio.subprocess.Process
    started: float
    starts: int = 1
    stopping: bool = False
    keeper: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """Process id, which is also its process group's."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.returncode is None


class Children:
    """All children of one stack, and the reaper that outlives us by a moment to end them.

    An async context: leaving it stops everything that is still running, last started first.
    """

    def __init__(self, *, hold: Sequence[int] = ()) -> None:
        """``hold``: file descriptors (locks) that the reaper keeps open until every child is gone."""
        self._hold = tuple(hold)
        self._children: list[Child] = []
        self._reaper: subprocess.Popen[str] | None = None

    async def __aenter__(self) -> Self:
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(REAPER), str(REAPER_GRACE_S)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=self._hold,
            cwd="/",
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __iter__(self) -> Iterator[Child]:
        return iter(tuple(self._children))

    async def start(self, program: Program) -> Child:
        """Start ``program``, its log file begun anew (the former one kept beside it as ``.1``).

        Raises SetupProblem when it cannot be run or its log not be written.
        """
        begin_log(program.log)
        child = Child(program, await self._spawn(program), asyncio.get_running_loop().time())
        self._children.append(child)
        return child

    def keep_running(self, child: Child) -> None:
        """From now on start ``child`` again, with back-off, whenever it ends by itself."""
        child.keeper = asyncio.create_task(self._keep(child), name=f"keep {child.program.name}")

    async def stop(self) -> None:
        """Stop every child, last started first, then let the reaper go. Safe to call twice."""
        for child in self._children:
            child.stopping = True
        while self._children:
            await self._stop_one(self._children[-1])
            self._children.pop()
        if self._reaper is not None:
            assert self._reaper.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._reaper.stdin.close()
            await asyncio.to_thread(self._reaper.wait)
            self._reaper = None

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process:
        try:
            with program.log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *program.argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                    env=program.environment,
                    start_new_session=True,
                )
        except OSError as problem:
            raise SetupProblem(
                f"{program.name} cannot be started: {problem.strerror or problem}",
                where=program.argv[0],
                mend="Run make setup, then avatar doctor.",
            ) from problem
        self._tell_reaper("+", process.pid)
        return process

    def _tell_reaper(self, sign: str, group: int) -> None:
        if self._reaper is None or self._reaper.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._reaper.stdin.write(f"{sign}{group}\n")
            self._reaper.stdin.flush()

    async def _stop_one(self, child: Child) -> None:
        child.stopping = True
        if child.keeper is not None:
            child.keeper.cancel()
            await asyncio.gather(child.keeper, return_exceptions=True)
        if child.running:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(child.process.wait(), child.program.grace)
            except TimeoutError:
                log.warning("%s did not stop within %.0f s and is killed", child.program.name, child.program.grace)
        await self._bury(child)

    async def _bury(self, child: Child) -> None:
        """End whatever is left of the child's process group, its own children included."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.process.wait()
        self._tell_reaper("-", child.pid)

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        quick = 0
        while True:
            code = await child.process.wait()
            if child.stopping:
                return
            await self._bury(child)
            quick = 0 if loop.time() - child.started >= STEADY_S else quick + 1
            pause = BACK_OFF_S[min(max(quick - 1, 0), len(BACK_OFF_S) - 1)]
            log.warning(
                "%s %s; starting it again in %.1f s (log: %s)",
                child.program.name,
                ended(code),
                pause,
                child.program.log,
            )
            await asyncio.sleep(pause)
            try:
                child.process = await self._spawn(child.program)
            except SetupProblem as problem:
                log.error("%s", problem)
                continue
            child.started = loop.time()
            child.starts += 1


async def ready(child: Child, probe: Callable[[], Awaitable[bool]], timeout: float) -> None:
    """Wait until ``probe`` says True.

    Raises Unavailable with the child's last log lines when it ends first, or is not ready within ``timeout`` seconds.
    """

    async def ask() -> None:
        while not await probe():
            await asyncio.sleep(POLL_S)

    asking, ending = asyncio.create_task(ask()), asyncio.create_task(child.process.wait())
    try:
        await asyncio.wait({asking, ending}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            asking.result()
            return
        name = child.program.name
        what = (
            f"{name} {ended(ending.result())} at start"
            if ending.done()
            else f"{name} is not ready after {timeout:.0f} s"
        )
        lines = tail(child.program.log)
        raise Unavailable(
            what + (f"; its last lines:\n{lines}\n" if lines else ""),
            mend=f"The whole log is in {child.program.log}",
        )
    finally:
        for task in (asking, ending):
            task.cancel()
        await asyncio.gather(asking, ending, return_exceptions=True)


def ended(code: int) -> str:
    """``ended with code 3`` or ``was killed by SIGKILL``."""
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def begin_log(path: Path) -> None:
    """Make room for a new log at ``path``; the former one becomes ``path.1``. Raises SetupProblem."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.replace(path.with_name(path.name + ".1"))
        path.touch()
    except OSError as problem:
        raise SetupProblem(
            f"the log cannot be written: {problem.strerror}",
            where=str(path),
            mend="Make the folder writable, or set AVATAR_DATA to another folder.",
        ) from problem


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last ``lines`` lines of a log, indented; empty when there are none."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  {line[:400]}" for line in text.splitlines()[-lines:] if line.strip())
