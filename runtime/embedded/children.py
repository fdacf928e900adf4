"""Child processes that end with us: started in groups of their own, logged, awaited, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from avatar.errors import SetupProblem, Unavailable

log = structlog.get_logger()

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
    rank: int = 0  # higher ranks stop first, equal ones side by side


@dataclass(slots=True)
class Child:
    """A program that was started: its process now, which changes when it is started again."""

    program: Program
    process: asyncio.subprocess.Process
    started: float
    starts: int = 1
    stopping: bool = False
    buried: bool = False  # ended, and its process group with it
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

    An async context: leaving it stops everything that is still running, higher ranks first.
    """

    def __init__(self, *, hold: Sequence[int] = ()) -> None:
        """``hold``: file descriptors (locks) that the reaper keeps open until every child is gone."""
        self._hold = tuple(hold)
        self._children: list[Child] = []
        self._reaper: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._reaper = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(REAPER), str(REAPER_GRACE_S)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
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
        """Stop every child, higher ranks first, then let the reaper go. Safe to call twice."""
        for child in self._children:
            child.stopping = True
        while self._children:
            rank = max(child.program.rank for child in self._children)
            await asyncio.gather(*(self._stop_one(child) for child in self._children if child.program.rank == rank))
            self._children = [child for child in self._children if child.program.rank != rank]
        if self._reaper is not None:
            assert self._reaper.stdin is not None
            self._reaper.stdin.close()
            await self._reaper.wait()
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
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.write(f"{sign}{group}\n".encode())

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
                log.warning(
                    "killed", part=child.program.name, reason=f"did not stop within {child.program.grace:.0f} s"
                )
        await self._bury(child)

    async def _bury(self, child: Child) -> None:
        """End whatever is left of the child's process group, its own children included; once, as ids are reused."""
        if child.buried:
            return
        child.buried = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.process.wait()
        self._tell_reaper("-", child.pid)

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            fate = ended(await child.process.wait())
            if child.stopping:
                return
            await self._bury(child)
            failures = 1 if loop.time() - child.started >= STEADY_S else failures + 1
            while child.buried:
                pause = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
                log.warning("part_ended", part=child.program.name, fate=fate, again_in_s=pause)
                await asyncio.sleep(pause)
                try:
                    child.process = await self._spawn(child.program)
                except SetupProblem as problem:
                    fate = str(problem)
                    failures += 1
                else:
                    child.buried = False
            child.started = loop.time()
            child.starts += 1
            log.info("part_started_again", part=child.program.name, starts=child.starts)


async def ready(child: Child, probe: Callable[[], Awaitable[bool]], *, within: float) -> None:
    """Wait until ``probe`` says True.

    Raises Unavailable with the child's last log lines when it ends first, or is not ready after ``within`` seconds.
    """

    async def ask() -> None:
        while True:
            if await probe():
                return
            await asyncio.sleep(POLL_S)

    asking, ending = asyncio.create_task(ask()), asyncio.create_task(child.process.wait())
    try:
        await asyncio.wait({asking, ending}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            asking.result()
            return
        fate = f"{ended(ending.result())} at start" if ending.done() else f"is not ready after {within:.0f} s"
        raise Unavailable(
            f"{child.program.name} {fate}. The end of its log, {child.program.log}:\n"
            + (tail(child.program.log) or "  (empty)")
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
    make_folder(path.parent)
    try:
        if path.exists():
            path.replace(path.with_name(path.name + ".1"))
        path.touch()
    except OSError as problem:
        raise SetupProblem(
            f"The log cannot be written: {problem.strerror}",
            where=str(path),
            mend="Make the folder writable, or set AVATAR_DATA to another folder.",
        ) from problem


def make_folder(path: Path) -> None:
    """Make the folder and those above it where they are missing. Raises SetupProblem when that is not allowed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupProblem(
            f"The folder cannot be made: {problem.strerror}",
            where=str(path),
            mend="Make the folder above it writable, or set AVATAR_DATA to another folder.",
        ) from problem


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last ``lines`` lines of a log, indented; empty when there are none.

    Of mongod's JSON lines only the message and its attributes are kept, and of those only errors where there are any.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 65_536))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    read = [_plain(line) for line in text.splitlines() if line.strip()]
    chosen = [line for line, error in read if error] or [line for line, _ in read]
    return "\n".join(f"  {line[:400]}" for line in chosen[-lines:])


def _plain(line: str) -> tuple[str, bool]:
    """The line as a person reads it, and whether it is one of mongod's errors."""
    if line.startswith('{"t":'):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            attributes = json.dumps(entry["attr"], ensure_ascii=False) if "attr" in entry else ""
            return f"{entry.get('msg', '')} {attributes}".rstrip(), entry.get("s") in ("E", "F")
    return line, False
