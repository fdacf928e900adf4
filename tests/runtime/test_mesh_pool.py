"""The mesh pool: one process's misfortune is no other's."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import mesh_jobs
import psutil
import pytest
from patience import gone, until
from prometheus_client import REGISTRY

from avatar.errors import CodecFailed
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Toolchain
from runtime import mesh_pool
from runtime.mesh_pool import ProcessMeshPool
from runtime.mesh_process import NICENESS

WORKER = """
import asyncio
from pathlib import Path
import mesh_jobs
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Toolchain
from runtime.mesh_pool import ProcessMeshPool

async def main():
    nowhere = Path("nowhere")
    async with ProcessMeshPool(Toolchain(nowhere, nowhere), EncodedImages(nowhere, 1), 1, 1500) as pool:
        print(await pool.run(mesh_jobs.pid), flush=True)
        await pool.run(mesh_jobs.nap, 60)

asyncio.run(main())
"""
NOWHERE = Toolchain(Path("nowhere"), Path("nowhere"))
NO_IMAGES = EncodedImages(Path("nowhere"), 1)


@asynccontextmanager
async def a_pool(processes: int = 1, memory_mb: int = 1500) -> AsyncIterator[ProcessMeshPool]:
    async with ProcessMeshPool(NOWHERE, NO_IMAGES, processes, memory_mb) as pool:
        yield pool


def replaced(reason: str) -> float:
    return REGISTRY.get_sample_value("avatar_mesh_processes_replaced_total", {"reason": reason}) or 0.0


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


async def test_a_job_runs_in_another_niced_process_and_its_error_comes_back() -> None:
    async with a_pool() as pool:
        process = psutil.Process(await pool.run(mesh_jobs.pid))
        assert process.ppid() == os.getpid()
        assert process.nice() == os.nice(0) + NICENESS
        with pytest.raises(ValueError, match="no such shape"):
            await pool.run(mesh_jobs.fail)
        assert await pool.run(mesh_jobs.pid) == process.pid
    await until(lambda: gone(process.pid))


async def test_a_process_that_dies_costs_its_own_attempt_only(tmp_path: Path) -> None:
    died = replaced("died")
    async with a_pool(2) as pool:
        neighbour = asyncio.create_task(pool.run(mesh_jobs.wait_for, tmp_path / "go"))
        with pytest.raises(CodecFailed, match="died during die"):
            await pool.run(mesh_jobs.die)
        assert not neighbour.done()
        (tmp_path / "go").touch()
        survivor = await neighbour
        assert await pool.run(mesh_jobs.pid) != await pool.run(mesh_jobs.pid)
        assert psutil.pid_exists(survivor)
    assert replaced("died") == died + 1


async def test_a_process_that_dies_idle_costs_no_attempt() -> None:
    async with a_pool() as pool:
        pid = await pool.run(mesh_jobs.pid)
        psutil.Process(pid).kill()
        place = pool._places[0]
        await until(lambda: place.executor._broken is not False)
        assert await pool.run(mesh_jobs.pid) != pid


async def test_a_cancelled_job_ends_its_process_and_no_other(tmp_path: Path) -> None:
    async with a_pool(2) as pool:
        neighbour = asyncio.create_task(pool.run(mesh_jobs.wait_for, tmp_path / "go"))
        cancelled = asyncio.create_task(pool.run(mesh_jobs.nap, 60, tmp_path / "begun"))
        await until(lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text() != "")
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        pid = int((tmp_path / "begun").read_text())
        await until(lambda: gone(pid))
        (tmp_path / "go").touch()
        assert psutil.pid_exists(await neighbour)


async def test_a_job_cancelled_while_it_waits_costs_no_process(tmp_path: Path) -> None:
    before = replaced("cancelled")
    async with a_pool() as pool:
        busy = asyncio.create_task(pool.run(mesh_jobs.wait_for, tmp_path / "go"))
        await until(lambda: gauge("avatar_mesh_pool_busy") == 1)
        waiting = asyncio.create_task(pool.run(mesh_jobs.pid))
        await asyncio.sleep(0)
        waiting.cancel()
        (tmp_path / "go").touch()
        assert await pool.run(mesh_jobs.pid) == await busy
    assert replaced("cancelled") == before


@pytest.mark.parametrize("in_a_guest", [False, True])
async def test_a_process_that_grows_over_the_limit_is_ended_and_its_neighbour_is_not(
    tmp_path: Path, in_a_guest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mesh_pool, "WATCH_SECONDS", 0.1)
    async with a_pool(2, memory_mb=250) as pool:
        neighbour = asyncio.create_task(pool.run(mesh_jobs.wait_for, tmp_path / "go"))
        with pytest.raises(CodecFailed, match=r"grew over 250 MB during hoard\. .* AVATAR_MESH_MEMORY_MB"):
            await pool.run(mesh_jobs.hoard, 300, in_a_guest=in_a_guest)
        (tmp_path / "go").touch()
        assert psutil.pid_exists(await neighbour)
        left = [process for process in psutil.Process().children(recursive=True) if "kept =" in str(process.cmdline())]
        assert left == []


async def test_a_process_that_stays_large_after_a_job_is_replaced_before_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mesh_pool, "WATCH_SECONDS", 0.05)
    async with a_pool(memory_mb=300) as pool:
        small = await pool.run(mesh_jobs.leak, 1)
        assert await pool.run(mesh_jobs.pid) == small
        large = await pool.run(mesh_jobs.leak, 170)
        assert large == small
        assert await pool.run(mesh_jobs.pid) != large


async def test_a_process_is_worn_out_after_its_share_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_pool, "JOBS_PER_PROCESS", 3)
    async with a_pool() as pool:
        pids = [await pool.run(mesh_jobs.pid) for _ in range(6)]
    assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4] == pids[5]


async def test_every_process_is_warmed_up_the_replacement_as_well() -> None:
    async with a_pool(2) as pool:
        await pool.warm_up(mesh_jobs.warm)
        assert await asyncio.gather(*(pool.run(mesh_jobs.warmth) for _ in range(2))) == [1, 1]
        with pytest.raises(CodecFailed):
            await pool.run(mesh_jobs.die)
        assert [await pool.run(mesh_jobs.warmth) for _ in range(4)] == [1, 1, 1, 1]


async def test_the_processes_of_a_worker_that_is_killed_end_with_it() -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent
    )
    assert worker.stdout is not None
    pid = int(await worker.stdout.readline())
    assert not gone(pid)
    worker.kill()
    await worker.wait()
    await until(lambda: gone(pid))


async def test_the_pool_tells_of_itself_while_it_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_pool, "WATCH_SECONDS", 0.05)
    assert gauge("avatar_mesh_pool_size") is None
    waits = "avatar_mesh_job_wait_seconds_count"
    async with a_pool() as pool:
        before = gauge(waits) or 0.0
        job = asyncio.create_task(pool.run(mesh_jobs.wait_for, tmp_path / "go"))
        await until(lambda: gauge("avatar_mesh_pool_busy") == 1)
        memory = "avatar_mesh_process_memory_bytes"
        await until(lambda: (REGISTRY.get_sample_value(memory, {"process": "0"}) or 0) > 10**7)
        (tmp_path / "go").touch()
        await job
        assert (gauge("avatar_mesh_pool_size"), gauge("avatar_mesh_pool_busy")) == (1, 0)
        assert gauge(waits) == before + 1
    assert gauge("avatar_mesh_pool_size") is None
