"""Google's Draco codec of triangle meshes in the sidecar."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import COMPONENT_DTYPES

_VERSION: Final = (2, 2)  # of the bitstream, as the glTF extension has it
_TRIANGLE_MESH: Final = 1
_SEQUENTIAL, _EDGEBREAKER = 0, 1
_METADATA: Final = 0x8000
_MOST_METADATA: Final = 10_000  # entries; nobody needs one


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attribute of a mesh by its unique id, and as what it is to be read."""

    id: int
    type: int  # glTF component type
    components: int


@dataclass(frozen=True, slots=True)
class DracoHeader:
    """What the first bytes say. ``vertices`` are None where only decoding tells (seams split them)."""

    faces: int
    vertices: int | None


@dataclass(frozen=True, slots=True)
class DracoMesh:
    """Triangles (t, 3), and (n, components) of each wanted attribute, in the order asked for."""

    indices: NDArray[np.uint32]
    attributes: tuple[NDArray[Any], ...]


def read_header(data: bytes) -> DracoHeader | None:
    """The counts of a Draco mesh, before anything is allocated for it; None when ``data`` is none or broken.

    Source: Draco Bitstream Specification 2.2, sections 3 to 6.
    """
    try:
        magic, major, minor, kind, method, flags = struct.unpack_from("<5s4BH", data)
        if magic != b"DRACO" or (major, minor) != _VERSION or kind != _TRIANGLE_MESH:
            return None
        reader = _Reader(data, 11)
        if flags & _METADATA:
            reader.skip_metadata()
        if method == _SEQUENTIAL:
            return DracoHeader(reader.number(), reader.number())
        if method == _EDGEBREAKER:
            reader.skip(1)  # kind of traversal
            reader.number()  # encoded vertices, before seams split them
            return DracoHeader(reader.number(), None)
    except (struct.error, IndexError):
        pass
    return None


def decode(
    sidecar: Sidecar, data: bytes, faces: int, points: int, attributes: Sequence[Wanted], where: str
) -> DracoMesh:
    """The mesh in ``data``, which must have exactly ``faces`` triangles and ``points`` vertices.

    Raises ``InvalidModel`` that says ``where`` when the codec refuses the data or they hold another mesh.
    """
    header = read_header(data)
    if header is None:
        raise _unfit("they are no triangle mesh of Draco 2.2", where)
    if header.faces != faces or header.vertices not in (None, points):
        many = "" if header.vertices is None else f" and {header.vertices:,} vertices"
        raise _unfit(f"they hold {header.faces:,} triangles{many} where {faces:,} and {points:,} are promised", where)
    reply = sidecar.call(
        "draco.decode",
        {"data": np.frombuffer(data, np.uint8)},
        faces=faces,
        points=points,
        attributes=[asdict(wanted) for wanted in attributes],
    )
    refused = reply.header.get("refused")
    if isinstance(refused, str):
        raise _unfit(refused[:200], where)
    indices = reply.arrays.get("indices")
    if indices is None or indices.dtype != np.uint32 or indices.size != faces * 3:
        raise _nonsense()
    made: list[NDArray[Any]] = []
    for at, wanted in enumerate(attributes):
        values = reply.arrays.get(f"attribute{at}")
        if values is None or values.dtype != COMPONENT_DTYPES[wanted.type] or values.size != points * wanted.components:
            raise _nonsense()
        made.append(values.reshape(points, wanted.components))
    return DracoMesh(indices.reshape(-1, 3), tuple(made))


@dataclass(frozen=True, slots=True)
class Given:
    """An attribute to encode: (n, components), and how it may be rounded; without ``bits`` it is not."""

    kind: str  # POSITION, NORMAL, COLOR, TEX_COORD, GENERIC
    values: NDArray[Any]
    bits: int = 0
    origin: tuple[float, ...] | None = None  # with ``range``: the cube that is divided, else the box around the values
    range: float = 0.0


@dataclass(frozen=True, slots=True)
class DracoData:
    """An encoded mesh, its counts, and the unique id of each attribute."""

    data: bytes
    faces: int
    points: int
    ids: tuple[int, ...]


def encode(
    sidecar: Sidecar, corners: NDArray[np.uint32], attributes: Sequence[Given], *, keep_order: bool
) -> DracoData:
    """Triangles (t, 3) with their attributes. Unless ``keep_order``, vertices are joined and get another order.

    Raises ``InvalidModel`` for indices out of range, ``CodecFailed`` when the encoder fails.
    """
    points = len(attributes[0].values)
    if int(corners.max(initial=0)) >= points or any(len(given.values) != points for given in attributes):
        raise InvalidModel("triangle indices reach past the vertices", mend="Export the model again")
    arrays: dict[str, NDArray[Any]] = {f"attribute{at}": given.values for at, given in enumerate(attributes)}
    said = [
        {"kind": g.kind, "components": g.values.shape[1], "bits": g.bits, "origin": g.origin, "range": g.range}
        for g in attributes
    ]
    reply = sidecar.call(
        "draco.encode", {"indices": corners, **arrays}, points=points, keep=keep_order, attributes=said
    )
    data, counts = reply.arrays.get("data"), [reply.header.get(key) for key in ("faces", "points")]
    ids = reply.header.get("ids")
    if (
        data is None
        or not all(isinstance(count, int) and count > 0 for count in counts)
        or not isinstance(ids, list)
        or len(set(ids)) != len(attributes)
        or (keep_order and counts != [len(corners), points])
    ):
        raise CodecFailed("the Draco encoder answered with another mesh", where="sidecar")
    return DracoData(data.tobytes(), int(counts[0] or 0), int(counts[1] or 0), tuple(ids))


class _Reader:
    """A place in Draco's bytes. Raises IndexError at their end."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at, self._entries = data, at, 0

    def skip(self, count: int) -> None:
        self._at += count

    def number(self) -> int:
        """An unsigned integer in groups of seven bits, the lowest first (LEB128)."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise IndexError("longer than 32 bits")

    def skip_metadata(self) -> None:
        """Metadata of attributes, then of the mesh: names and values, and more of them below."""
        for _ in range(self._counted()):
            self.number()  # the attribute
            self._skip_element()
        self._skip_element()

    def _skip_element(self) -> None:
        """Entries and the elements below, which lie depth first, each behind its name."""
        left = 1
        while True:
            for _ in range(self._counted()):
                self._skip_name()
                self.skip(self.number())
            left += self._counted() - 1
            if left == 0:
                return
            self._skip_name()

    def _skip_name(self) -> None:
        self.skip(1 + self._data[self._at])

    def _counted(self) -> int:
        count = self.number()
        self._entries += count
        if self._entries > _MOST_METADATA:
            raise IndexError("too much metadata")
        return count


def _unfit(detail: str, where: str) -> InvalidModel:
    return InvalidModel(f"its Draco data do not fit: {detail}", where=where, mend="Export the file again")


def _nonsense() -> CodecFailed:
    return CodecFailed("the Draco decoder answered with another mesh", where="sidecar")
