"""Our levels of detail beside gltfpack's, on one avatar in one run: surface error, bytes, seconds.

    python -m bench.lods AVATAR.glb

The error is the distance between surfaces, both ways, in mm: of the bind pose, of a body that reaches and steps, and
of a face that smiles with its eyes closed and its mouth open. gltfpack 1.3.0 runs with ``-noq -kn -ke -km -sp -se 1``
at the ratio that its input needs; its time holds the start of node.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from avatar.gltf.document import Document
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.inspect import inspect, require_sound
from avatar.gltf.lods import build_lod
from avatar.gltf.pose import (
    F64,
    I64,
    Pose,
    placed_vertices,
    placements,
    quaternion_matrix,
    triangles,
    world_matrices,
)
from avatar.gltf.variants import LEVELS
from runtime.toolchain import toolchain

SAMPLES = 40_000  # points measured, each way
ANCHORS = 200_000  # points that find the nearest triangles
CANDIDATES = 8  # triangles tried for each point
SEED = 1


def _turn(axis: Sequence[float], degrees: float) -> F64:
    half = np.radians(degrees) / 2
    return quaternion_matrix(np.array([*(np.array(axis, float) * np.sin(half)), np.cos(half)]))


POSE: Pose = {
    "LeftArm": _turn((0, 0, 1), -50) @ _turn((1, 0, 0), 40),
    "RightForeArm": _turn((0, 0, 1), 70),
    "LeftUpLeg": _turn((1, 0, 0), 60),
    "LeftLeg": _turn((1, 0, 0), -70),
    "Spine": _turn((0, 1, 0), 25),
    "Head": _turn((0, 1, 0), 30),
}
FACE: Mapping[str, float] = {
    "jawOpen": 0.6,
    "mouthSmileLeft": 0.8,
    "mouthSmileRight": 0.8,
    "eyeBlinkLeft": 1.0,
    "eyeBlinkRight": 1.0,
    "browInnerUp": 0.8,
}


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles where a pose puts them."""

    corners: F64  # (t, 3, 3)


@dataclass(frozen=True, slots=True)
class Distance:
    """Between two surfaces, mm."""

    mean: float
    p99: float


def surface(document: Document, pose: Pose | None = None, morph: Mapping[str, float] | None = None) -> Surface:
    """All shown triangles of ``document``, posed and morphed."""
    worlds = world_matrices(document, pose)
    parts = []
    for placement in placements(document):
        corners: I64 = triangles(document, placement.tree(document))
        parts.append(placed_vertices(document, placement, worlds, morph=morph)[corners])
    return Surface(np.concatenate(parts))


def above(whole: Surface, height: float) -> Surface:
    """The triangles of ``whole`` whose centre is higher than ``height``."""
    return Surface(whole.corners[whole.corners[:, :, 1].mean(axis=1) > height])


def sample(of: Surface, count: int) -> tuple[F64, I64]:
    """Points spread evenly over a surface, and the triangle that each lies on."""
    first, second, third = (of.corners[:, at] for at in range(3))
    areas = np.linalg.norm(np.cross(second - first, third - first), axis=1)
    random = np.random.default_rng(SEED)
    chosen = random.choice(len(areas), count, p=areas / areas.sum())
    u, v = random.random((2, count, 1))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    return first[chosen] + u * (second - first)[chosen] + v * (third - first)[chosen], chosen


def to_triangles(points: F64, corners: F64) -> F64:
    """(n,) distance of each point (n, 3) from its triangle (n, 3, 3): the foot of the perpendicular or an edge."""
    best = np.full(len(points), np.inf)
    for at in range(3):
        start, along = corners[:, at], corners[:, (at + 1) % 3] - corners[:, at]
        length = np.maximum((along**2).sum(axis=1), 1e-20)
        share = np.clip(((points - start) * along).sum(axis=1) / length, 0, 1)
        best = np.minimum(best, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = np.cross(one, two)
    size = np.maximum((normal**2).sum(axis=1), 1e-30)
    offset = points - corners[:, 0]
    beta = (np.cross(offset, two) * normal).sum(axis=1) / size
    gamma = (np.cross(one, offset) * normal).sum(axis=1) / size
    inside = (beta >= 0) & (gamma >= 0) & (beta + gamma <= 1)
    height = np.abs((offset * normal).sum(axis=1)) / np.sqrt(size)
    return np.where(inside, height, best)


def one_way(source: Surface, target: Surface) -> F64:
    """Distances of points on ``source`` from ``target``."""
    points, _ = sample(source, SAMPLES)
    anchors, owners = sample(target, ANCHORS)
    near = np.asarray(cKDTree(anchors).query(points, CANDIDATES)[1])
    best = np.full(len(points), np.inf)
    for at in range(CANDIDATES):
        best = np.minimum(best, to_triangles(points, target.corners[owners[near[:, at]]]))
    return best


def distance(reference: Surface, made: Surface) -> Distance:
    """Mean of both ways, and the worse 99th percentile."""
    there, back = one_way(reference, made) * 1000, one_way(made, reference) * 1000
    worst = max(float(np.percentile(there, 99)), float(np.percentile(back, 99)))
    return Distance(float(there.mean() + back.mean()) / 2, worst)


def gltfpack(tools: Toolchain, data: bytes, ratio: float) -> bytes:
    """What gltfpack makes of ``data`` at this share of its triangles."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "in.glb"), Path(folder, "out.glb")
        source.write_bytes(data)
        command = [str(tools.node), str(tools.modules / "gltfpack" / "cli.js"), "-i", str(source), "-o", str(made)]
        options = ["-noq", "-kn", "-ke", "-km", "-sp", "-se", "1", "-si", f"{ratio:.5f}"]
        subprocess.run([*command, *options], check=True, capture_output=True)
        return made.read_bytes()


def _ours(data: bytes, level: int, sidecar: Sidecar) -> bytes:
    return build_lod(data, level, sidecar).data


def compare(data: bytes, tools: Toolchain) -> str:
    """A Markdown table: for levels 1 and 2, ours and gltfpack's."""
    reference = require_sound(data)
    before = inspect(data)
    names = [("bind", None, None), ("posed", POSE, None), ("face", None, FACE)]
    surfaces = {name: surface(reference, pose, morph) for name, pose, morph in names}
    chin = before.bounds.low[1] + 0.87 * (before.bounds.high[1] - before.bounds.low[1]) if before.bounds else 0.0
    lines = [
        f"{before.triangles:,} triangles, {len(before.morphs)} morphs, {before.bytes:,} bytes; "
        "surface distance in mm, mean / 99th percentile",
        "",
        "| level | by | triangles | bytes | seconds | bind | posed | face |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with Sidecar(tools) as sidecar:
        build_lod(data, 2, sidecar)  # warm: the sidecar and the validator are started once a process
        for level in (1, 2):
            if before.triangles <= LEVELS[level].triangles:
                continue
            ratio = LEVELS[level].triangles / before.triangles
            makers: dict[str, Callable[[], bytes]] = {
                "ours": partial(_ours, data, level, sidecar),
                "gltfpack": partial(gltfpack, tools, data, ratio),
            }
            for maker, make in makers.items():
                start = time.perf_counter()
                made = make()
                seconds = time.perf_counter() - start
                document = require_sound(made)
                cells = []
                for name, pose, morph in names:
                    pair = (surfaces[name], surface(document, pose, morph))
                    if name == "face":
                        pair = (above(pair[0], chin), above(pair[1], chin))
                    found = distance(*pair)
                    cells.append(f"{found.mean:.2f} / {found.p99:.1f}")
                size = f"{inspect(made).triangles:,} | {len(made):,} | {seconds:.2f}"
                lines.append(f"| {level} | {maker} | {size} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table of each file named."""
    if not arguments:
        print("usage: python -m bench.lods AVATAR.glb ...", file=sys.stderr)
        return 2
    for name in arguments:
        print(f"## {Path(name).name}\n\n{compare(Path(name).read_bytes(), toolchain())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
