"""The whole stack with stand-ins for workers and API: one to a folder, told where things are, gone together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from patience import until

from avatar.errors import Conflict, SetupProblem, StorageFull, Unavailable
from runtime.embedded import children as children_module
from runtime.embedded.ports import can_bind
from runtime.embedded.stack import Part, embedded_stack
from runtime.embedded.state import STATE, prepare_data_folder, running_stack, without_password, write_state
from runtime.settings import Settings, load_settings

ELSEWHERE = {"TEMPORAL_ADDRESS": "127.0.0.1:9", "MONGO_URI": "mongodb://me:secret@127.0.0.1:9/?replicaSet=rs0"}

WORKER = """
import json, os, pathlib, time
pathlib.Path(os.environ["AVATAR_READY_FILE"]).write_text(json.dumps(dict(os.environ)))
time.sleep(600)
"""
API = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

HTTPServer((os.environ["AVATAR_API_HOST"], int(os.environ["AVATAR_API_PORT"])), Ready).serve_forever()
"""
BROKEN = "raise SystemExit('the kettle is empty')"
PARTS = (Part("worker-mesh", "stand_in_worker", ("mesh",)), Part("api", "stand_in_api", serves_http=True))

LAUNCHER = """
import asyncio, sys
from pathlib import Path
from runtime.embedded.stack import embedded_stack, until_signalled
from runtime.settings import load_settings

async def main():
    settings = load_settings({}, data=Path(sys.argv[1]), api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
    with until_signalled():
        async with embedded_stack(settings, ()) as stack:
            print(*(child.pid for child in stack.children), flush=True)
            await asyncio.Event().wait()
    print("stopped in order")

asyncio.run(main())
"""


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    for name, code in (("stand_in_worker", WORKER), ("stand_in_api", API), ("stand_in_broken", BROKEN)):
        (folder / f"{name}.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Servers elsewhere: these tests are about what is ours."""
    return load_settings(ELSEWHERE, data=tmp_path / "data", api_port=0)


@pytest.mark.usefixtures("stand_ins")
async def test_parts_are_told_where_everything_is(settings: Settings) -> None:
    async with embedded_stack(settings, PARTS) as stack:
        told = json.loads((settings.data_dir / "run" / "worker-mesh.ready").read_text())
        assert told["TEMPORAL_ADDRESS"] == "127.0.0.1:9"
        assert told["MONGO_URI"] == ELSEWHERE["MONGO_URI"]
        assert told["AVATAR_DATA"] == str(settings.data_dir)
        assert told["AVATAR_API_PORT"] == str(stack.settings.api_port) != "0"
        assert stack.where.api_url == f"http://127.0.0.1:{stack.settings.api_port}"
        assert stack.where.workers == {"worker-mesh": f"http://127.0.0.1:{told['AVATAR_WORKER_PORT']}"}
        assert stack.seconds_to_ready > 0


@pytest.mark.usefixtures("stand_ins")
async def test_a_running_stack_is_found_and_a_stopped_one_is_not(settings: Settings) -> None:
    assert running_stack(settings.data_dir) is None
    async with embedded_stack(settings, PARTS) as stack:
        found = running_stack(settings.data_dir)
        assert found == stack.where
        assert found.pid == os.getpid()
        assert "secret" not in (settings.data_dir / STATE).read_text()
        assert (settings.data_dir / STATE).stat().st_mode & 0o777 == 0o600
        pids = [child.pid for child in stack.children]
        assert len(pids) == len(PARTS)
    assert running_stack(settings.data_dir) is None
    assert not (settings.data_dir / STATE).exists()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert can_bind(stack.settings.api_port)


async def test_a_second_stack_on_the_same_folder_is_refused_and_says_where_the_first_is(settings: Settings) -> None:
    async with embedded_stack(settings, ()) as stack:
        with pytest.raises(Conflict) as caught:
            async with embedded_stack(settings, ()):
                pytest.fail("two stacks on one folder")
        assert stack.where.api_url in str(caught.value)
        assert f"pid {os.getpid()}" in str(caught.value)
        assert running_stack(settings.data_dir) == stack.where


async def test_a_stale_state_file_is_no_running_stack(settings: Settings) -> None:
    async with embedded_stack(settings, ()) as stack:
        left = stack.where
    write_state(settings.data_dir, left)
    assert running_stack(settings.data_dir) is None
    async with embedded_stack(settings, ()) as stack:
        assert running_stack(settings.data_dir) == stack.where


@pytest.mark.usefixtures("stand_ins")
async def test_a_part_that_fails_at_start_takes_the_others_down_and_is_quoted(settings: Settings) -> None:
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(Unavailable) as caught:
        async with embedded_stack(settings, (*PARTS, Part("worker-control", "stand_in_broken"))):
            pytest.fail("it came up without a part")
    assert "worker-control ended with code 1 at start" in str(caught.value)
    assert "the kettle is empty" in str(caught.value)
    assert {child.pid for child in psutil.Process().children()} <= before
    assert running_stack(settings.data_dir) is None


@pytest.mark.usefixtures("stand_ins")
async def test_a_worker_that_is_killed_comes_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children_module, "BACK_OFF_S", (0.0,))
    async with embedded_stack(settings, PARTS) as stack:
        worker = next(child for child in stack.children if child.program.name == "worker-mesh")
        ready_file = settings.data_dir / "run" / "worker-mesh.ready"
        ready_file.unlink()
        worker.process.kill()
        await until(ready_file.exists)
        assert worker.starts == 2


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupProblem, match="AVATAR_DATA"):
        async with embedded_stack(load_settings(ELSEWHERE, data=tmp_path / "file" / "data"), ()):
            pytest.fail("it came up without a folder")


def test_a_full_disk_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StorageFull, match=r"Only \d+ MB are free .* Make room"):
        prepare_data_folder(tmp_path, minimum_free=2**62)


def test_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    prepare_data_folder(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://me:p%40ss@db.example.org:27017/?replicaSet=rs0", "mongodb://db.example.org:27017/?replicaSet=rs0"),
        ("mongodb://a:1,b:2/avatar", "mongodb://a:1,b:2/avatar"),
    ],
)
def test_passwords_are_not_written(uri: str, shown: str) -> None:
    assert without_password(uri) == shown


async def launch(data: Path) -> tuple[asyncio.subprocess.Process, list[int]]:
    launcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LAUNCHER, str(data)), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert launcher.stdout is not None
    pids = [int(pid) for pid in (await launcher.stdout.readline()).split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    return launcher, pids


async def test_kill_9_leaves_no_process_and_the_folder_serves_again(tmp_path: Path) -> None:
    launcher, pids = await launch(tmp_path)
    launcher.kill()
    await launcher.wait()
    # At once: it waits for what is left of the killed one.
    again, others = await launch(tmp_path)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    again.send_signal(signal.SIGTERM)
    output, _ = await again.communicate()
    assert again.returncode == 0
    assert output.decode().endswith("stopped in order\n")
    assert not any(psutil.pid_exists(pid) for pid in others)
    assert not (tmp_path / STATE).exists()


async def test_ctrl_c_while_starting_stops_what_was_started(tmp_path: Path) -> None:
    launcher = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LAUNCHER, str(tmp_path)), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    await until((tmp_path / "logs" / "temporal.log").exists)
    children = psutil.Process(launcher.pid).children()
    launcher.send_signal(signal.SIGINT)
    output, _ = await launcher.communicate()
    assert launcher.returncode == 0
    assert output.decode().endswith("stopped in order\n")
    assert not any(child.is_running() for child in children)
