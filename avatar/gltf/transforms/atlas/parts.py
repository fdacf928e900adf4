"""The parts that an atlas joins: primitives where nodes show them, with only the vertices they use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import Raw, read_floats, read_raw
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import Placement, triangles
from avatar.gltf.transforms.atlas.binding import Binding
from avatar.gltf.transforms.atlas.pictures import F64, I64
from avatar.gltf.transforms.atlas.surface import Surface

F32 = NDArray[np.float32]
MORPHED: Final = ("POSITION", "NORMAL", "TANGENT")


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive as it is merged: the vertices it uses, in the shared bind space.

    ``targets`` are displacements by morph name and attribute, each (n, 3); what is absent stays still.
    """

    placement: Placement
    name: str  # of node, mesh and material together
    surface: Surface
    corners: I64  # (t, 3) into the rows below
    positions: F32  # (n, 3)
    normals: F32  # (n, 3)
    tangents: F32 | None  # (n, 4)
    coordinates: F64  # (n, 2) of the surface
    colours: Raw | None  # (n, 4) as stored
    joints: I64 | None  # (n, 4 x sets) in the shared skin; None in a document without skins
    weights: Raw | None  # (n, 4 x sets) as stored: bytes that sum to 255, or float32
    targets: dict[str, dict[str, F32]]

    @property
    def area(self) -> F64:
        """(t,) what each triangle spans in the bind pose."""
        spot = self.positions.astype(float)[self.corners]
        found: F64 = np.linalg.norm(np.cross(spot[:, 1] - spot[:, 0], spot[:, 2] - spot[:, 0]), axis=1) / 2
        return found


def read_part(
    document: Document,
    placement: Placement,
    binding: Binding,
    surface: Surface,
    names: Sequence[str],
    *,
    skinned: bool,
) -> Part:
    """The part at ``placement``. ``names`` are those of its mesh's morph targets."""
    primitive = placement.tree(document)
    attributes: Tree = primitive["attributes"]
    rows, flat = np.unique(triangles(document, primitive), return_inverse=True)
    corners = flat.reshape(-1, 3).astype(np.int64)
    matrix = binding.matrix
    moved = not np.array_equal(matrix, np.eye(4))
    linear, bend = matrix[:3, :3], np.linalg.inv(matrix[:3, :3])
    if np.linalg.det(linear) < 0:  # mirrored: the other side would be the front
        corners = corners[:, ::-1]

    def floats(name: str) -> F32:
        return read_floats(document, attributes[name])[rows]

    positions = floats("POSITION")
    normals = floats("NORMAL") if "NORMAL" in attributes else _normals(positions, corners)
    tangents = floats("TANGENT") if "TANGENT" in attributes else None
    scale = np.ones((len(rows), 1))
    if moved:
        turned = normals.astype(float) @ bend
        scale = np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)
        normals = (turned / scale).astype(np.float32)
        positions = (positions.astype(float) @ linear.T + matrix[:3, 3]).astype(np.float32)
        if tangents is not None:
            along = tangents[:, :3].astype(float) @ linear.T
            along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
            tangents = np.column_stack([along, tangents[:, 3] * np.sign(np.linalg.det(linear))]).astype(np.float32)

    def target(streams: Tree) -> dict[str, F32]:
        made: dict[str, F32] = {}
        for name in MORPHED:
            if name in streams:
                shift = read_floats(document, streams[name])[rows]
                if moved:
                    turned = shift.astype(float) @ (bend if name == "NORMAL" else linear.T)
                    shift = (turned / scale if name == "NORMAL" else turned).astype(np.float32)
                made[name] = shift
        return made

    colours = _colours(document, attributes, rows)
    joints, weights = _influences(document, attributes, rows, binding) if skinned else (None, None)
    return Part(
        placement=placement,
        name=_name(document, placement, primitive),
        surface=surface,
        corners=corners,
        positions=positions,
        normals=normals,
        tangents=tangents,
        coordinates=_coordinates(document, attributes, rows, surface),
        colours=colours,
        joints=joints,
        weights=weights,
        targets={name: target(streams) for name, streams in zip(names, primitive.get("targets", ()), strict=False)},
    )


def _name(document: Document, placement: Placement, primitive: Tree) -> str:
    owners = [document.tree["nodes"][placement.node], document.tree["meshes"][placement.mesh]]
    if "material" in primitive:
        owners.append(document.tree["materials"][primitive["material"]])
    return " ".join(str(owner.get("name", "")) for owner in owners)


def _normals(positions: F32, corners: I64) -> F32:
    """Smooth normals for a primitive that has none."""
    spot = positions.astype(float)[corners]
    facing = np.cross(spot[:, 1] - spot[:, 0], spot[:, 2] - spot[:, 0])
    sums = np.zeros((len(positions), 3))
    for corner in range(3):
        np.add.at(sums, corners[:, corner], facing)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.where(length > 1e-20, sums / np.maximum(length, 1e-20), (0.0, 0.0, 1.0)).astype(np.float32)


def _coordinates(document: Document, attributes: Tree, rows: I64, surface: Surface) -> F64:
    name = f"TEXCOORD_{surface.coordinates}"
    if surface.coordinates is None or name not in attributes:
        return np.zeros((len(rows), 2))
    raw = read_floats(document, attributes[name])[rows].astype(float)
    found: F64 = raw @ surface.matrix[:, :2].T + surface.matrix[:, 2]
    return found


def _colours(document: Document, attributes: Tree, rows: I64) -> Raw | None:
    """(n, 4) vertex colours as stored; opaque where they have no alpha. White says nothing and is left out."""
    if "COLOR_0" not in attributes:
        return None
    values = read_raw(document, attributes["COLOR_0"])[rows]
    full = 1.0 if values.dtype == np.float32 else np.iinfo(values.dtype).max
    if values.shape[1] == 3:
        values = np.column_stack([values, np.full(len(values), full, values.dtype)])
    return None if (values == full).all() else values


def _influences(document: Document, attributes: Tree, rows: I64, binding: Binding) -> tuple[I64, Raw]:
    if binding.rigid:
        joints, weights = np.zeros((len(rows), 4), np.int64), np.zeros((len(rows), 4), np.uint8)
        joints[:, 0], weights[:, 0] = binding.joints[0], 255
        return joints, weights
    sets = sorted(name[7:] for name in attributes if name.startswith("JOINTS_"))
    own = np.concatenate([read_raw(document, attributes[f"JOINTS_{number}"])[rows] for number in sets], axis=1)
    raw = [read_raw(document, attributes[f"WEIGHTS_{number}"])[rows] for number in sets]
    if all(values.dtype == np.uint8 for values in raw):
        weights = np.concatenate(raw, axis=1)
        if (weights.astype(np.int64).sum(axis=1) == 255).all():
            return np.where(weights > 0, binding.joints[own], 0), weights
    full = np.concatenate([read_floats(document, attributes[f"WEIGHTS_{n}"])[rows] for n in sets], axis=1).astype(float)
    sums = full.sum(axis=1, keepdims=True)
    full[sums[:, 0] <= 0, 0] = 1.0  # as in ``pose.skin_weights``
    made = (full / np.where(sums > 0, sums, 1.0)).astype(np.float32)
    most = made.argmax(axis=1)
    made[np.arange(len(made)), most] += (1 - made.astype(float).sum(axis=1)).astype(np.float32)
    return np.where(made > 0, binding.joints[own], 0), made
