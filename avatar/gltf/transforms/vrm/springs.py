"""Hair that swings: chains of joints under the head, the vertices that hang along them, and what they bump into.

A mesh says in ``extras.springs`` along which lines it may swing: [[[x, y, z], ...], ...], root to tip, where the model
is bound. Vertices near a line leave their joints for the line's, more so farther from its root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.pose import F64, Placement, joint_matrices, placements, skin_weights, world_matrices
from avatar.gltf.transforms.skeleton import humanoid

EXTENSION: Final = "VRMC_springBone"
KEY: Final = "springs"
MOST_LINES, MOST_POINTS = 32, 16
INFLUENCES: Final = 4
_REACH: Final = (0.035, 0.09)  # metres: how far from its line a vertex may hang; half of the way to the next line
_FADE: Final = 0.06  # metres from the root on which a line takes over
_FIXED: Final = "_Cap"  # primitives of such materials lie on the skull
_STIFF, _GRAVITY, _DRAG, _RADIUS = 0.9, 0.25, 0.45, 0.018  # VRMC_springBone's own units; radius in metres

Line = F64  # (k, 3) world


@dataclass(frozen=True, slots=True)
class Chain:
    """A line and the numbers of its joints' nodes, one for each point."""

    line: Line
    nodes: tuple[int, ...]


def hang_springs(document: Document) -> Change:
    """``document`` whose meshes swing along the lines that they name; unchanged when none does, when there is no head,
    or when a file has springs of its own."""
    lines = _lines(document)
    head = humanoid(document).get("Head")
    if not lines or head is None or EXTENSION in document.tree.get("extensions", {}):
        return Change(document)
    worlds = world_matrices(document)
    nodes = [dict(node) for node in document.list("nodes")]
    chains = {mesh: [_grown(nodes, head, worlds[head], line, mesh) for line in found] for mesh, found in lines.items()}
    every = [chain for found in chains.values() for chain in found]
    appended = Appended(document)
    skins = _skins(document, appended, worlds, every)
    meshes = list(document.list("meshes"))
    for placement in placements(document):
        if placement.mesh in chains and "skin" in document.tree["nodes"][placement.node]:
            attributes = _hung(document, placement, worlds, appended, chains[placement.mesh])
            meshes[placement.mesh] = _with_attributes(meshes[placement.mesh], placement.primitive, attributes)
    for mesh in chains:
        meshes[mesh] = _without_lines(meshes[mesh])
    tree = document.tree
    extensions = {**tree.get("extensions", {}), EXTENSION: _swinging(document, worlds, every)}
    used = sorted({*tree.get("extensionsUsed", ()), EXTENSION})
    parts = {"nodes": nodes, "skins": skins, "meshes": meshes, "extensions": extensions, "extensionsUsed": used}
    return Change(appended.document(parts), (f"{len(every)} springs of {sum(len(c.nodes) for c in every)} joints",))


def _lines(document: Document) -> dict[int, list[Line]]:
    """Mesh -> its lines; what is not a list of lists of three numbers is not heard."""
    found: dict[int, list[Line]] = {}
    for at, mesh in enumerate(document.list("meshes")):
        extras = mesh.get("extras")
        said: Any = extras.get(KEY) if isinstance(extras, dict) else None
        for points in said[:MOST_LINES] if isinstance(said, list) else ():
            try:
                line = np.array(points, np.float64)
            except (TypeError, ValueError):
                continue
            if line.ndim == 2 and line.shape[1] == 3 and 2 <= len(line) <= MOST_POINTS and np.isfinite(line).all():
                found.setdefault(at, []).append(line)
    return found


def _grown(nodes: list[Tree], head: int, world: F64, line: Line, mesh: int) -> Chain:
    """A chain of new nodes under the head, turned as it is."""
    turn = np.linalg.inv(world[:3, :3])
    steps = np.concatenate([(line[:1] - world[:3, 3]), np.diff(line, axis=0)]) @ turn.T
    first = len(nodes)
    numbers = tuple(range(first, first + len(line)))
    for at, (number, step) in enumerate(zip(numbers, steps, strict=True)):
        node: Tree = {"name": f"Hair{mesh}_{first}_{at + 1}", "translation": [round(float(value), 6) for value in step]}
        if at + 1 < len(line):
            node["children"] = [number + 1]
        nodes.append(node)
    nodes[head] = {**nodes[head], "children": [*nodes[head].get("children", ()), first]}
    return Chain(line, numbers)


def _skins(document: Document, appended: Appended, worlds: F64, chains: Sequence[Chain]) -> list[Tree]:
    """Every skin with all joints of the chains at its end, bound where they are."""
    numbers = [number for chain in chains for number in chain.nodes]
    places = np.concatenate([chain.line for chain in chains])
    head = humanoid(document)["Head"]
    made = []
    for at, skin in enumerate(document.list("skins")):
        if head not in skin["joints"]:
            made.append(skin)
            continue
        bound = joint_matrices(document, at, worlds)[skin["joints"].index(head)]
        frames = np.repeat(worlds[head][None], len(numbers), axis=0)
        frames[:, :3, 3] = places
        inverse = np.linalg.inv(frames) @ bound
        if "inverseBindMatrices" in skin:
            before = read_floats(document, skin["inverseBindMatrices"])[: len(skin["joints"])]
        else:
            before = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (len(skin["joints"]), 1))
        after = inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
        after[:, 3::4] = (0, 0, 0, 1)  # the last row is exact in the format
        matrices = appended.values(np.concatenate([before, after]), "MAT4")
        made.append({**skin, "joints": [*skin["joints"], *numbers], "inverseBindMatrices": matrices})
    return made


def _hung(
    document: Document,
    placement: Placement,
    worlds: F64,
    appended: Appended,
    chains: Sequence[Chain],
) -> Mapping[str, int]:
    """New JOINTS_0 and WEIGHTS_0 of a primitive; nothing where none of it hangs."""
    primitive, node = placement.tree(document), document.tree["nodes"][placement.node]
    material = document.tree["materials"][primitive["material"]] if "material" in primitive else {}
    found = skin_weights(document, primitive)
    skin = document.tree["skins"][node["skin"]]
    head = humanoid(document)["Head"]
    if found is None or head not in skin["joints"] or material.get("name", "").endswith(_FIXED):
        return {}
    bound = joint_matrices(document, node["skin"], worlds)[skin["joints"].index(head)]
    own = read_floats(document, primitive["attributes"]["POSITION"]).astype(np.float64)
    places = own @ bound[:3, :3].T + bound[:3, 3]
    share, along, nearest = _along(places, chains)
    if share.max() < 1e-3:
        return {}
    starts = np.array([chain.nodes[0] for chain in chains]) - len(document.list("nodes")) + len(skin["joints"])
    joints, weights = _mixed(*found, share, along, starts[nearest], np.array([len(c.nodes) for c in chains])[nearest])
    return {
        "JOINTS_0": appended.values(joints.astype(np.uint8 if joints.max() < 256 else np.uint16), "VEC4"),
        "WEIGHTS_0": appended.values(weights, "VEC4", normalized=True),
    }


def _along(places: F64, chains: Sequence[Chain]) -> tuple[F64, F64, F64]:
    """For each vertex: how far its nearest line has it (0 to 1), where along that line it hangs (in joints), and the
    number of the line."""
    distances, positions, lengths = [], [], []
    for chain in chains:
        ends, ways = chain.line[:-1], np.diff(chain.line, axis=0)
        sizes = np.linalg.norm(ways, axis=1)
        at = np.einsum("nsk,sk->ns", places[:, None] - ends[None], ways) / np.maximum(sizes**2, 1e-12)
        at = at.clip(0.0, 1.0)
        gaps = np.linalg.norm(places[:, None] - ends[None] - at[..., None] * ways[None], axis=2)
        best = gaps.argmin(axis=1)
        rows = np.arange(len(places))
        inside = at[rows, best]
        distances.append(gaps[rows, best])
        positions.append(best + inside)
        lengths.append(np.concatenate([[0.0], np.cumsum(sizes)])[best] + inside * sizes[best])
    nearest = np.argmin(distances, axis=0)
    rows = np.arange(len(places))
    gap, along, length = (np.array(values)[nearest, rows] for values in (distances, positions, lengths))
    reach = _spacing(chains)
    share = _smooth(length / _FADE) * _smooth((reach - gap) / (0.4 * reach))
    return share, along, nearest


def _spacing(chains: Sequence[Chain]) -> float:
    """How far from its line a vertex may hang: what lies between two lines belongs to one of them."""
    tips = np.array([chain.line[-1] for chain in chains])
    gaps = np.linalg.norm(tips[:, None] - tips[None], axis=2) + np.where(np.eye(len(tips)) > 0, np.inf, 0.0)
    between = float(np.median(gaps.min(axis=1))) if len(chains) > 1 else 0.0
    return float(np.clip(between, *_REACH))


def _smooth(value: F64) -> F64:
    at = value.clip(0.0, 1.0)
    return np.asarray(at * at * (3 - 2 * at))


def _mixed(joints: Any, weights: F64, share: F64, along: F64, first: Any, count: Any) -> tuple[Any, Any]:
    """(n, 4) joints and (n, 4) weights in 255ths: the four strongest of what a vertex had and what its line gives.

    The joint at one end of a piece of a line turns that piece; half-way to the next it hands over.
    """
    at = (along - 0.5).clip(0.0, np.maximum(count - 2, 0))
    lower = np.floor(at).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(count - 2, 0))
    handed = at - lower
    every = np.concatenate([joints, (first + lower)[:, None], (first + upper)[:, None]], axis=1)
    parts = np.concatenate(
        [weights * (1 - share)[:, None], (share * (1 - handed))[:, None], (share * handed)[:, None]], axis=1
    )
    order = np.argsort(-parts, axis=1, kind="stable")[:, :INFLUENCES]
    kept = np.take_along_axis(every, order, axis=1)
    scaled = np.take_along_axis(parts, order, axis=1)
    scaled *= 255.0 / scaled.sum(axis=1, keepdims=True)
    rounded = np.floor(scaled)
    short = (255 - rounded.sum(axis=1)).astype(np.int64)
    ranks = np.argsort(np.argsort(-(scaled - rounded), axis=1, kind="stable"), axis=1, kind="stable")
    rounded += ranks < short[:, None]
    return np.where(rounded > 0, kept, 0), rounded.astype(np.uint8)


def _with_attributes(mesh: Tree, number: int, attributes: Mapping[str, int]) -> Tree:
    """``mesh`` whose primitive ``number`` has these attributes, and no more than one set of joints."""
    if not attributes:
        return mesh
    primitives = list(mesh["primitives"])
    old = primitives[number]["attributes"]
    others = [name for name in old if name.startswith(("JOINTS_", "WEIGHTS_"))]
    primitives[number] = {**primitives[number], "attributes": {**without(old, *others), **attributes}}
    return {**mesh, "primitives": primitives}


def _without_lines(mesh: Tree) -> Tree:
    extras = without(mesh["extras"], KEY)
    return {**mesh, "extras": extras} if extras else without(mesh, "extras")


def _swinging(document: Document, worlds: F64, chains: Sequence[Chain]) -> Tree:
    """``VRMC_springBone``: a spring for each chain, against head, neck, chest and shoulders."""
    colliders = _colliders(humanoid(document), worlds)
    joint = {
        "hitRadius": _RADIUS,
        "stiffness": _STIFF,
        "gravityPower": _GRAVITY,
        "gravityDir": [0.0, -1.0, 0.0],
        "dragForce": _DRAG,
    }
    made: Tree = {
        "specVersion": "1.0",
        "springs": [
            {
                "name": f"hair {number + 1}",
                "joints": [{"node": node, **joint} for node in chain.nodes],
                **({"colliderGroups": [0]} if colliders else {}),
            }
            for number, chain in enumerate(chains)
        ],
    }
    if colliders:
        made["colliders"] = colliders
        made["colliderGroups"] = [{"name": "body", "colliders": list(range(len(colliders)))}]
    return made


def _colliders(joints: Mapping[str, int], worlds: F64) -> list[Tree]:
    """Spheres and capsules in the proportions of the head; lengths in the joints' own units."""
    if "HeadTop_End" not in joints:
        return []
    at = {name: worlds[node, :3, 3] for name, node in joints.items()}
    size = float(np.linalg.norm(at["HeadTop_End"] - at["Head"]))
    made = []

    def add(joint: str, start: F64, end: F64 | None, radius: float) -> None:
        inverse = np.linalg.inv(worlds[joints[joint]])
        scale = float(np.cbrt(np.abs(np.linalg.det(inverse[:3, :3]))))
        points = [(inverse @ np.append(point, 1.0))[:3] for point in (start, start if end is None else end)]
        first, last = ([round(float(value), 5) for value in point] for point in points)
        shape = {"offset": first, "radius": round(radius * size * scale, 5)}
        kind = {"sphere": shape} if end is None else {"capsule": {**shape, "tail": last}}
        made.append({"node": joints[joint], "shape": kind})

    add("Head", 0.55 * at["Head"] + 0.45 * at["HeadTop_End"], None, 0.46)
    if "Neck" in at:
        add("Neck", at["Neck"], at["Head"], 0.30)
    chest = next((name for name in ("Spine2", "Spine1", "Spine") if name in at), None)
    if chest is not None:
        add(chest, at[chest], at.get("Neck", at[chest]), 0.55)
    for side in ("Left", "Right"):
        shoulder, arm = f"{side}Shoulder", f"{side}Arm"
        if shoulder in at and arm in at:
            add(shoulder, at[shoulder], at[arm], 0.30)
    return made
