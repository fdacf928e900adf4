"""Buffer views as meshoptimizer's codec writes them (EXT_meshopt_compression).

Nothing is lost here but digits of normals and tangents: what can be left out is for `quantize`, which comes first. The
first version of the codec's formats is used, which every reader of the extension knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.guests.meshopt import RawView, encode
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import COMPONENT_DTYPES, Raw, element_size, read_floats, view_bytes
from avatar.gltf.model.document import Change, Document, Tree
from avatar.gltf.model.layout import geometry_only, image_bytes, with_images

EXTENSION: Final = "EXT_meshopt_compression"
_MAX_STRIDE = 256


@dataclass(frozen=True, slots=True)
class MeshoptOptions:
    """What the codec may lose."""

    directions: int = 8  # bits of each coordinate of a normal or tangent, in octahedral form


DEFAULTS: Final = MeshoptOptions()


def compress_meshopt(document: Document, sidecar: Sidecar, options: MeshoptOptions = DEFAULTS) -> Change:
    """``document`` with its geometry and animations compressed; images stay as they are, and last.

    Takes documents whose images come last (`compact`, `quantize`). The uncompressed views lie in a second buffer
    without data, as the extension asks. Raises ``InvalidModel`` when images lie elsewhere, ``CodecFailed`` when the
    encoder fails.
    """
    views, _ = geometry_only(document)
    users = _users(document)
    chosen = {
        at: raw
        for at, view in enumerate(views)
        if (raw := _raw_view(document, at, view, users.get(at, []), options)) is not None
    }
    encoded = dict(zip(chosen, encode(sidecar, list(chosen.values())), strict=True))
    made: list[Tree] = []
    chunks: list[bytes] = []
    size = unfolded = 0
    for at, view in enumerate(views):
        data = encoded.get(at)
        whole = view_bytes(document, at)
        packed = data is not None and len(data) < len(whole)
        kept = data if packed and data is not None else whole
        start = size + -size % 4
        chunks += [b"\0" * (start - size), kept]
        size = start + len(kept)
        if not packed:
            made.append({**view, "byteOffset": start})
            continue
        raw = chosen[at]
        claim: Tree = {
            "buffer": 0,
            "byteOffset": start,
            "byteLength": len(kept),
            "byteStride": raw.stride,
            "count": raw.count,
            "mode": raw.mode,
        }
        if raw.filter != "NONE":
            claim["filter"] = raw.filter
        unfolded += -unfolded % 4
        made.append({**view, "buffer": 1, "byteOffset": unfolded, "extensions": {EXTENSION: claim}})
        unfolded += len(whole)
    if not unfolded:
        return Change(document)
    made, binary = with_images(made, b"".join(chunks), image_bytes(document))
    tree = {**document.tree, "bufferViews": made}
    fallback = {"byteLength": unfolded, "extensions": {EXTENSION: {"fallback": True}}}
    tree["buffers"] = [{"byteLength": len(binary)}, fallback]
    for key in ("extensionsUsed", "extensionsRequired"):
        tree[key] = sorted({*tree.get(key, ()), EXTENSION})
    note = f"compressed {unfolded:,} bytes of geometry to {sum(map(len, encoded.values())):,}"
    return Change(Document(tree, binary), (note,))


def _users(document: Document) -> dict[int, list[tuple[int, str]]]:
    """Which accessors look into each view, and what for: a semantic, "indices", "morph", or "" for anything else."""
    purposes: dict[int, str] = {}
    for mesh in document.list("meshes"):
        for primitive in mesh["primitives"]:
            purposes |= {at: name for name, at in primitive["attributes"].items()}
            purposes |= {at: "morph" for target in primitive.get("targets", ()) for at in target.values()}
            if "indices" in primitive:
                purposes[primitive["indices"]] = "indices" if primitive.get("mode", 4) == 4 else ""
    users: dict[int, list[tuple[int, str]]] = {}
    for at, accessor in enumerate(document.list("accessors")):
        if "bufferView" in accessor:
            users.setdefault(accessor["bufferView"], []).append((at, purposes.get(at, "")))
        for part in ("indices", "values") if "sparse" in accessor else ():
            users.setdefault(accessor["sparse"][part]["bufferView"], []).append((at, "sparse"))
    return users


def _raw_view(
    document: Document, at: int, view: Tree, users: list[tuple[int, str]], options: MeshoptOptions
) -> RawView | None:
    """View ``at`` in the form in which the codec takes it; None to leave it as it is."""
    accessors = document.tree["accessors"]
    data = view_bytes(document, at)
    purposes = {purpose for _, purpose in users}
    if not users:
        return None
    if purposes == {"indices"}:
        number, stride = users[0][0], COMPONENT_DTYPES[accessors[users[0][0]]["componentType"]].itemsize
        count = accessors[number]["count"]
        if len(users) == 1 and count % 3 == 0 and stride in (2, 4) and count * stride == len(data):
            return RawView(data, count, stride, "TRIANGLES")
        return None
    sizes = {element_size(accessors[n]["type"], COMPONENT_DTYPES[accessors[n]["componentType"]]) for n, _ in users}
    stride = view.get("byteStride") or (sizes.pop() if len(sizes) == 1 and purposes.isdisjoint({"sparse"}) else 4)
    if stride % 4 or stride > _MAX_STRIDE or len(data) % stride:
        stride = 4
    if len(data) % stride:
        return None
    count = len(data) // stride
    filtered = _directions(document, users, count, stride, options) or _few_digits(data, document, users, stride)
    return filtered or RawView(data, count, stride, "ATTRIBUTES")


def _directions(
    document: Document, users: list[tuple[int, str]], count: int, stride: int, options: MeshoptOptions
) -> RawView | None:
    """A view of nothing but normals, or nothing but tangents, as bytes."""
    accessors = [document.tree["accessors"][number] for number, _ in users]
    if stride != 4 or {purpose for _, purpose in users} not in ({"NORMAL"}, {"TANGENT"}):
        return None
    if any(accessor["componentType"] != 5120 or not accessor.get("normalized") for accessor in accessors):
        return None
    values = np.zeros((count, 4), np.float32)
    for number, _ in users:
        accessor = document.tree["accessors"][number]
        start, found = accessor.get("byteOffset", 0) // 4, read_floats(document, number)
        values[start : start + len(found), : found.shape[1]] = found
    return RawView(values.tobytes(), count, stride, "ATTRIBUTES", "OCTAHEDRAL", options.directions)


def _few_digits(data: bytes, document: Document, users: list[tuple[int, str]], stride: int) -> RawView | None:
    """A view of vertex data that are floats and multiples of one power of two: whole numbers with that exponent."""
    accessors = [document.tree["accessors"][number] for number, _ in users]
    if any(purpose in ("", "sparse") for _, purpose in users) or any(a["componentType"] != 5126 for a in accessors):
        return None
    values = np.frombuffer(data, np.float32).astype(float)
    for places in range(4, 22):
        whole = values * 2.0**places
        if np.abs(whole).max(initial=0) >= 2**23:
            return None
        if (whole == np.rint(whole)).all():
            return RawView(_exponential(whole, -places), len(data) // stride, stride, "ATTRIBUTES", "EXPONENTIAL")
    return None


def _exponential(whole: NDArray[np.float64], exponent: int) -> bytes:
    """Whole numbers of 24 bits below an exponent of 8, as the extension's filter has them."""
    words: Raw = whole.astype(np.int64) & 0xFFFFFF | (exponent & 0xFF) << 24
    return words.astype(np.uint32).tobytes()
