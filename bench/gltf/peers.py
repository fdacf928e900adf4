"""What gltfpack and glTF-Transform make of the same file at the same number of triangles."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from avatar.gltf.guests.sidecar import Toolchain

POLL = 0.004  # seconds
_OURS = (sys.executable, "-m", "bench.gltf.child")


@dataclass(frozen=True, slots=True)
class Run:
    """What a process made, and what it took."""

    data: bytes
    seconds: float
    peak_mb: float  # resident, of the largest process


def gltfpack(tools: Toolchain, data: bytes, ratio: float, *, packed: bool = False) -> Run:
    """gltfpack at this share of the triangles, every name kept: as floats, or ``packed`` as small as it can."""
    sort = ["-cc"] if packed else ["-noq"]
    options = [*sort, "-kn", "-ke", "-km", "-sp", "-se", "1", "-si", f"{ratio:.6f}"]
    command = [str(tools.node), str(tools.modules / "gltfpack" / "cli.js")]
    return _run(data, lambda source, made: [*command, "-i", source, "-o", made, *options])


def gltf_transform(tools: Toolchain, data: bytes, ratio: float) -> Run:
    """``gltf-transform simplify`` at this share of the triangles."""
    command = [str(tools.node), str(tools.modules / "@gltf-transform" / "cli" / "bin" / "cli.js"), "simplify"]
    return _run(data, lambda source, made: [*command, source, made, "--ratio", f"{ratio:.6f}", "--error", "1"])


def ours(data: bytes, level: int) -> Run:
    """One level of ours, in a process of its own."""
    return _run(data, lambda source, made: [*_OURS, source, made, str(level), "0"])


def ours_warm(data: bytes, level: int, rounds: int) -> tuple[float, float, float]:
    """Seconds for one level of ours where Python and the sidecar already run, the best of ``rounds``: with all checks
    of the result; without them; with them, right after another level of the same model."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.glb"), Path(folder, "out.glb")
        source.write_bytes(data)
        command = [*_OURS, str(source), str(made), str(level), str(rounds)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=mesh_environment()).stdout
        checked, unchecked, second = map(float, said.split())
        return checked, unchecked, second


def quickest(make: Callable[[], Run], rounds: int) -> Run:
    """The run that took least time."""
    return min((make() for _ in range(rounds)), key=lambda run: run.seconds)


def mesh_environment() -> dict[str, str]:
    """Of a mesh process in production: one BLAS thread, said before numpy is imported."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1"}


def _run(data: bytes, command: Callable[[str, str], Sequence[str]]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.glb"), Path(folder, "out.glb")
        source.write_bytes(data)
        start = time.perf_counter()
        child = subprocess.Popen(
            command(str(source), str(made)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=mesh_environment(),
        )
        peak = 0.0
        while child.poll() is None:
            peak = max(peak, _peak_mb(child.pid))
            time.sleep(POLL)
        seconds = time.perf_counter() - start
        if child.returncode or not made.is_file():
            raise RuntimeError(f"{child.args!r} ended with {child.returncode}")
        return Run(made.read_bytes(), seconds, peak)


def _peak_mb(pid: int) -> float:
    """The most that the process or one of its children has had resident. What resource usage says of a child also
    counts the memory of the process that forked it."""
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        return max(high_water_mb(each) for each in family)
    except (psutil.NoSuchProcess, OSError, ValueError):
        return 0.0


def high_water_mb(pid: int) -> float:
    """VmHWM of a process. Raises OSError when it is gone."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
