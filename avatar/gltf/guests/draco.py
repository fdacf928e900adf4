"""Google's Draco codec of triangle meshes in the sidecar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.accessors import COMPONENT_DTYPES
from avatar.gltf.guests.sidecar import Sidecar


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attribute of a mesh by its unique id, and as what it is to be read."""

    id: int
    type: int  # glTF component type
    components: int


@dataclass(frozen=True, slots=True)
class DracoMesh:
    """Triangles (t, 3), and (n, components) of each attribute by unique id."""

    indices: NDArray[np.uint32]
    attributes: dict[int, NDArray[Any]]


def decode(
    sidecar: Sidecar, data: bytes, faces: int, points: int, attributes: Sequence[Wanted], where: str
) -> DracoMesh:
    """The mesh in ``data``, which must have exactly ``faces`` triangles and ``points`` vertices.

    Raises ``InvalidModel`` that says ``where`` when the codec refuses the data or they hold another mesh.
    """
    reply = sidecar.call(
        "draco.decode",
        {"data": np.frombuffer(data, np.uint8)},
        faces=faces,
        points=points,
        attributes=[asdict(wanted) for wanted in attributes],
    )
    refused = reply.header.get("refused")
    if isinstance(refused, str):
        raise InvalidModel(
            f"its Draco data do not fit: {refused[:200]}, of {faces:,} triangles and {points:,} vertices",
            where=where,
            mend="Export the file again",
        )
    indices = reply.arrays.get("indices")
    if indices is None or indices.dtype != np.uint32 or indices.size != faces * 3:
        raise _nonsense()
    made: dict[int, NDArray[Any]] = {}
    for wanted in attributes:
        values = reply.arrays.get(f"a{wanted.id}")
        if values is None or values.dtype != COMPONENT_DTYPES[wanted.type] or values.size != points * wanted.components:
            raise _nonsense()
        made[wanted.id] = values.reshape(points, wanted.components)
    return DracoMesh(indices.reshape(-1, 3), made)


def _nonsense() -> CodecFailed:
    return CodecFailed("the Draco decoder answered with another mesh", where="sidecar")
