"""Children: logged, awaited, started again, and never left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import psutil
import pytest
from patience import PATIENCE_S, gone, until

from avatar.errors import SetupProblem, Unavailable
from runtime.embedded import children as module
from runtime.embedded.children import Children, Program, ready, tail


def python(tmp_path: Path, code: str, *, grace: float = 5.0) -> Program:
    return Program("part", (sys.executable, "-I", "-S", "-c", code), tmp_path / "part.log", grace=grace)


async def eventually(log: Path, text: str) -> None:
    """Return once the log holds ``text``."""
    await until(lambda: text in log.read_text())


async def never() -> bool:
    return False


async def test_leaving_the_context_stops_children_and_their_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "inner = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(600)'])\n"
        "print('inner', inner.pid, flush=True)\n"
        "time.sleep(600)"
    )
    async with Children() as children:
        child = await children.start(python(tmp_path, code))
        await eventually(child.program.log, "\n")
        inner = int(tail(child.program.log).split()[1])
        assert psutil.pid_exists(inner)
    assert child.process.returncode == -signal.SIGTERM
    await until(lambda: gone(inner))


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)"
    )
    async with Children() as children:
        child = await children.start(python(tmp_path, code, grace=0.2))
        await eventually(child.program.log, "deaf")
    assert child.process.returncode == -signal.SIGKILL


async def test_higher_ranks_stop_first(tmp_path: Path) -> None:
    told = tmp_path / "order"
    code = (
        "import pathlib, signal, sys, time\n"
        "def stop(*_):\n"
        f"    with open({str(told)!r}, 'a') as file: file.write(sys.argv[1])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)"
    )
    async with Children() as children:
        for rank in (1, 0, 2):
            argv = (sys.executable, "-I", "-S", "-c", code, str(rank))
            child = await children.start(Program(f"part{rank}", argv, tmp_path / f"{rank}.log", rank=rank))
            await eventually(child.program.log, "up")
    assert told.read_text() == "210"


async def test_a_child_that_ends_at_start_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, "print('no bread in the house'); raise SystemExit(3)"))
        with pytest.raises(Unavailable) as caught:
            await ready(child, never, within=PATIENCE_S)
    assert "part ended with code 3 at start" in str(caught.value)
    assert "no bread in the house" in str(caught.value)
    assert str(child.program.log) in str(caught.value)


async def test_a_child_that_never_gets_ready_is_reported(tmp_path: Path) -> None:
    async with Children() as children:
        child = await children.start(python(tmp_path, "import time; time.sleep(600)"))
        with pytest.raises(Unavailable, match="part is not ready after 0 s"):
            await ready(child, never, within=0.1)


async def test_a_program_that_is_not_there_is_a_setup_problem(tmp_path: Path) -> None:
    async with Children() as children:
        with pytest.raises(SetupProblem, match="cannot be started: No such file"):
            await children.start(Program("part", ("/nowhere/program",), tmp_path / "part.log"))


async def test_a_log_that_cannot_be_written_is_a_setup_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with Children() as children:
        with pytest.raises(SetupProblem, match="AVATAR_DATA"):
            await children.start(Program("part", ("true",), tmp_path / "file" / "part.log"))


async def test_a_new_start_keeps_the_former_log(tmp_path: Path) -> None:
    async with Children() as children:
        await (await children.start(python(tmp_path, "print('first')"))).process.wait()
        await (await children.start(python(tmp_path, "print('second')"))).process.wait()
    assert (tmp_path / "part.log").read_text() == "second\n"
    assert (tmp_path / "part.log.1").read_text() == "first\n"


async def test_a_child_that_is_killed_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACK_OFF_S", (0.0,))
    async with Children() as children:
        child = await children.start(python(tmp_path, "import time; print('up', flush=True); time.sleep(600)"))
        children.keep_running(child)
        await eventually(child.program.log, "up")
        first = child.pid
        child.process.kill()
        await eventually(child.program.log, "up\nup")
        assert child.pid != first
        second = child.pid
    await until(lambda: gone(second))


def test_mongods_json_lines_are_told_plainly(tmp_path: Path) -> None:
    log = tmp_path / "mongod.log"
    log.write_text(
        '{"t":{"$date":"2026-11-22"},"s":"I","c":"CONTROL","msg":"starting"}\n'
        '{"t":{"$date":"2026-11-22"},"s":"E","c":"STORAGE","msg":"Failed to open","attr":{"error":"no room"}}\n'
        '{"t":{"$date":"2026-11-22"},"s":"I","c":"CONTROL","msg":"bye"}\n'
    )
    assert tail(log) == '  Failed to open {"error": "no room"}'


def test_the_tail_of_nothing_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "absent.log") == ""


LAUNCHER = """
import asyncio, sys
from pathlib import Path
from runtime.embedded import children
from runtime.embedded.children import Children, Program

children.REAPER_GRACE_S = 0.2

async def main():
    folder = Path(sys.argv[1])
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(99)"
    async with Children() as children:
        child = await children.start(Program("deaf", (sys.executable, "-I", "-S", "-c", deaf), folder / "deaf.log"))
        while "up" not in (folder / "deaf.log").read_text():
            await asyncio.sleep(0.02)
        print(child.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_children_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    """Even a child that ignores SIGTERM: the reaper sees the end of its pipe."""
    launcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LAUNCHER, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert launcher.stdout is not None
    child = int(await launcher.stdout.readline())
    assert psutil.pid_exists(child)
    launcher.kill()
    await launcher.wait()
    await until(lambda: gone(child))
