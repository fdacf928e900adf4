"""What the photographer must know of a GLB: its nodes, its joints in space, its morph targets.

Reads the JSON chunk only; geometry stays with the renderer, so compressed and quantised files work alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.gltf.model.document import read_glb

F64 = NDArray[np.float64]

MAX_NODES = 4096


@dataclass(frozen=True, slots=True)
class Subject:
    """The scene graph of one avatar in its rest pose; metres, Y up."""

    rotations: F64  # (n, 4) local quaternion x, y, z, w by node
    world: F64  # (n, 4, 4) rest-pose world matrix by node
    parents: tuple[int, ...]  # -1 for a root
    joints: Mapping[str, int]  # node index by name, Mixamo's prefix removed
    morphs: Mapping[int, tuple[str, ...]]  # mesh node index -> morph-target names

    def at(self, joint: str) -> F64 | None:
        """World position of a joint, None when the avatar has none of that name."""
        index = self.joints.get(joint)
        return None if index is None else self.world[index, :3, 3]


def read_subject(glb: bytes) -> Subject:
    """Read the scene graph of a GLB.

    Raises TooLarge, and InvalidModel when the container, the JSON or the node graph is broken or when a uri would
    make a reader reach outside the file.
    """
    document = read_glb(glb).tree
    for entry in [*document.get("buffers", []), *document.get("images", [])]:
        uri = entry.get("uri")
        if uri is not None and not str(uri).startswith("data:"):
            raise InvalidModel("a buffer or an image points outside the file", mend="Embed it in the GLB.")
    nodes = document.get("nodes", [])
    if not nodes or len(nodes) > MAX_NODES:
        raise InvalidModel(f"the file has {len(nodes)} nodes; 1 to {MAX_NODES} can be drawn")
    try:
        return subject_of(document, nodes)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise InvalidModel(f"the node graph is broken ({type(error).__name__}: {error})") from error


def subject_of(document: dict[str, Any], nodes: list[dict[str, Any]]) -> Subject:
    count = len(nodes)
    parents = [-1] * count
    for index, node in enumerate(nodes):
        for child in node.get("children", []):
            if parents[child] != -1 or child == index:
                raise InvalidModel("a node has two parents", where=f"nodes/{child}")
            parents[child] = index
    rotations = np.zeros((count, 4))
    local = np.empty((count, 4, 4))
    for index, node in enumerate(nodes):
        local[index] = local_matrix(node)
        rotations[index] = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    world = np.empty((count, 4, 4))
    order = [index for index in range(count) if parents[index] == -1]
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
        for index in order:  # grows while it is walked: parents come before children
            world[index] = local[index] if parents[index] == -1 else world[parents[index]] @ local[index]
            order.extend(nodes[index].get("children", []))
    if len(order) != count:
        raise InvalidModel("the node graph has a cycle")
    if not np.isfinite(world).all():
        raise InvalidModel("a node's place in the world is not finite")
    names = {str(node["name"]).split(":")[-1]: index for index, node in enumerate(nodes) if "name" in node}
    meshes = document.get("meshes", [])
    morphs = {index: target_names(meshes[node["mesh"]]) for index, node in enumerate(nodes) if "mesh" in node}
    return Subject(rotations, world, tuple(parents), names, {k: v for k, v in morphs.items() if v})


def local_matrix(node: dict[str, Any]) -> F64:
    if "matrix" in node:
        return np.asarray(node["matrix"], np.float64).reshape(4, 4).T
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_matrix(np.asarray(node.get("rotation", (0, 0, 0, 1)), np.float64))
    matrix[:3, :3] *= np.asarray(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix


def target_names(mesh: dict[str, Any]) -> tuple[str, ...]:
    """Morph-target names of a mesh; their numbers where it names none."""
    count = len(mesh["primitives"][0].get("targets", []))
    extras = mesh.get("extras")
    names = extras.get("targetNames", []) if isinstance(extras, dict) else []
    return tuple(map(str, names if len(names) == count else range(count)))


def rotation_matrix(quaternion: F64) -> F64:
    """(3, 3) of a unit quaternion x, y, z, w."""
    length = np.linalg.norm(quaternion)
    if not length > 0:
        raise ValueError("a rotation of length zero")
    x, y, z, w = quaternion / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
