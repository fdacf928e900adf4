"""meshoptimizer in the sidecar: fewer triangles, and the order in which a GPU likes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.guests.sidecar import Reply, Sidecar

U32 = NDArray[np.uint32]
F32 = NDArray[np.float32]
LOCKED, PROTECTED = 1, 2  # what meshoptimizer calls a locked vertex, and one whose seam must not open


def simplify_with_attributes(
    sidecar: Sidecar,
    indices: U32,
    positions: F32,
    attributes: F32,
    target_triangles: int,
    *,
    held: NDArray[np.uint8] | None = None,
    flags: Sequence[str] = (),
) -> U32:
    """meshopt_simplifyWithAttributes: (t, 3) -> (t', 3), t' near ``target_triangles``; vertices stay as they are.

    ``positions`` (n, 3) and ``attributes`` (n, k <= 32); an error of 1 in an attribute costs as much as moving by the
    length of the edge that goes. ``held`` (n,) says which vertices are ``LOCKED`` and which, with the flag
    ``Permissive``, are ``PROTECTED``: they go along seams only. Raises ``InvalidModel`` for
    indices or numbers out of range.
    """
    _check_mesh(indices, positions)
    if not np.isfinite(attributes).all():
        raise InvalidModel("vertex attributes hold NaN or infinite numbers", mend="Export the model again")
    arrays: dict[str, NDArray[Any]] = {"indices": indices, "positions": positions, "attributes": attributes}
    if held is not None:
        arrays["lock"] = held
    target = min(target_triangles, len(indices)) * 3
    width = attributes.shape[1]
    reply = sidecar.call("simplifier.simplify", arrays, target=target, error=1e6, flags=list(flags), width=width)
    return _triangles(reply, len(positions))


def simplify_sloppy(sidecar: Sidecar, indices: U32, positions: F32, target_triangles: int) -> U32:
    """meshopt_simplifySloppy: (t, 3) -> (t', 3), blind to topology, so it always gets there. Raises ``InvalidModel``
    for indices or numbers out of range."""
    _check_mesh(indices, positions)
    target = min(target_triangles, len(indices)) * 3
    reply = sidecar.call("simplifier.sloppy", {"indices": indices, "positions": positions}, target=target)
    return _triangles(reply, len(positions))


def reorder(sidecar: Sidecar, indices: U32) -> tuple[U32, NDArray[np.int64]]:
    """Triangles (t, 3) in vertex-cache order on renumbered vertices; the old number of each new vertex (n',)."""
    reply = sidecar.call("simplifier.reorder", {"indices": indices})
    count = int(indices.max()) + 1
    ordered, remap = reply.arrays["indices"].reshape(-1, 3), reply.arrays["remap"].astype(np.int64)
    used = np.unique(indices)
    places = remap[used] if len(remap) == count else np.zeros(0, np.int64)
    if ordered.shape != indices.shape or not np.array_equal(np.sort(places), np.arange(len(used))):
        raise CodecFailed("reorder answered with something that is no renumbering", where="sidecar")
    old = np.empty(len(used), np.int64)
    old[places] = used
    return ordered, old


def _check_mesh(indices: U32, positions: F32) -> None:
    """Native code trusts indices: one out of range reads foreign memory."""
    if len(indices) == 0 or int(indices.max()) >= len(positions):
        raise InvalidModel("triangle indices reach past the vertices", mend="Export the model again")
    if not np.isfinite(positions).all():
        raise InvalidModel("vertex positions hold NaN or infinite numbers", mend="Export the model again")


def _triangles(reply: Reply, vertices: int) -> U32:
    indices = reply.arrays["indices"]
    if indices.dtype != np.uint32 or indices.size % 3 or (indices.size and int(indices.max()) >= vertices):
        raise CodecFailed("the simplifier answered with indices out of range", where="sidecar")
    return indices.reshape(-1, 3)
