"""meshoptimizer's codecs of buffer views in the sidecar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.guests.sidecar import Sidecar

BATCH: Final = 32 * 2**20  # decoded bytes of one call: bounds the memory of the child


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


def decode(sidecar: Sidecar, payloads: Sequence[tuple[CodedView, bytes]], wheres: Sequence[str]) -> list[bytes]:
    """The decoded bytes of every payload. Counts, strides, modes and filters must have been checked.

    Raises ``InvalidModel`` that says ``wheres[n]`` when the codec refuses payload n.
    """
    decoded: list[bytes] = []
    for batch in _batches(payloads):
        data = np.frombuffer(b"".join(payload for _, payload in batch), np.uint8)
        reply = sidecar.call("meshopt.decode", {"data": data}, views=[asdict(view) for view, _ in batch])
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
