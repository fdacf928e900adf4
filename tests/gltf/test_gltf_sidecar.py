"""The child process: its answers, its limits, and what its failures cost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from specimens import ball, grid

from avatar.errors import CodecFailed, InvalidModel, SetupProblem
from avatar.gltf.guests.sidecar import Limits, Sidecar, Toolchain
from avatar.gltf.guests.simplifier import reorder, simplify_with_attributes

CORNERS = grid(20, 30).astype(np.uint32)
POSITIONS = ball(20, 30, 1.0, -1.0)[0].astype(np.float32)
NOTHING = np.zeros((len(POSITIONS), 1), np.float32)


def test_simplify_reaches_its_target_on_original_vertices(sidecar: Sidecar) -> None:
    found = simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, 300)
    assert 0 < len(found) <= 300
    assert int(found.max()) < len(POSITIONS)


def test_locked_vertices_survive(sidecar: Sidecar) -> None:
    locked = np.zeros(len(POSITIONS), np.bool_)
    locked[31 * 10 : 31 * 10 + 20] = True
    kept = np.unique(simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, 200, held=locked.astype(np.uint8)))
    assert set(np.flatnonzero(locked)) <= set(kept.tolist())


def test_reorder_only_renumbers(sidecar: Sidecar) -> None:
    corners = CORNERS[5:400]
    ordered, old = reorder(sidecar, corners)

    def turned(triangles: np.ndarray) -> set[tuple[int, ...]]:
        return {tuple(np.roll(triangle, -int(triangle.argmin()))) for triangle in triangles}

    assert turned(old[ordered]) == turned(corners)
    np.testing.assert_array_equal(np.sort(old), np.unique(corners))


def test_bad_indices_never_reach_native_code(sidecar: Sidecar) -> None:
    wrong = CORNERS.copy()
    wrong[7, 1] = len(POSITIONS)
    with pytest.raises(InvalidModel, match="indices"):
        simplify_with_attributes(sidecar, wrong, POSITIONS, NOTHING, 100)
    holed = POSITIONS.copy()
    holed[3] = np.nan
    with pytest.raises(InvalidModel, match="NaN"):
        simplify_with_attributes(sidecar, CORNERS, holed, NOTHING, 100)


def test_two_threads_share_one_child(sidecar: Sidecar) -> None:
    targets = [60, 120, 240, 480, 90, 180]
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda target: len(simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, target)), targets
            )
        )
    expected = [len(simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, target)) for target in targets]
    assert found == expected


@pytest.fixture
def guest(tmp_path: Path, toolchain: Toolchain) -> Callable[..., Sidecar]:
    """Makes sidecars whose simplifier is the given JavaScript."""

    def make(body: str, limits: Limits | None = None) -> Sidecar:
        folder = tmp_path / "meshoptimizer"
        folder.mkdir()
        (folder / "package.json").write_text('{"type": "module"}')
        simplifier = f"ready: Promise.resolve(), simplifyWithAttributes(...given) {{ {body} }}"
        (folder / "meshopt_simplifier.js").write_text(f"export const MeshoptSimplifier = {{ {simplifier} }};")
        (folder / "meshopt_encoder.js").write_text("export const MeshoptEncoder = { ready: Promise.resolve() };")
        return Sidecar(Toolchain(toolchain.node, tmp_path), limits)

    return make


def _fails(sidecar: Sidecar, match: str) -> CodecFailed:
    """The call fails as said, costs nobody the next one, and leaves no process behind."""
    with sidecar:
        sidecar.call("host.ping")
        pid = sidecar.pid
        with pytest.raises(CodecFailed, match=match) as caught:
            simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, 100)
        assert sidecar.pid is None and pid is not None and not psutil.pid_exists(pid)
        sidecar.call("host.ping")
    return caught.value


def test_a_crash_costs_one_call_and_tells_its_last_words(guest: Callable[..., Sidecar]) -> None:
    error = _fails(guest("process.stderr.write('the reason'); process.abort();"), "signal 6")
    assert "the reason" in error.context["stderr"] and error.retryable


def test_a_fault_inside_a_codec_costs_one_call(guest: Callable[..., Sidecar]) -> None:
    _fails(guest("throw new Error('unreachable executed');"), "unreachable executed")


def test_a_busy_hang_runs_into_the_cpu_limit(guest: Callable[..., Sidecar]) -> None:
    _fails(guest("for (;;) {}", Limits(cpu_seconds=0.5, wall_seconds=60)), "signal 24")


def test_an_idle_hang_runs_into_the_time_limit(guest: Callable[..., Sidecar]) -> None:
    idle = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"
    _fails(guest(idle, Limits(wall_seconds=0.5)), "no answer for 0.5 s")


def test_growth_runs_into_the_memory_limit(guest: Callable[..., Sidecar]) -> None:
    grow = "const held = []; for (;;) held.push(Buffer.alloc(8e6, 1));"
    _fails(guest(grow, Limits(memory=300 * 2**20, cpu_seconds=20)), "over its 300 MB")


def test_an_answer_that_is_nonsense_is_refused(guest: Callable[..., Sidecar]) -> None:
    with guest("return [new Uint32Array([1, 2, 4e9]), 0];") as lying, pytest.raises(CodecFailed, match="out of range"):
        simplify_with_attributes(lying, CORNERS, POSITIONS, NOTHING, 100)


def test_an_answer_that_is_no_frame_is_refused(guest: Callable[..., Sidecar]) -> None:
    _fails(guest("process.stdout.write('Hello, this is no frame at all');"), "too long")


def test_the_guest_can_neither_read_nor_write_nor_start_anything(guest: Callable[..., Sidecar]) -> None:
    attempts = """
        const refused = [];
        const tries = [
            () => process.getBuiltinModule('fs').readFileSync('/etc/passwd'),
            () => process.getBuiltinModule('fs').writeFileSync('/tmp/left-behind', 'x'),
            () => process.getBuiltinModule('child_process').execSync('id'),
        ];
        for (const attempt of tries) try { attempt(); } catch (error) { refused.push(error.code); }
        throw new Error(refused.join());
    """
    _fails(guest(attempts), "ERR_ACCESS_DENIED,ERR_ACCESS_DENIED,ERR_ACCESS_DENIED")


def test_killed_in_the_middle_the_next_call_gets_a_fresh_child(guest: Callable[..., Sidecar]) -> None:
    with guest("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);") as sidecar:
        sidecar.call("host.ping")
        pid = sidecar.pid
        assert pid is not None
        # Busy or not yet: a child that dies before the request arrives is replaced, and then it hangs for good.
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        with pytest.raises(CodecFailed, match="signal 9"):
            simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, 100)
        sidecar.call("host.ping")
        assert sidecar.pid not in (None, pid)


def test_one_that_died_between_calls_is_replaced_unseen(sidecar: Sidecar) -> None:
    sidecar.call("host.ping")
    assert sidecar.pid is not None
    child = psutil.Process(sidecar.pid)
    child.kill()
    psutil.wait_procs([child], timeout=5)
    assert len(simplify_with_attributes(sidecar, CORNERS, POSITIONS, NOTHING, 300)) <= 300


def test_the_child_ends_with_its_input(toolchain: Toolchain) -> None:
    sidecar = Sidecar(toolchain)
    sidecar.call("host.ping")
    child = sidecar._child
    assert child is not None and child.process.stdin is not None
    child.process.stdin.close()
    assert child.process.wait(10) == 0
    sidecar.close()


def test_a_missing_program_says_what_to_run(tmp_path: Path, toolchain: Toolchain) -> None:
    with pytest.raises(SetupProblem, match="make setup"):
        Sidecar(Toolchain(tmp_path / "node", toolchain.modules)).call("host.ping")
    with pytest.raises(SetupProblem, match="make setup"):
        Sidecar(Toolchain(toolchain.node, tmp_path)).call("host.ping")
