"""What the parts of the parametric human hand each other. No algorithm lives here.

Space: metres, Y up, facing +Z, the avatar's left side at +X, soles at y = 0. A *figure* stands in the A-pose of the
source data (cloth and long hair hang right there); `rig.to_bind` carries finished parts into the T-pose in which the
file is bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from avatar.character import CharacterDescription

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Delta:
    """A sparse displacement of the base vertices: ``vertices[index] += offset`` at weight 1."""

    index: I64  # (k,) sorted base-vertex indices
    offset: F64  # (k, 3) metres


@dataclass(frozen=True, slots=True)
class Figure:
    """A shaped person without surface detail: all 19,158 hm08 base vertices, helpers included, in the A-pose."""

    character: CharacterDescription
    vertices: F64  # (19158, 3) metres, A-pose
    joints: Mapping[str, F64]  # Ready Player Me joint name -> (3,) position, A-pose
    joint_names: tuple[str, ...]  # the 67, parents before children
    weights: F32  # (19158, 67), rows sum to 1, at most 4 non-zero
    morphs: Mapping[str, Delta]  # the 72 contract morphs on base vertices, A-pose


class AlphaMode(StrEnum):
    OPAQUE = "OPAQUE"
    MASK = "MASK"
    BLEND = "BLEND"


@dataclass(frozen=True, slots=True)
class Material:
    """A glTF metallic-roughness material; images are (H, W, 3|4) uint8, sRGB for colour, linear for the rest."""

    name: str  # Ready Player Me's name: Wolf3D_Skin, Wolf3D_Eye, ...
    colour: U8 | None = None
    normal: U8 | None = None  # OpenGL, +Y up
    occlusion_roughness_metallic: U8 | None = None
    base_factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # linear
    roughness: float = 1.0
    metallic: float = 0.0
    alpha: AlphaMode = AlphaMode.OPAQUE
    cutoff: float = 0.5
    double_sided: bool = False
    specular: float | None = None  # KHR_materials_specular specularFactor
    keys: Mapping[str, str] = field(default_factory=dict)  # of the images, by field: equal keys mean equal pixels
    extras: Mapping[str, object] = field(default_factory=dict)  # JSON for clients: {"logo": {"rect": [u0, v0, u1, v1]}}


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive of the finished avatar, in the figure's A-pose."""

    node: str  # Ready Player Me's mesh node: Wolf3D_Head, Wolf3D_Body, Wolf3D_Hair, EyeLeft, ...
    material: Material
    positions: F64  # (n, 3)
    normals: F64  # (n, 3) unit
    uv: F64  # (n, 2) glTF convention: v down
    triangles: I64  # (t, 3) counter-clockwise seen from outside
    weights: F32  # (n, 67) rows sum to 1
    morphs: Mapping[str, F64] = field(default_factory=dict)  # name -> (n, 3); absent = does not move
    colour: F32 | None = None  # (n, 3|4) linear vertex colour factor
    importance: float = 1.0  # >1: keep more triangles here when simplifying
    springs: tuple[F64, ...] = ()  # (k, 3) each, root to tip: what may swing (a tail, a braid, a curtain of hair)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What clothes hide: True for base vertices that need no skin under them."""

    hidden: NDArray[np.bool_]  # (19158,)
