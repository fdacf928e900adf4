"""Transforms that change only which triangles a primitive has: its vertices stay where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.pose import I64, placements, triangles

_MIXER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio: spreads what differs in few bits
Spot = tuple[int, int]  # mesh number, primitive number


def with_triangles(document: Document, replaced: Mapping[Spot, NDArray[np.integer[Any]]]) -> Document:
    """``document`` in which the primitives at ``replaced`` are lists of these triangles (t, 3).

    A primitive left without triangles goes; a mesh left without primitives stays as an empty one, for ``compact`` to
    take off its nodes. The new indices are appended to the binary chunk.
    """
    if not replaced:
        return document
    meshes = [{**mesh, "primitives": list(mesh["primitives"])} for mesh in document.list("meshes")]
    new = Appended(document)
    for (mesh, number), corners in replaced.items():
        if len(corners) == 0:
            meshes[mesh]["primitives"][number] = None
            continue
        indices = new.values(corners.astype(np.uint32).reshape(-1, 1), "SCALAR")
        primitive = without(meshes[mesh]["primitives"][number], "mode")
        meshes[mesh]["primitives"][number] = {**primitive, "indices": indices}
    for mesh_tree in meshes:
        mesh_tree["primitives"] = [primitive for primitive in mesh_tree["primitives"] if primitive is not None]
    return new.document({"meshes": meshes})


def weld(document: Document) -> Change:
    """Make every shown primitive an indexed triangle list, and let corners share vertices that are equal bit by bit.

    Simplification needs it: corners of an unindexed mesh are not connected. Points, lines and triangles without an
    area of indices (two equal corners) are dropped.
    """
    replaced: dict[Spot, NDArray[np.integer[Any]]] = {}
    notes: list[str] = []
    for spot in sorted({(placement.mesh, placement.primitive) for placement in placements(document)}):
        primitive = document.tree["meshes"][spot[0]]["primitives"][spot[1]]
        mode = primitive.get("mode", 4)
        if mode < 4:
            kind = "points" if mode == 0 else "lines"
            notes.append(f"dropped {kind} of mesh {spot[0]}: levels of detail hold triangles only")
            replaced[spot] = np.zeros((0, 3), np.uint32)
            continue
        corners = triangles(document, primitive)
        same = equal_vertices(document, primitive)
        joined = corners if same is None else same[corners]
        whole = proper(joined)
        if same is not None or mode != 4 or "indices" not in primitive or not whole.all():
            replaced[spot] = joined[whole]
    if replaced:
        notes.append(f"indexed and welded {len(replaced)} primitives")
    return Change(with_triangles(document, replaced), tuple(notes))


def proper(corners: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """(t,) True for triangles with three different corners."""
    first, second, third = corners.T
    distinct: NDArray[np.bool_] = (first != second) & (second != third) & (third != first)
    return distinct


def used_rows(corners: NDArray[np.integer[Any]]) -> tuple[I64, I64]:
    """The numbers in ``corners``, rising, each once; and for each of ``corners``, in the same shape, its place among
    them. Without the sorting of ``np.unique``: made for vertex numbers, which are dense."""
    places = np.zeros(int(corners.max(initial=-1)) + 1, np.int64)
    places[corners] = 1
    rows: I64 = np.flatnonzero(places)
    places[rows] = np.arange(len(rows))
    return rows, places[corners]


def equal_vertices(document: Document, primitive: Tree) -> I64 | None:
    """(n,) the first vertex that equals each one in every attribute and morph target; None when no two are equal."""
    streams = list(primitive["attributes"].values())
    twins = _likely_twins(document, streams)  # vertices that still have an equal one
    streams += [at for target in primitive.get("targets", ()) for at in target.values()]
    first = np.zeros(len(twins), np.int64)  # of its equals, by its place among the twins
    for at in streams:
        if len(twins) == 0:
            return None
        octets = _octets(read_raw(document, at)[twins])
        if (octets == octets[first]).all():
            continue
        key = np.column_stack([_octets(first[:, None]), octets])
        blobs = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1])))[:, 0]
        _, places, group, sizes = np.unique(blobs, return_index=True, return_inverse=True, return_counts=True)
        kept = sizes[group] > 1
        twins, first = twins[kept], (np.cumsum(kept) - 1)[places[group[kept]]]
    if len(twins) == 0:
        return None
    same = np.arange(document.tree["accessors"][streams[0]]["count"])
    same[twins] = twins[first]
    return same


def _likely_twins(document: Document, streams: Sequence[int]) -> I64:
    """The vertices that share a hash of these accessors with another, rising: all that are equal are among them."""
    mixed = np.zeros(document.tree["accessors"][streams[0]]["count"], np.uint64)
    for at in streams:
        for words in _words(read_raw(document, at)).T:
            mixed = (mixed ^ words) * _MIXER
            mixed ^= mixed >> np.uint64(32)
    ordered = np.sort(mixed)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(mixed, shared)) if len(shared) else np.zeros(0, np.int64)


def _words(rows: NDArray[Any]) -> NDArray[np.uint32]:
    """The bits of (n, components) as (n, words), the last filled up with zeros."""
    octets = _octets(rows)
    filled = np.zeros((len(rows), -(-octets.shape[1] // 4) * 4), np.uint8)
    filled[:, : octets.shape[1]] = octets
    return filled.view(np.uint32)


def _octets(rows: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(rows).view(np.uint8).reshape(len(rows), -1)
