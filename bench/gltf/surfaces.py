"""How far apart two surfaces are, in the bind pose, in a pose, and with a face that moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import (
    F64,
    I64,
    Pose,
    placed_vertices,
    placements,
    quaternion_matrix,
    target_names,
    triangles,
    world_matrices,
)
from avatar.gltf.transforms.simplify.strays import to_triangles

SAMPLES = 40_000  # points measured, each way
ANCHORS = 200_000  # points that find the nearest triangles
CANDIDATES = 8  # triangles tried for each point
EXACT = 600  # of the farthest points, each way: measured against every triangle that could be nearer
SEED = 1
HEIGHT = 1.8  # metres: every avatar is measured as if it were so tall


def _turn(axis: Sequence[float], degrees: float) -> F64:
    half = np.radians(degrees) / 2
    return quaternion_matrix(np.array([*(np.array(axis, float) * np.sin(half)), np.cos(half)]))


# Joints by the names that Mixamo, Ready Player Me, VRoid, VRM, Unreal and 3ds Max Biped give them.
TURNS = (
    (r"left_?arm|l_upperarm|leftupperarm|upperarm_l|l_upperarm", _turn((0, 0, 1), -50) @ _turn((1, 0, 0), 40)),
    (r"right_?forearm|r_lowerarm|rightlowerarm|lowerarm_r|r_forearm", _turn((0, 0, 1), 70)),
    (r"left_?upleg|l_upperleg|leftupperleg|thigh_l|l_thigh", _turn((1, 0, 0), 60)),
    (r"left_?leg|l_lowerleg|leftlowerleg|calf_l|l_calf", _turn((1, 0, 0), -70)),
    (r"spine|spine_01", _turn((0, 1, 0), 25)),
    (r"head", _turn((0, 1, 0), 30)),
)
PREFIX = re.compile(r"^(mixamorig\d*[:_]?|j_bip_(c_)?|bip\d*_|def-)", re.I)
# Morphs that open the mouth, smile, close the eyes and raise the brows, under the names of each school.
FACE = (
    (r"jawOpen|(h_expressions|h_teeth)\.(t_)?MouthOpen_h", 0.6),
    (r"mouthSmile(Left|Right)|h_expressions\.[LR]smileClose_h", 0.8),
    (r"eyeBlink(Left|Right)|h_expressions\.[LR]eyeClose_h", 1.0),
    (r"browInnerUp|h_expressions\.[LR]browUp_h", 0.8),
)
PLAIN = ((r"mouthOpen|Fcl_MTH_A", 0.6), (r"mouthSmile|Fcl_ALL_Joy", 0.8))  # for avatars with none of these


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles where a pose puts them."""

    corners: F64  # (t, 3, 3)


@dataclass(frozen=True, slots=True)
class Distance:
    """Between two surfaces, mm."""

    mean: float  # of both ways
    p99: float  # of the worse way
    hausdorff: float  # the farthest point of the worse way


def pose_of(document: Document) -> Pose:
    """A body that reaches, steps and turns, on whichever of its joints this rig has."""
    joints = {joint for skin in document.list("skins") for joint in skin["joints"]}
    names = [document.tree["nodes"][joint].get("name", "") for joint in sorted(joints)]
    found: dict[str, F64] = {}
    for pattern, turn in TURNS:
        for name in names:
            if re.fullmatch(pattern, PREFIX.sub("", name).replace(" ", "_"), re.I):
                found[name] = turn
    return found


def face_of(document: Document) -> dict[str, float]:
    """A face that smiles with its eyes closed and its mouth open, of whichever morphs this model has."""
    names = {name for mesh in document.list("meshes") for name in target_names(mesh)}
    for table in (FACE, PLAIN):
        found = {name: weight for pattern, weight in table for name in names if re.fullmatch(pattern, name)}
        if found:
            return found
    return {}


def surface(document: Document, pose: Pose | None = None, morph: Mapping[str, float] | None = None) -> Surface:
    """All shown triangles of ``document``, posed and morphed."""
    worlds = world_matrices(document, pose)
    parts = []
    for placement in placements(document):
        corners: I64 = triangles(document, placement.tree(document))
        parts.append(placed_vertices(document, placement, worlds, morph=morph)[corners])
    return Surface(np.concatenate(parts))


def scaled(whole: Surface, factor: float) -> Surface:
    """``whole``, so many times as large."""
    return Surface(whole.corners * factor)


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


def one_way(source: Surface, target: Surface) -> tuple[F64, F64]:
    """Points on ``source``, the first ``SAMPLES`` spread evenly and then every corner, and how far each is from
    ``target``."""
    points = np.concatenate([sample(source, SAMPLES)[0], np.unique(source.corners.reshape(-1, 3), axis=0)])
    anchors, owners = sample(target, ANCHORS)
    near = np.asarray(cKDTree(anchors).query(points, CANDIDATES)[1])
    best = np.full(len(points), np.inf)
    for at in range(CANDIDATES):
        best = np.minimum(best, to_triangles(points, target.corners[owners[near[:, at]]]))
    return points, _tightened(points, best, target)


def _tightened(points: F64, best: F64, target: Surface) -> F64:
    """``best`` (n,), upper bounds, made exact where they are largest: a triangle too thin to hold an anchor may be
    the nearest."""
    centres = target.corners.mean(axis=1)
    radii = np.linalg.norm(target.corners - centres[:, None], axis=2).max(axis=1)
    exact = best.copy()
    farthest = np.concatenate([np.argsort(-best[:SAMPLES])[:EXACT], SAMPLES + np.argsort(-best[SAMPLES:])[:EXACT]])
    for at in farthest:
        close = np.flatnonzero(np.linalg.norm(centres - points[at], axis=1) - radii < best[at])
        if len(close):
            here = np.broadcast_to(points[at], (len(close), 3))
            exact[at] = min(best[at], to_triangles(here, target.corners[close]).min())
    return exact


def distance(reference: Surface, made: Surface) -> Distance:
    """Mean of both ways over even samples, the worse 99th percentile, and the farthest of samples and corners."""
    there, back = one_way(reference, made)[1] * 1000, one_way(made, reference)[1] * 1000
    even_there, even_back = there[:SAMPLES], back[:SAMPLES]
    return Distance(
        float(even_there.mean() + even_back.mean()) / 2,
        max(float(np.percentile(even_there, 99)), float(np.percentile(even_back, 99))),
        max(float(there.max()), float(back.max())),
    )
