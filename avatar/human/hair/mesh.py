"""The working mesh of hair: what a glTF primitive needs, before skinning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from avatar.human.figure import F32, F64, I64, Material, Part
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import unit


@dataclass(frozen=True, slots=True)
class HairMesh:
    """Triangles with attributes; ``tint`` is a linear grey factor for depth, roots and lock variation."""

    position: F64  # (n, 3)
    normal: F64  # (n, 3)
    uv: F64  # (n, 2) glTF convention
    tint: F64  # (n,)
    triangles: I64  # (t, 3)
    weights: F32 | None = None  # (n, joints), only where hair is bound to the skin under it
    morphs: Mapping[str, F64] = field(default_factory=dict)  # name -> (n, 3)


@dataclass(frozen=True, slots=True)
class Grown:
    """A hairstyle on its head."""

    soft: HairMesh  # blended: caps, cards, wisps, from the inside out
    solid: HairMesh | None = None  # opaque: it gives the hair its depth
    springs: tuple[F64, ...] = ()  # polylines that may swing, root to tip


def join(meshes: Sequence[HairMesh]) -> HairMesh:
    """Concatenate meshes; a morph that one of them lacks leaves it still. Weights only when all of them carry some."""
    offset = np.cumsum([0] + [len(m.position) for m in meshes[:-1]])
    names = sorted({name for m in meshes for name in m.morphs})
    weights = [m.weights for m in meshes if m.weights is not None]
    return HairMesh(
        position=np.concatenate([m.position for m in meshes]),
        normal=np.concatenate([m.normal for m in meshes]),
        uv=np.concatenate([m.uv for m in meshes]),
        tint=np.concatenate([m.tint for m in meshes]),
        triangles=np.concatenate([m.triangles + o for m, o in zip(meshes, offset, strict=True)]),
        weights=np.concatenate(weights) if len(weights) == len(meshes) else None,
        morphs={
            name: np.concatenate([m.morphs.get(name, np.zeros_like(m.position)) for m in meshes]) for name in names
        },
    )


def drop_unused(mesh: HairMesh) -> HairMesh:
    """Without the vertices that no triangle uses."""
    used, inverse = np.unique(mesh.triangles, return_inverse=True)
    return HairMesh(
        mesh.position[used],
        mesh.normal[used],
        mesh.uv[used],
        mesh.tint[used],
        inverse.reshape(-1, 3).astype(np.int64),
        None if mesh.weights is None else mesh.weights[used],
        {name: offset[used] for name, offset in mesh.morphs.items()},
    )


def clear_of_clothes(mesh: HairMesh, head: HeadModel, below: float) -> HairMesh:
    """The mesh with all of it that is lower than ``below`` outside of skin and clothes."""
    p = mesh.position.copy()
    low = p[:, 1] < below
    for _ in range(6):
        distance, out = head.collision(p[low])
        p[low] += out * np.clip(0.003 - distance, 0, 0.03)[:, None]
    stray = low & (np.abs(p[:, 0]) > -0.99 * head.collision.low[0])  # pushed off the known part of the body
    return replace(mesh, position=p, triangles=mesh.triangles[~stray[mesh.triangles].any(1)])


def to_part(mesh: HairMesh, node: str, material: Material, weights: F32, importance: float = 1.0) -> Part:
    """The mesh as a `Part` of the avatar."""
    return Part(
        node=node,
        material=material,
        positions=mesh.position,
        normals=unit(mesh.normal),
        uv=mesh.uv,
        triangles=mesh.triangles,
        weights=weights,
        morphs=mesh.morphs,
        colour=np.repeat(np.clip(mesh.tint, 0.0, 1.0)[:, None], 3, 1).astype(np.float32),
        importance=importance,
    )
