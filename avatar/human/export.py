"""Finished parts into one GLB as Ready Player Me shaped it: one skin, one mesh a node, every face mesh with all morphs.

Geometry comes first in the binary chunk, images last, so that other images can take their place (`repaint`).

Plain glTF 2.0 that any reader takes: JPEG and PNG textures, float positions, sparse morph targets; the only extension
is KHR_materials_specular, which readers may ignore. Compression and levels of detail are for the gltf room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.character import CharacterDescription
from avatar.errors import GenerationFailed
from avatar.human.figure import F32, F64, I64, U8, Figure, Part
from avatar.human.gallery import Gallery, bound, glow_of
from avatar.human.likeness import shape_key
from avatar.human.rig import Bind, bind, deltas_to_bind, to_bind
from avatar.human.unity import HUMANOID

ROOT = "Armature"
STILL = 1e-5  # metres; smaller displacements are noise of the blend, not movement
STRAIGHT = 0.05  # change of a unit normal that nobody sees: three degrees
FOLDING = frozenset({"Wolf3D_Head"})  # lids and cheeks are lit wrongly unless their normals move too; others may not
MAX_INDEX_16 = 65_535  # 0xffff itself is primitive restart

FLOAT, UINT8, UINT16, UINT32 = 5126, 5121, 5123, 5125
COMPONENT = {"f4": FLOAT, "u1": UINT8, "u2": UINT16, "u4": UINT32}
SHAPE = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
VERTICES, INDICES = 34962, 34963

Json = dict[str, Any]


def to_glb(figure: Figure, parts: Sequence[Part]) -> bytes:
    """A binary glTF 2.0 file of the parts, bound in the T-pose to the 67 joints.

    Parts of one node become primitives of one mesh, in the order given. A mesh that any morph moves lists all
    ``figure.morphs`` in their order, each target of a primitive that stays still sharing one empty accessor. Equal
    input gives equal bytes. Raises GenerationFailed for a part that is empty or holds numbers that are not finite.
    """
    pose = bind(figure)
    names = tuple(figure.morphs)
    meshes: dict[str, list[Part]] = {}
    for part in parts:
        check(part)
        meshes.setdefault(part.node, []).append(part)
    file = File(gallery=Gallery(glow=glow_of(figure.character.style)))
    first_mesh_node = 1 + len(figure.joint_names)
    skin_joints = add_skeleton(file, figure.joint_names, pose, range(first_mesh_node, first_mesh_node + len(meshes)))
    for node, group in meshes.items():
        moving = names if any(part.morphs for part in group) else ()
        mesh: Json = {"name": node, "primitives": [primitive(file, pose, part, moving) for part in group]}
        mesh["extras"] = {"importance": max(part.importance for part in group)}
        if moving:
            mesh["weights"] = [0.0] * len(moving)
            mesh["extras"]["targetNames"] = list(moving)
        if swinging := [line for part in group for line in springs(pose, part)]:
            mesh["extras"]["springs"] = swinging
        file.lists["nodes"].append({"name": node, "mesh": len(file.lists["meshes"]), "skin": 0})
        file.lists["meshes"].append(mesh)
    inverse = pose.inverse.transpose(0, 2, 1).reshape(-1, 16)  # glTF matrices are column-major
    file.lists["skins"].append(
        {"name": ROOT, "joints": skin_joints, "skeleton": skin_joints[0], "inverseBindMatrices": file.array(inverse)}
    )
    return file.glb(asset(figure.character, len(figure.joint_names), len(names)))


def check(part: Part) -> None:
    if not len(part.triangles) or not len(part.positions):
        raise GenerationFailed("a part has no triangles", where=f"{part.node}/{part.material.name}")
    arrays: list[F64 | F32] = [part.positions, part.normals, part.uv, part.weights]
    arrays += [*part.morphs.values(), *part.springs]
    for array in arrays:
        if not np.isfinite(array).all():
            raise GenerationFailed("a part holds NaN or infinity", where=f"{part.node}/{part.material.name}")


def asset(character: CharacterDescription, joints: int, morphs: int) -> Json:
    """Who made the file and by which contract; ``shape`` tells which other characters have this geometry."""
    try:
        release = version("ar-avatar")
    except PackageNotFoundError:  # run from a source tree that was never installed
        release = "source"
    contract = {"skeleton": "Ready Player Me, 67 joints, T-pose", "joints": joints, "morphTargets": morphs}
    extras = {
        "contract": contract,
        "humanoid": dict(HUMANOID),
        "style": character.style.value,
        "shape": shape_key(character),
    }
    return {"version": "2.0", "generator": f"AR Avatar {release}", "extras": extras}


def add_skeleton(file: File, joint_names: tuple[str, ...], pose: Bind, meshes: Iterable[int]) -> list[int]:
    """Node 0 is the root, nodes 1..67 are the joints in order; returns the joints' nodes."""
    children: list[list[int]] = [[] for _ in joint_names]
    roots: list[int] = []
    for joint, parent in enumerate(pose.parents):
        (roots if parent < 0 else children[parent]).append(joint + 1)
    file.lists["nodes"].append({"name": ROOT, "children": [*roots, *meshes]})
    for joint, name in enumerate(joint_names):
        node: Json = {
            "name": name,
            "translation": floats(pose.translation[joint]),
            "rotation": floats(pose.rotation[joint]),
        }
        if children[joint]:
            node["children"] = children[joint]
        file.lists["nodes"].append(node)
    return list(range(1, 1 + len(joint_names)))


def floats(values: F64) -> list[float]:
    """Numbers of JSON at the precision a reader keeps: seven digits are a float32's."""
    return [float(f"{value:.7g}") + 0.0 for value in values]


def primitive(file: File, pose: Bind, part: Part, names: tuple[str, ...]) -> Json:
    positions, normals = to_bind(pose, part.positions, part.normals, part.weights)
    joints, weights = four_joints(part.weights)
    attributes = {
        "POSITION": file.array(positions, target=VERTICES, bounds=True),
        "NORMAL": file.array(normals, target=VERTICES),
        "TEXCOORD_0": file.array(part.uv, target=VERTICES),
        "JOINTS_0": file.array(joints, target=VERTICES),
        "WEIGHTS_0": file.array(weights, target=VERTICES, normalised=True),
    }
    if part.colour is not None:
        attributes["COLOR_0"] = file.array(vertex_colours(part.colour), target=VERTICES, normalised=True)
    small = len(positions) <= MAX_INDEX_16
    indices = part.triangles.reshape(-1, 1).astype("<u2" if small else "<u4")
    out: Json = {
        "attributes": attributes,
        "indices": file.array(indices, target=INDICES),
        "material": file.gallery.add(part.material),
    }
    if names:
        streams = {"POSITION": displacements(file, deltas_to_bind(pose, part.morphs, part.weights), names, part, STILL)}
        if part.node in FOLDING:
            bent = deltas_to_bind(pose, bends(part), part.weights)
            streams["NORMAL"] = displacements(file, bent, names, part, STRAIGHT)
        out["targets"] = [
            {semantic: accessors[k] for semantic, accessors in streams.items()} for k in range(len(names))
        ]
    return out


def springs(pose: Bind, part: Part) -> list[list[list[float]]]:
    """What may swing as polylines in the bind pose, root to tip: each point moves as the vertex of the part next to it.

    Metres, rounded to a tenth of a millimetre.
    """
    out: list[list[list[float]]] = []
    for line in part.springs:
        nearest = np.asarray(cKDTree(part.positions).query(line)[1])
        points, _ = to_bind(pose, line, np.zeros_like(line), part.weights[nearest])
        out.append([[round(float(value), 4) + 0.0 for value in point] for point in points])
    return out


def displacements(file: File, deltas: Mapping[str, F64], names: Sequence[str], part: Part, least: float) -> list[int]:
    """An accessor for each name; those that change nothing share one."""
    count = len(part.positions)
    still: int | None = None
    out: list[int] = []
    for name in names:
        moved = deltas.get(name)
        rows = np.zeros(0, np.int64) if moved is None else np.flatnonzero(np.abs(moved).max(1) > least)
        if moved is not None and len(rows):
            out.append(file.displacement(rows, moved))
            continue
        if still is None:
            still = file.displacement(np.zeros(1, np.int64), np.zeros((count, 3)))
        out.append(still)
    return out


def bends(part: Part) -> dict[str, F64]:
    """What each morph adds to the unit normals, (n, 3) by name: area-weighted, across texture seams."""
    _, seat = np.unique(np.round(part.positions, 7), axis=0, return_inverse=True)
    seat = seat.reshape(-1)
    seats = int(seat.max()) + 1

    def summed(triangles: I64, areas: F64) -> F64:
        corners = seat[triangles].reshape(-1)
        return np.stack([np.bincount(corners, np.repeat(areas[:, k], 3), seats) for k in range(3)], axis=1)

    def areas(points: F64, triangles: I64) -> F64:
        a, b, c = points[triangles].transpose(1, 0, 2)
        return np.cross(b - a, c - a)

    rest = summed(part.triangles, areas(part.positions, part.triangles))
    unit_rest = unit(rest)[seat]
    out: dict[str, F64] = {}
    for name, moved in part.morphs.items():
        touched = part.triangles[(np.abs(moved).max(1) > STILL)[part.triangles].any(1)]
        change = areas(part.positions + moved, touched) - areas(part.positions, touched)
        out[name] = unit(rest + summed(touched, change))[seat] - unit_rest
    return out


def unit(vectors: F64) -> F64:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-20))


def four_joints(weights: F32) -> tuple[U8, U8]:
    """(n, 4) joints and (n, 4) weights in 255ths of (n, 67) rows: largest first, every row sums to exactly 255.

    Shares are rounded by largest remainder; a joint whose share rounds to nothing becomes joint 0, as the
    specification asks of unused slots.
    """
    largest = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    share = np.take_along_axis(weights, largest, axis=1).astype(np.float64)
    total = share.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        raise GenerationFailed("a vertex follows no joint")
    share *= 255 / total
    whole = np.floor(share)
    missing = (255 - whole.sum(axis=1)).astype(np.int64)
    rank = np.argsort(np.argsort(whole - share, axis=1, kind="stable"), axis=1)
    whole += rank < missing[:, None]
    return np.where(whole > 0, largest, 0).astype(np.uint8), whole.astype(np.uint8)


def vertex_colours(colour: F32) -> NDArray[np.uint16]:
    """(n, 4) linear factors in 65535ths, opaque when the part gives no alpha."""
    full = np.ones((len(colour), 4))
    full[:, : colour.shape[1]] = np.clip(colour, 0, 1)
    return np.round(full * 65535).astype(np.uint16)


@dataclass(slots=True)
class File:
    """The glTF under construction: JSON lists, the binary chunk, and the materials."""

    lists: dict[str, list[Json]] = field(
        default_factory=lambda: {kind: [] for kind in ("nodes", "meshes", "skins", "accessors", "bufferViews")}
    )
    chunk: bytearray = field(default_factory=bytearray)
    gallery: Gallery = field(default_factory=Gallery)
    sparse_rows: bytearray = field(default_factory=bytearray)
    sparse_values: bytearray = field(default_factory=bytearray)
    sparse_entries: list[Json] = field(default_factory=list)

    def view(self, data: bytes, target: int | None = None) -> int:
        self.chunk += b"\0" * (-len(self.chunk) % 4)
        entry = {"buffer": 0, "byteOffset": len(self.chunk), "byteLength": len(data)}
        self.lists["bufferViews"].append(entry | ({"target": target} if target else {}))
        self.chunk += data
        return len(self.lists["bufferViews"]) - 1

    def array(
        self, values: NDArray[Any], *, target: int | None = None, bounds: bool = False, normalised: bool = False
    ) -> int:
        """An accessor of (n, k) values; floats are stored as float32."""
        stored = np.ascontiguousarray(values, "<f4") if values.dtype.kind == "f" else np.ascontiguousarray(values)
        entry: Json = {
            "bufferView": self.view(stored.tobytes(), target),
            "componentType": COMPONENT[stored.dtype.str[1:]],
            "count": len(stored),
            "type": SHAPE[stored.shape[1]],
        }
        if normalised:
            entry["normalized"] = True
        if bounds:
            entry |= {"min": stored.min(0).tolist(), "max": stored.max(0).tolist()}
        self.lists["accessors"].append(entry)
        return len(self.lists["accessors"]) - 1

    def displacement(self, rows: I64, moved: F64) -> int:
        """A morph target: sparse unless most vertices move. All sparse ones share two buffer views."""
        stored = moved.astype("<f4")
        wide = len(stored) > MAX_INDEX_16 + 1
        if len(rows) * (16 if wide else 14) >= stored.nbytes:
            return self.array(stored, target=VERTICES, bounds=True)
        kept = stored[rows]
        still = [0.0, 0.0, 0.0]
        sparse = {
            "count": len(rows),
            "indices": {"byteOffset": aligned(self.sparse_rows), "componentType": UINT32 if wide else UINT16},
            "values": {"byteOffset": len(self.sparse_values)},
        }
        self.sparse_rows += rows.astype("<u4" if wide else "<u2").tobytes()
        self.sparse_values += kept.tobytes()
        self.sparse_entries.append(sparse)
        entry = {
            "componentType": FLOAT,
            "count": len(stored),
            "type": "VEC3",
            "min": np.minimum(kept.min(0), still).astype("<f4").tolist(),
            "max": np.maximum(kept.max(0), still).astype("<f4").tolist(),
            "sparse": sparse,
        }
        self.lists["accessors"].append(entry)
        return len(self.lists["accessors"]) - 1

    def glb(self, asset: Json) -> bytes:
        if self.sparse_entries:
            rows, values = self.view(bytes(self.sparse_rows)), self.view(bytes(self.sparse_values))
            for sparse in self.sparse_entries:
                sparse["indices"]["bufferView"], sparse["values"]["bufferView"] = rows, values
        return bound(asset, self.lists, bytes(self.chunk), self.gallery)


def aligned(buffer: bytearray) -> int:
    """Pad to four bytes and return the offset."""
    buffer += b"\0" * (-len(buffer) % 4)
    return len(buffer)
