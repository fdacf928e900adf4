"""Plain documents of compressed ones: meshopt views, Draco primitives and KTX2 images become what they stand for.

All numbers of nodes, meshes, materials, textures, images, accessors and views stay. Quantised numbers
(KHR_mesh_quantization) stay as they are: every reader here takes them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.gltf.gate.schema import BASIS, DRACO, MESHOPT, Gltf, MeshoptClaim
from avatar.gltf.guests import draco, meshopt
from avatar.gltf.guests.basis import decode_ktx2
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import (
    ARRAY_BUFFER,
    COMPONENT_DTYPES,
    ELEMENT_ARRAY_BUFFER,
    WIDTHS,
    read_raw,
    view_bytes,
)
from avatar.gltf.model.document import Document, Tree, pointer, without
from avatar.gltf.model.images import KTX2, PNG, read_header

_ALIGNMENT: Final = 4
_DECODERS: Final = 2  # of images at once, each a process of its own


def unpack_geometry(document: Document, gltf: Gltf, sidecar: Sidecar) -> Document:
    """``document`` without meshopt views and Draco primitives.

    It must have passed ``check_tree`` (``gltf`` is its typed tree) and ``embed``. Raises ``InvalidModel`` that says
    where, for data that the codecs refuse or that hold something else than the tree says; ``CodecFailed``.
    """
    return _without_draco(_without_meshopt(document, gltf, sidecar), gltf, sidecar)


def compressed_images(document: Document) -> dict[str, str]:
    """KHR_texture_basisu, with the first image or texture that needs it; empty when none does."""
    for at, image in enumerate(document.list("images")):
        if _is_ktx2(document, image):
            return {BASIS: pointer("images", at)}
    for at, texture in enumerate(document.list("textures")):
        if BASIS in texture.get("extensions", {}):
            return {BASIS: pointer("textures", at)}
    for key in ("extensionsRequired", "extensionsUsed"):
        if BASIS in document.tree.get(key, ()):
            return {BASIS: pointer(key)}
    return {}


def unpack_images(document: Document, sidecar: Sidecar) -> Document:
    """``document`` with a PNG in place of each KTX2 image; it must have passed ``check_images``.

    Raises ``InvalidModel`` that says where, ``CodecFailed``.
    """
    views, images = document.list("bufferViews"), document.list("images")
    coded = {at: image["bufferView"] for at, image in enumerate(images) if _is_ktx2(document, image)}
    first = {number: at for at, number in reversed(coded.items())}  # two images may share a view

    def decode(number: int) -> bytes:
        try:
            return decode_ktx2(view_bytes(document, number), sidecar.toolchain)
        except InvalidModel as error:
            raise InvalidModel(error.detail, where=pointer("images", first[number]), mend=error.mend) from None

    with ThreadPoolExecutor(_DECODERS) as pool:
        decoded = pool.map(decode, first)
        edit = _Edit(
            {number: (without(views[number], "byteStride"), data) for number, data in zip(first, decoded, strict=True)}
        )
    textures = [_without_basis(texture) for texture in document.list("textures")]
    if coded or textures != document.list("textures"):
        pictures = [{**image, "mimeType": PNG} if at in coded else image for at, image in enumerate(images)]
        parts = {key: items for key, items in (("images", pictures), ("textures", textures)) if items}
        document = _repacked(Document({**document.tree, **parts}, document.binary), edit)
    return _unnamed(document, (BASIS,))


def _is_ktx2(document: Document, image: Tree) -> bool:
    header = read_header(view_bytes(document, image["bufferView"]))
    return header is not None and header.mime == KTX2


def _without_basis(texture: Tree) -> Tree:
    """The texture's plain image is the one it names outside the extension, when it names one there."""
    claim = texture.get("extensions", {}).get(BASIS)
    return texture if claim is None else {"source": claim["source"], **_without_extension(texture, BASIS)}


# --- meshopt ----------------------------------------------------------------------------------------------------------


def _without_meshopt(document: Document, gltf: Gltf, sidecar: Sidecar) -> Document:
    """Views decoded where they stand. What has plain data too, and requires no codec, keeps those."""
    views = document.list("bufferViews")
    claims = {at: claim for at, view in enumerate(views) if (claim := _claim(view)) is not None}
    required = any(name in gltf.extensions_required for name in MESHOPT)
    coded = {at: claim for at, claim in claims.items() if required or views[at]["buffer"] != 0}
    payloads = [
        (
            meshopt.CodedView(claim.byte_length, claim.count, claim.byte_stride, claim.mode, claim.filter),
            document.binary[claim.byte_offset : claim.byte_offset + claim.byte_length],
        )
        for claim in coded.values()
    ]
    decoded = meshopt.decode(sidecar, payloads, [pointer("bufferViews", at) for at in coded])
    plain = [_without_extension(view, *MESHOPT) if at in claims else view for at, view in enumerate(views)]
    edit = _Edit({at: (plain[at], data) for at, data in zip(coded, decoded, strict=True)})
    if claims:
        document = _repacked(Document({**document.tree, "bufferViews": plain}, document.binary), edit)
        document = _bounded(document, {at for at, claim in coded.items() if claim.filter != "NONE"})
    return _unnamed(document, MESHOPT)


def _bounded(document: Document, views: Collection[int]) -> Document:
    """True bounds for accessors on ``views`` that state any: some encoders state them as they were before a filter."""
    accessors = [
        _with_bounds(accessor, read_raw(document, at))
        if accessor.get("bufferView") in views and "sparse" not in accessor and {"min", "max"} & accessor.keys()
        else accessor
        for at, accessor in enumerate(document.list("accessors"))
    ]
    return Document({**document.tree, "accessors": accessors}, document.binary) if accessors else document


def _claim(view: Tree) -> MeshoptClaim | None:
    for name in MESHOPT:
        if name in view.get("extensions", {}):
            return MeshoptClaim.model_validate(view["extensions"][name])
    return None


# --- Draco ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stream:
    """What an accessor takes out of a Draco mesh: an attribute by its unique id, or the indices (None)."""

    id: int | None
    type: int  # component type
    kind: str  # accessor type


@dataclass(slots=True)
class _Coded:
    """A Draco mesh and the accessors that it fills."""

    where: str
    faces: int
    points: int
    accessors: dict[int, _Stream] = field(default_factory=dict)


def _without_draco(document: Document, gltf: Gltf, sidecar: Sidecar) -> Document:
    """Accessors filled by what their primitives' Draco meshes hold; each mesh is decoded once.

    The first stream takes the place of the view with the Draco data, the others follow behind the last view.
    Primitives whose accessors have plain data too, and that require no codec, keep those.
    """
    meshes, filled = _coded_meshes(gltf)
    accessors, views = list(document.list("accessors")), document.list("bufferViews")
    edit = _Edit()
    for number, coded in meshes.items():
        wanted = list(dict.fromkeys(stream for stream in coded.accessors.values() if stream.id is not None))
        asked = [
            draco.Wanted(stream.id, stream.type, WIDTHS[stream.kind]) for stream in wanted if stream.id is not None
        ]
        mesh = draco.decode(sidecar, view_bytes(document, number), coded.faces, coded.points, asked, coded.where)
        values = dict(zip(wanted, mesh.attributes, strict=True))
        places: dict[_Stream, int] = {}
        for at, stream in coded.accessors.items():
            if stream.id is None:
                values[stream] = _narrow(mesh.indices.reshape(-1, 1), stream.type, coded.where)
            if stream not in places:
                places[stream] = number if not places else len(views) + len(edit.added)
                view, data = _stream_view(values[stream], stream)
                if places[stream] == number:
                    edit.replaced[number] = (view, data)
                else:
                    edit.added.append((view, data))
            accessors[at] = _filled(accessors[at], places[stream], values[stream])
    if filled:
        plain = [
            {**mesh, "primitives": [_without_extension(primitive, DRACO) for primitive in mesh["primitives"]]}
            for mesh in document.list("meshes")
        ]
        tree = {**document.tree, "meshes": plain, "accessors": accessors}
        document = _repacked(Document(tree, document.binary), edit)
    return _unnamed(document, (DRACO,))


def _coded_meshes(gltf: Gltf) -> tuple[dict[int, _Coded], bool]:
    """The Draco meshes to decode, by view, and whether any primitive names one at all."""
    meshes: dict[int, _Coded] = {}
    owners: dict[int, int] = {}
    named = False
    for m, mesh in enumerate(gltf.meshes):
        for p, primitive in enumerate(mesh.primitives):
            claim, where = primitive.draco, pointer("meshes", m, "primitives", p)
            if claim is None or primitive.indices is None:
                continue
            named = True
            taken: dict[int, int | None] = {primitive.indices: None}
            for name, unique in claim.attributes.items():  # of two names for one accessor the first: it is the finer
                taken.setdefault(primitive.attributes[name], unique)
            plain = all(gltf.accessors[at].buffer_view is not None for at in taken)
            if plain and DRACO not in gltf.extensions_required:
                continue
            faces = gltf.accessors[primitive.indices].count // 3
            points = gltf.accessors[primitive.attributes["POSITION"]].count
            coded = meshes.setdefault(claim.buffer_view, _Coded(where, faces, points))
            if (coded.faces, coded.points) != (faces, points):
                raise _conflict(f"shares its Draco data with {coded.where}, but not their size", where)
            for at, source in taken.items():
                accessor = gltf.accessors[at]
                stream = _Stream(source, accessor.component_type, accessor.type)
                if owners.setdefault(at, claim.buffer_view) != claim.buffer_view or (
                    coded.accessors.setdefault(at, stream) != stream
                ):
                    raise _conflict(f"accessor {at} is filled twice, from different Draco data", where)
    return meshes, named


def _narrow(indices: NDArray[np.uint32], kind: int, where: str) -> NDArray[Any]:
    dtype = COMPONENT_DTYPES[kind]
    if indices.size and int(indices.max()) > np.iinfo(dtype).max:
        raise _conflict(f"its Draco data hold indices beyond component type {kind}", where)
    return indices.astype(dtype)


def _stream_view(values: NDArray[Any], stream: _Stream) -> tuple[Tree, bytes]:
    """A buffer view of ``values`` (n, components) and its bytes; rows of attributes are padded to 4 bytes."""
    if stream.id is None:
        return {"target": ELEMENT_ARRAY_BUFFER}, values.tobytes()
    row = values.shape[1] * values.itemsize
    stride = row + -row % _ALIGNMENT
    padded = np.zeros((len(values), stride), np.uint8)
    padded[:, :row] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), row)
    return {"byteStride": stride, "target": ARRAY_BUFFER}, padded.tobytes()


def _filled(accessor: Tree, view: int, values: NDArray[Any]) -> Tree:
    return _with_bounds({**without(accessor, "byteOffset", "sparse"), "bufferView": view}, values)


def _with_bounds(accessor: Tree, values: NDArray[Any]) -> Tree:
    """``accessor``, whose bounds, where it states any, are those of ``values`` (n, components)."""
    bounds = {"min": values.min(axis=0), "max": values.max(axis=0)}
    return {**accessor, **{key: bound.tolist() for key, bound in bounds.items() if key in accessor}}


def _conflict(detail: str, where: str) -> InvalidModel:
    return InvalidModel(detail, where=where, mend="Export the file again")


# --- putting documents together ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Edit:
    """Views, as trees that lack their place, and their new bytes."""

    replaced: dict[int, tuple[Tree, bytes]] = field(default_factory=dict)
    added: list[tuple[Tree, bytes]] = field(default_factory=list)


def _repacked(document: Document, edit: _Edit) -> Document:
    """``document`` with the bytes that its views still show, followed by those of ``edit``.

    Bytes that several views show stay shared, and nothing changes its place modulo 4.
    """
    views = document.list("bufferViews")
    spans = {
        at: (view.get("byteOffset", 0), view.get("byteOffset", 0) + view["byteLength"])
        for at, view in enumerate(views)
        if at not in edit.replaced
    }
    chunks, starts, shifts, size = _live(document.binary, sorted(spans.values()))
    made: list[Tree] = [{}] * len(views)
    for at, (start, _) in spans.items():
        made[at] = {**views[at], "byteOffset": start + shifts[bisect_right(starts, start) - 1]}
    made += [{}] * len(edit.added)
    for at, (view, data) in (*edit.replaced.items(), *enumerate(edit.added, len(views))):
        padding = -size % _ALIGNMENT
        chunks += [b"\0" * padding, data]
        made[at] = {**view, "buffer": 0, "byteOffset": size + padding, "byteLength": len(data)}
        size += padding + len(data)
    tree = {**document.tree, "buffers": [{"byteLength": size}], "bufferViews": made}
    return Document(tree, b"".join(chunks))


def _live(binary: bytes, spans: Sequence[tuple[int, int]]) -> tuple[list[bytes], list[int], list[int], int]:
    """The bytes within ``spans`` (sorted), where each run of them began, by how much it moved, and their length."""
    chunks: list[bytes] = []
    starts: list[int] = []
    shifts: list[int] = []
    size = at = 0
    while at < len(spans):
        start, end = spans[at]
        while at < len(spans) and spans[at][0] <= end:
            end = max(end, spans[at][1])
            at += 1
        padding = (start - size) % _ALIGNMENT
        size += padding
        chunks += [b"\0" * padding, binary[start:end]]
        starts.append(start)
        shifts.append(size - start)
        size += end - start
    return chunks, starts, shifts, size


def _without_extension(item: Mapping[str, Any], *names: str) -> Tree:
    rest = without(item.get("extensions", {}), *names)
    return {**item, "extensions": rest} if rest else without(item, "extensions")


def _unnamed(document: Document, names: Sequence[str]) -> Document:
    """``document`` that does not name extensions it no longer has."""
    tree = dict(document.tree)
    for key in ("extensionsUsed", "extensionsRequired"):
        if any(name in names for name in tree.get(key, ())):
            tree[key] = [name for name in tree[key] if name not in names]
            if not tree[key]:
                del tree[key]
    return Document(tree, document.binary)
