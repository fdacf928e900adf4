"""meshoptimizer's codecs of buffer views in the sidecar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.guests.sidecar import Sidecar

BATCH: Final = 32 * 2**20  # decoded bytes of one call: bounds the memory of the child


@dataclass(frozen=True, slots=True)
class RawView:
    """A view to be compressed, in the words of the extension.

    ``data`` holds what the decoder will give, but for two filters: for OCTAHEDRAL four floats an element (a direction
    and one more number), for EXPONENTIAL what the filter makes floats of.
    """

    data: bytes
    count: int
    stride: int  # bytes of a decoded element
    mode: str
    filter: str = "NONE"
    bits: int = 0  # of each coordinate, for OCTAHEDRAL


@dataclass(frozen=True, slots=True)
class CodedView:
    """How a view was compressed, in the words of the extension. ``filter`` is "NONE" for modes without one."""

    bytes: int  # of the payload
    count: int
    stride: int  # bytes of an element
    mode: str  # ATTRIBUTES, TRIANGLES, INDICES
    filter: str

    @property
    def size(self) -> int:
        """Decoded bytes."""
        return self.count * self.stride

    def said(self) -> dict[str, Any]:
        """For the guest. There can be thousands, and ``asdict`` is slow."""
        return {name: getattr(self, name) for name in self.__slots__}


def decode(sidecar: Sidecar, payloads: Sequence[tuple[CodedView, bytes]], wheres: Sequence[str]) -> list[bytes]:
    """The decoded bytes of every payload. Counts, strides, modes and filters must have been checked.

    Raises ``InvalidModel`` that says ``wheres[n]`` when the codec refuses payload n.
    """
    decoded: list[bytes] = []
    for batch in _batches(payloads):
        data = np.frombuffer(b"".join(payload for _, payload in batch), np.uint8)
        reply = sidecar.call("meshopt.decode", {"data": data}, views=[view.said() for view, _ in batch])
        refused = reply.header.get("refused")
        if isinstance(refused, int) and 0 <= refused < len(batch):
            raise InvalidModel(
                "the meshopt data in this view is damaged",
                where=wheres[len(decoded) + refused],
                mend="Export or compress the file again",
            )
        made = reply.arrays["data"].tobytes() if "data" in reply.arrays else b""
        if len(made) != sum(view.size + -view.size % 4 for view, _ in batch):
            raise CodecFailed("the meshopt decoder answered with another number of bytes", where="sidecar")
        start = 0
        for view, _ in batch:
            decoded.append(made[start : start + view.size])
            start += view.size + -view.size % 4
    return decoded


def encode(sidecar: Sidecar, views: Sequence[RawView]) -> list[bytes]:
    """The payload of each view, in the first version of the formats. Raises ``CodecFailed`` for a view that is none."""
    payloads: list[bytes] = []
    for view in views:
        element = 16 if view.filter == "OCTAHEDRAL" else view.stride
        if view.count == 0 or len(view.data) != view.count * element or view.stride > 256:
            raise CodecFailed("a view was to be encoded that is not what it says", where="sidecar")
    for batch in _raw_batches(views):
        data = np.frombuffer(b"".join(view.data for view in batch), np.uint8)
        said = [
            {
                "bytes": len(view.data),
                "count": view.count,
                "stride": view.stride,
                "mode": view.mode,
                "filter": view.filter,
                "bits": view.bits,
            }
            for view in batch
        ]
        reply = sidecar.call("meshopt.encode", {"data": data}, views=said)
        lengths, made = reply.header.get("lengths"), reply.arrays["data"].tobytes()
        if not isinstance(lengths, list) or len(lengths) != len(batch) or sum(lengths) != len(made):
            raise CodecFailed("the meshopt encoder answered with another number of bytes", where="sidecar")
        start = 0
        for length in lengths:
            payloads.append(made[start : start + length])
            start += length
    return payloads


def reorder(
    sidecar: Sidecar, lists: Sequence[NDArray[np.uint32]]
) -> list[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """For each list of triangles (t, 3), which use all vertices below their highest: the triangles, on renumbered
    vertices, in the order that is smallest when compressed, and the old number of each new vertex.

    Raises ``CodecFailed`` when the answer is no renumbering.
    """
    if not lists:
        return []
    sizes = [triangles.size for triangles in lists]
    data = np.concatenate([triangles.reshape(-1) for triangles in lists]).astype(np.uint32)
    reply = sidecar.call("meshopt.reorder", {"indices": data}, sizes=sizes)
    ordered, remap = reply.arrays["indices"], reply.arrays["remap"].astype(np.int64)
    counts = [int(triangles.max()) + 1 for triangles in lists]
    if len(ordered) != sum(sizes) or len(remap) != sum(counts):
        raise CodecFailed("reorder answered with another number of vertices", where="sidecar")
    made: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] = []
    start = first = 0
    for size, count in zip(sizes, counts, strict=True):
        places = remap[first : first + count]
        old = np.full(count, -1)
        old[places[places < count]] = np.flatnonzero(places < count)
        corners = ordered[start : start + size]
        if (old < 0).any() or int(corners.max()) >= count:
            raise CodecFailed("reorder answered with something that is no renumbering", where="sidecar")
        made.append((corners.reshape(-1, 3), old))
        start, first = start + size, first + count
    return made


def _raw_batches(views: Sequence[RawView]) -> Iterator[list[RawView]]:
    batch: list[RawView] = []
    for view in views:
        if batch and sum(len(other.data) for other in batch) + len(view.data) > BATCH:
            yield batch
            batch = []
        batch.append(view)
    if batch:
        yield batch


def _batches(payloads: Sequence[tuple[CodedView, bytes]]) -> Iterator[list[tuple[CodedView, bytes]]]:
    batch: list[tuple[CodedView, bytes]] = []
    size = 0
    for item in payloads:
        if batch and size + item[0].size > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item[0].size
    if batch:
        yield batch
