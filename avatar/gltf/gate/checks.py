"""What must hold before anything reads a model: first of the tree (integers alone), then of the numbers it points at.

The list follows what broke or fooled other readers: references and ranges, spans inside views inside buffers, claims
of data that is not there, node graphs that are no trees, addresses that reach outside the file, images that unfold,
required extensions nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.frozen import Frozen
from avatar.gltf.gate.embed import decode_data_uri
from avatar.gltf.gate.schema import BASIS, DRACO, MESHOPT, Accessor, Gltf, MeshoptClaim, Primitive, Sparse
from avatar.gltf.guests.basis import read_ktx2
from avatar.gltf.model import images
from avatar.gltf.model.accessors import (
    COMPONENT_DTYPES,
    WIDTHS,
    column_stride,
    element_size,
    read_floats,
    read_raw,
    view_bytes,
)
from avatar.gltf.model.document import MAX_FILE, Document, pointer

MAX_DECODED = 256 * 2**20  # bytes of all accessors decoded: sparse and overlapping views unfold far beyond the file
MAX_UNPACKED = 96 * 2**20  # bytes of all meshopt views decoded: a thousandth of that can hold them
MAX_BASIS_PIXELS = 64_000_000  # of all KTX2 images together: each becomes a PNG
MAX_VIEWLESS = 64 * 2**20  # bytes of one accessor that has no view and so costs its sender nothing
MAX_VERTICES = 4_000_000
MAX_TRIANGLES = 3_000_000  # drawn; raw text-to-3D meshes come with up to 2 million
MAX_DRAWN_VERTICES = 6_000_000  # of all nodes together: one mesh can hang on thousands of nodes
MAX_DRAWN_PRIMITIVES = 2048
MAX_PROBLEMS = 100
MAX_NUMBER = 1e12  # of any float, as in the tree: squares of it are still finite
WEIGHT_SUM_TOLERANCE = 1e-2
TRIANGLE_MODES: Final = (4, 5, 6)

COMPRESSED: Final = frozenset({*MESHOPT, DRACO, BASIS})
# Extensions that name other parts in no way or in ways that ``references`` lists, so that transforms keep them true.
KNOWN: Final = frozenset(
    {
        "EXT_texture_webp",
        "GODOT_single_root",
        "KHR_animation_pointer",
        "KHR_lights_punctual",
        "KHR_materials_anisotropy",
        "KHR_materials_clearcoat",
        "KHR_materials_diffuse_transmission",
        "KHR_materials_dispersion",
        "KHR_materials_emissive_strength",
        "KHR_materials_ior",
        "KHR_materials_iridescence",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_sheen",
        "KHR_materials_specular",
        "KHR_materials_transmission",
        "KHR_materials_unlit",
        "KHR_materials_variants",
        "KHR_materials_volume",
        "KHR_mesh_quantization",
        "KHR_node_visibility",
        "KHR_texture_basisu",
        "KHR_texture_transform",
        "KHR_xmp_json_ld",
        "MSFT_lod",
        "VRM",
        "VRMC_materials_hdr_emissiveMultiplier",
        "VRMC_materials_mtoon",
        "VRMC_node_constraint",
        "VRMC_springBone",
        "VRMC_springBone_extended_collider",
        "VRMC_vrm",
    }
)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class ProblemCode(StrEnum):
    CONTAINER = "container"
    JSON = "json"
    SCHEMA = "schema"
    REFERENCE = "reference"
    OUTSIDE_URI = "outside_uri"
    DATA_URI = "data_uri"
    BUFFER_BOUNDS = "buffer_bounds"
    VIEW_BOUNDS = "view_bounds"
    ACCESSOR_BOUNDS = "accessor_bounds"
    ACCESSOR_LAYOUT = "accessor_layout"
    TOO_MUCH_DATA = "too_much_data"
    NODE_CYCLE = "node_cycle"
    TWO_PARENTS = "two_parents"
    UNKNOWN_EXTENSION = "unknown_extension"
    COMPRESSED_INPUT = "compressed_input"
    COMPRESSED_SIZE = "compressed_size"
    COMPRESSED_DATA = "compressed_data"
    INDEX_RANGE = "index_range"
    JOINT_RANGE = "joint_range"
    WEIGHTS = "weights"
    NOT_FINITE = "not_finite"
    IMAGE_FORMAT = "image_format"
    IMAGE_SIZE = "image_size"
    NO_TRIANGLES = "no_triangles"
    # of what was made of a model, held against it (avatar.gltf.contract)
    SKELETON = "skeleton"
    BIND_POSE = "bind_pose"
    MORPHS = "morphs"
    NORMALS = "normals"
    BOUNDS = "bounds"
    ALPHA = "alpha"
    UNUSED = "unused"


class Problem(Frozen):
    """One thing that is wrong: ``where`` is a JSON pointer into the glTF tree (empty for the file as a whole)."""

    code: ProblemCode
    severity: Severity
    where: str
    message: str


class Findings:
    """Collects problems up to ``MAX_PROBLEMS``: a hostile file shall not make a report of its own size."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self.errors = 0

    def error(self, code: ProblemCode, where: str, message: str) -> None:
        self.errors += 1
        self._add(Problem(code=code, severity=Severity.ERROR, where=where, message=message))

    def warn(self, code: ProblemCode, where: str, message: str) -> None:
        self._add(Problem(code=code, severity=Severity.WARNING, where=where, message=message))

    def _add(self, problem: Problem) -> None:
        if len(self._problems) < MAX_PROBLEMS or (problem.severity is Severity.ERROR and self.errors == 1):
            self._problems.append(problem)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Errors before warnings, each in the order found."""
        return tuple(sorted(self._problems, key=lambda problem: problem.severity is Severity.WARNING))


# --- the tree ---------------------------------------------------------------------------------------------------------


def check_tree(gltf: Gltf, binary_size: int, findings: Findings) -> None:
    """Everything that integers alone decide. ``binary_size`` is the length of the binary chunk in bytes."""
    _check_extensions(gltf, findings)
    _check_addresses(gltf, findings)
    _check_buffers(gltf, binary_size, findings)
    _check_accessors(gltf, findings)
    _check_references(gltf, findings)
    _check_graph(gltf, findings)
    if not findings.errors:
        _check_meshes(gltf, findings)
        _check_skins_and_animations(gltf, findings)


def _check_extensions(gltf: Gltf, findings: Findings) -> None:
    for at, name in enumerate(gltf.extensions_required):
        if name not in KNOWN and name not in COMPRESSED:
            where = pointer("extensionsRequired", at)
            findings.error(ProblemCode.UNKNOWN_EXTENSION, where, f"{name} is not supported; export without it.")


def compressed_geometry(gltf: Gltf) -> dict[str, str]:
    """Extensions that hide numbers from every reader without codecs, each with the first place that names it."""
    hidden = {*MESHOPT, DRACO}
    found = {
        name: pointer("extensionsRequired", at) for at, name in enumerate(gltf.extensions_required) if name in hidden
    }
    for at, view in enumerate(gltf.buffer_views):
        for name in view.extensions.keys() & hidden:
            found.setdefault(name, pointer("bufferViews", at))
    for m, mesh in enumerate(gltf.meshes):
        for p, primitive in enumerate(mesh.primitives):
            if primitive.draco is not None:
                found.setdefault(DRACO, pointer("meshes", m, "primitives", p))
    return found


def _check_addresses(gltf: Gltf, findings: Findings) -> None:
    """Only ``data:`` may stand where an address can: a path would make later tools open files of this machine."""
    holders: list[tuple[str, Sequence[Any]]] = [("buffers", gltf.buffers), ("images", gltf.images)]
    for kind, items in holders:
        for at, item in enumerate(items):
            if item.uri is None:
                continue
            where = pointer(kind, at, "uri")
            if not item.uri.startswith("data:"):
                findings.error(
                    ProblemCode.OUTSIDE_URI,
                    where,
                    f"{item.uri[:80]!r} points outside the file; embed what it refers to (export as GLB).",
                )
            elif decode_data_uri(item.uri) is None:
                findings.error(ProblemCode.DATA_URI, where, "this is not a base64 data URI; export as GLB.")
    for at, image in enumerate(gltf.images):
        if (image.uri is None) == (image.buffer_view is None):
            where = pointer("images", at)
            findings.error(ProblemCode.SCHEMA, where, "an image needs either a bufferView or a data URI.")


def _check_buffers(gltf: Gltf, binary_size: int, findings: Findings) -> None:
    hollow = placeholders(gltf, binary_size)
    for at, buffer in enumerate(gltf.buffers):
        where = pointer("buffers", at)
        if buffer.uri is not None:
            inline = decode_data_uri(buffer.uri)
            held = len(inline[1]) if inline is not None else buffer.byte_length
        else:
            held = binary_size if at == 0 else 0
        if buffer.byte_length > held and at not in hollow:
            message = f"says {buffer.byte_length:,} bytes but {held:,} are there; export the file again."
            findings.error(ProblemCode.BUFFER_BOUNDS, where, message)
    unpacked = carried = 0
    coded = {primitive.draco.buffer_view for mesh in gltf.meshes for primitive in mesh.primitives if primitive.draco}
    for at, view in enumerate(gltf.buffer_views):
        where = f"/bufferViews/{at}"
        _check_range(gltf, view.buffer, view.byte_offset + view.byte_length, where, findings)
        carried += view.byte_length if at in coded else 0
        if (claim := view.meshopt) is not None:
            unpacked += claim.count * claim.byte_stride
            carried += claim.byte_length
            _check_range(gltf, claim.buffer, claim.byte_offset + claim.byte_length, where, findings)
            if claim.buffer in hollow:
                message = f"its compressed data lie in buffer {claim.buffer}, which is empty; export the file again."
                findings.error(ProblemCode.BUFFER_BOUNDS, where, message)
            if (claim.count * claim.byte_stride, view.byte_stride or claim.byte_stride) != (
                view.byte_length,
                claim.byte_stride,
            ):
                message = (
                    f"unpacks to {claim.count:,} elements of {claim.byte_stride:,} bytes, which is not its layout."
                )
                findings.error(ProblemCode.COMPRESSED_SIZE, where, message)
            if fault := _coding_fault(claim):
                findings.error(ProblemCode.COMPRESSED_DATA, where, f"{fault}; compress the file again.")
    for at, image in enumerate(gltf.images):
        shown = None if image.buffer_view is None else gltf.buffer_views[image.buffer_view : image.buffer_view + 1]
        if shown and shown[0].meshopt is not None:
            message = "an image cannot lie in a view of meshopt data; compress the file again."
            findings.error(ProblemCode.COMPRESSED_DATA, pointer("images", at), message)
    if unpacked > MAX_UNPACKED:
        message = f"all views unpack to {unpacked:,} bytes, at most {MAX_UNPACKED:,} are taken; simplify first."
        findings.error(ProblemCode.COMPRESSED_SIZE, "/bufferViews", message)
    if carried > MAX_FILE:
        message = f"{carried:,} bytes are to be unpacked, more than a file has: some are used over and over."
        findings.error(ProblemCode.COMPRESSED_SIZE, "/bufferViews", message)


def placeholders(gltf: Gltf, binary_size: int) -> set[int]:
    """Buffers that have no data and need none, since compressed views alone name them."""
    hollow = {at for at, buffer in enumerate(gltf.buffers) if buffer.uri is None and (at > 0 or binary_size == 0)}
    plain = {view.buffer for view in gltf.buffer_views if view.meshopt is None}
    named = {view.buffer for view in gltf.buffer_views if view.meshopt is not None}
    marked = {at for at, buffer in enumerate(gltf.buffers) if buffer.extensions.keys() & set(MESHOPT)}
    return (hollow & (named | marked)) - plain


def _check_range(gltf: Gltf, buffer: int, end: int, where: str, findings: Findings) -> None:
    if buffer >= len(gltf.buffers):
        findings.error(ProblemCode.REFERENCE, where, f"there is no buffer {buffer}; export the file again.")
    elif end > gltf.buffers[buffer].byte_length:
        message = f"ends at byte {end:,}, past its buffer; export the file again."
        findings.error(ProblemCode.VIEW_BOUNDS, where, message)


def _coding_fault(claim: MeshoptClaim) -> str | None:
    """What breaks the rules of EXT_meshopt_compression, on which native code relies."""
    stride, mode = claim.byte_stride, claim.mode
    if mode == "ATTRIBUTES":
        strides = {"OCTAHEDRAL": (4, 8), "QUATERNION": (8,), "COLOR": (4, 8)}.get(claim.filter, range(4, 257, 4))
        return None if stride in strides else f"{claim.filter} of {stride} bytes an element is not defined"
    if stride not in (2, 4):
        return f"{mode} of {stride} bytes an element are not defined"
    if claim.filter != "NONE":
        return f"{mode} cannot have the filter {claim.filter}"
    return "the number of triangle corners is no multiple of 3" if mode == "TRIANGLES" and claim.count % 3 else None


def _check_accessors(gltf: Gltf, findings: Findings) -> None:
    decoded = 0
    for at, accessor in enumerate(gltf.accessors):
        where = f"/accessors/{at}"
        dtype = COMPONENT_DTYPES[accessor.component_type]
        size = accessor.count * element_size(accessor.type, dtype)
        decoded += size
        if accessor.normalized and dtype.kind == "f":
            findings.error(ProblemCode.ACCESSOR_LAYOUT, where, "floats cannot be normalized; drop the flag.")
        if accessor.buffer_view is None and size > MAX_VIEWLESS:
            message = f"claims {size:,} bytes of zeros without a view, at most {MAX_VIEWLESS:,} are taken."
            findings.error(ProblemCode.TOO_MUCH_DATA, where, message)
        if accessor.buffer_view is not None:
            _check_span(
                gltf, accessor.buffer_view, accessor.byte_offset, accessor.count, accessor.type, dtype, where, findings
            )
        if accessor.sparse is not None:
            _check_sparse(gltf, accessor, accessor.sparse, where, findings)
    if decoded > MAX_DECODED:
        message = f"all accessors unfold to {decoded:,} bytes, at most {MAX_DECODED:,} are taken; simplify first."
        findings.error(ProblemCode.TOO_MUCH_DATA, "/accessors", message)


def _check_sparse(gltf: Gltf, accessor: Accessor, sparse: Sparse, where: str, findings: Findings) -> None:
    if sparse.count > accessor.count:
        message = f"replaces {sparse.count:,} of {accessor.count:,} elements."
        findings.error(ProblemCode.ACCESSOR_BOUNDS, where + "/sparse", message)
    spots, dtype = sparse.indices, COMPONENT_DTYPES[sparse.indices.component_type]
    here = where + "/sparse/indices"
    _check_span(gltf, spots.buffer_view, spots.byte_offset, sparse.count, "SCALAR", dtype, here, findings)
    values, dtype = sparse.values, COMPONENT_DTYPES[accessor.component_type]
    here = where + "/sparse/values"
    _check_span(gltf, values.buffer_view, values.byte_offset, sparse.count, accessor.type, dtype, here, findings)


def _check_span(
    gltf: Gltf, view_at: int, offset: int, count: int, kind: str, dtype: np.dtype[Any], where: str, findings: Findings
) -> None:
    if view_at >= len(gltf.buffer_views):
        findings.error(ProblemCode.REFERENCE, where, f"there is no buffer view {view_at}; export the file again.")
        return
    view = gltf.buffer_views[view_at]
    columns, column = column_stride(kind, dtype)
    size = (columns - 1) * column + WIDTHS[kind] // columns * dtype.itemsize  # the last column needs no padding
    stride = view.byte_stride or columns * column
    if stride < size:
        findings.error(ProblemCode.ACCESSOR_LAYOUT, where, f"elements of {size} bytes overlap at a stride of {stride}.")
    elif offset + (count - 1) * stride + columns * column > view.byte_length:
        end = offset + (count - 1) * stride + columns * column
        message = f"{count:,} elements end at byte {end:,} of a view of {view.byte_length:,}; export the file again."
        findings.error(ProblemCode.ACCESSOR_BOUNDS, where, message)


def _check_references(gltf: Gltf, findings: Findings) -> None:
    for where, at, limit, kind in _references(gltf):
        if at is not None and at >= limit:
            findings.error(ProblemCode.REFERENCE, where, f"there is no {kind} {at}; export the file again.")


def _references(gltf: Gltf) -> Iterable[tuple[str, int | None, int, str]]:
    """Every number that names another part, as (where, number, how many there are, kind)."""
    nodes, accessors, views = len(gltf.nodes), len(gltf.accessors), len(gltf.buffer_views)
    yield "/scene", gltf.scene, len(gltf.scenes), "scene"
    for s, scene in enumerate(gltf.scenes):
        for at in scene.nodes:
            yield pointer("scenes", s), at, nodes, "node"
    for n, node in enumerate(gltf.nodes):
        where = pointer("nodes", n)
        yield where, node.mesh, len(gltf.meshes), "mesh"
        yield where, node.skin, len(gltf.skins), "skin"
        for child in node.children:
            yield where, child, nodes, "node"
    for m, mesh in enumerate(gltf.meshes):
        for p, primitive in enumerate(mesh.primitives):
            where = pointer("meshes", m, "primitives", p)
            yield where, primitive.indices, accessors, "accessor"
            yield where, primitive.material, len(gltf.materials), "material"
            if primitive.draco is not None:
                yield where, primitive.draco.buffer_view, views, "buffer view"
            for semantics in (primitive.attributes, *primitive.targets):
                for at in semantics.values():
                    yield where, at, accessors, "accessor"
    for k, skin in enumerate(gltf.skins):
        where = pointer("skins", k)
        yield where, skin.inverse_bind_matrices, accessors, "accessor"
        yield where, skin.skeleton, nodes, "node"
        for joint in skin.joints:
            yield where, joint, nodes, "node"
    for i, image in enumerate(gltf.images):
        yield pointer("images", i), image.buffer_view, views, "buffer view"
    for t, texture in enumerate(gltf.textures):
        yield pointer("textures", t), texture.source, len(gltf.images), "image"
        yield pointer("textures", t), texture.sampler, len(gltf.samplers), "sampler"
        for claim in texture.claims:
            yield pointer("textures", t), claim.source, len(gltf.images), "image"
    for c, material in enumerate(gltf.materials):
        pbr = material.pbr_metallic_roughness
        slots = (pbr.base_color_texture, pbr.metallic_roughness_texture, material.normal_texture)
        for info in (*slots, material.occlusion_texture, material.emissive_texture):
            if info is not None:
                yield pointer("materials", c), info.index, len(gltf.textures), "texture"
    for a, animation in enumerate(gltf.animations):
        for channel in animation.channels:
            yield pointer("animations", a), channel.sampler, len(animation.samplers), "sampler"
            yield pointer("animations", a), channel.target.node, nodes, "node"
        for sampler in animation.samplers:
            yield pointer("animations", a), sampler.input, accessors, "accessor"
            yield pointer("animations", a), sampler.output, accessors, "accessor"


def _check_graph(gltf: Gltf, findings: Findings) -> None:
    """Nodes must be a forest: one parent each, no way back to oneself."""
    parents = [0] * len(gltf.nodes)
    for node in gltf.nodes:
        for child in node.children:
            if child < len(parents):
                parents[child] += 1
    for at, count in enumerate(parents):
        if count > 1:
            message = f"has {count} parents; a node may have one. Duplicate it for each place."
            findings.error(ProblemCode.TWO_PARENTS, pointer("nodes", at), message)
    reached = bytearray(len(gltf.nodes))
    queue = [at for at, count in enumerate(parents) if count == 0]
    while queue:
        at = queue.pop()
        if not reached[at]:
            reached[at] = 1
            queue.extend(child for child in gltf.nodes[at].children if child < len(parents))
    lost = [at for at, seen in enumerate(reached) if not seen]
    if lost:
        message = f"{len(lost)} nodes hang below themselves; break the cycle."
        findings.error(ProblemCode.NODE_CYCLE, pointer("nodes", lost[0]), message)


_SHAPES: Final = {
    "POSITION": ({"VEC3"}, {5120, 5121, 5122, 5123, 5126}),
    "NORMAL": ({"VEC3"}, {5120, 5122, 5126}),
    "TANGENT": ({"VEC4"}, {5120, 5122, 5126}),
    "TEXCOORD": ({"VEC2"}, {5120, 5121, 5122, 5123, 5126}),
    "COLOR": ({"VEC3", "VEC4"}, {5121, 5123, 5126}),
    "JOINTS": ({"VEC4"}, {5121, 5123}),
    "WEIGHTS": ({"VEC4"}, {5121, 5123, 5126}),
}
_TARGET_SHAPES: Final = {"POSITION": ({"VEC3"}, {5120, 5122, 5126}), "TANGENT": ({"VEC3"}, {5120, 5122, 5126})}


def _check_meshes(gltf: Gltf, findings: Findings) -> None:
    drawn = [0] * len(gltf.meshes)
    for node in gltf.nodes:
        if node.mesh is not None:
            drawn[node.mesh] += 1
    triangles = vertices = primitives = 0
    for m, mesh in enumerate(gltf.meshes):
        for p, primitive in enumerate(mesh.primitives):
            where = pointer("meshes", m, "primitives", p)
            _check_primitive(gltf, primitive, where, findings)
            triangles += primitive_triangles(gltf, primitive) * drawn[m]
            vertices += gltf.accessors[primitive.attributes.get("POSITION", 0)].count * drawn[m]
            primitives += drawn[m]
    if vertices > MAX_DRAWN_VERTICES or primitives > MAX_DRAWN_PRIMITIVES:
        message = (
            f"nodes show {vertices:,} vertices in {primitives:,} primitives; "
            f"at most {MAX_DRAWN_VERTICES:,} in {MAX_DRAWN_PRIMITIVES:,} are taken."
        )
        findings.error(ProblemCode.TOO_MUCH_DATA, "/nodes", message)
    if triangles > MAX_TRIANGLES:
        message = f"{triangles:,} triangles are drawn, at most {MAX_TRIANGLES:,} are taken; simplify first."
        findings.error(ProblemCode.TOO_MUCH_DATA, "/meshes", message)
    if triangles == 0:
        message = "no node shows a mesh with triangles; export the mesh and not only its rig."
        findings.error(ProblemCode.NO_TRIANGLES, "/meshes", message)


def _check_primitive(gltf: Gltf, primitive: Primitive, where: str, findings: Findings) -> None:
    if "POSITION" not in primitive.attributes:
        findings.error(ProblemCode.ACCESSOR_LAYOUT, where, "has no POSITION; nothing can be drawn of it.")
        return
    count = gltf.accessors[primitive.attributes["POSITION"]].count
    if count > MAX_VERTICES:
        findings.error(ProblemCode.TOO_MUCH_DATA, where, f"has {count:,} vertices, at most {MAX_VERTICES:,} are taken.")
    streams = [(primitive.attributes, where + "/attributes", _SHAPES)]
    for t, target in enumerate(primitive.targets):
        streams.append((target, f"{where}/targets/{t}", {**_SHAPES, **_TARGET_SHAPES}))
    for semantics, here, shapes in streams:
        for name, at in semantics.items():
            accessor = gltf.accessors[at]
            base, _, number = name.partition("_")
            kinds, components = shapes.get(base, ({accessor.type}, {accessor.component_type}))
            if accessor.count != count:
                message = f"{name} has {accessor.count:,} elements where POSITION has {count:,}."
                findings.error(ProblemCode.ACCESSOR_LAYOUT, here, message)
            if accessor.type not in kinds or accessor.component_type not in components:
                message = f"{name} cannot be {accessor.type} of component type {accessor.component_type}."
                findings.error(ProblemCode.ACCESSOR_LAYOUT, here, message)
            partner = {"JOINTS": f"WEIGHTS_{number}", "WEIGHTS": f"JOINTS_{number}"}.get(base)
            if partner and partner not in semantics:
                findings.error(ProblemCode.ACCESSOR_LAYOUT, here, f"{name} comes without {partner}.")
    if primitive.indices is not None:
        accessor = gltf.accessors[primitive.indices]
        if accessor.type != "SCALAR" or accessor.component_type not in (5121, 5123, 5125):
            findings.error(ProblemCode.ACCESSOR_LAYOUT, where + "/indices", "indices must be unsigned integers.")
    if primitive.mode == 4 and index_count(gltf, primitive) % 3:
        findings.error(ProblemCode.ACCESSOR_LAYOUT, where, "the number of triangle corners is no multiple of 3.")
    if fault := _draco_fault(primitive):
        findings.error(ProblemCode.COMPRESSED_DATA, where, f"{fault}; export the file again.")


def _draco_fault(primitive: Primitive) -> str | None:
    """What breaks the rules of KHR_draco_mesh_compression, as far as the tree shows it."""
    claim = primitive.draco
    if claim is None:
        return None
    if primitive.mode != 4 or primitive.indices is None:
        return f"{DRACO} is read for indexed triangles only"
    if "POSITION" not in claim.attributes or claim.attributes.keys() - primitive.attributes.keys():
        return f"{DRACO} must hold POSITION, and nothing that the primitive lacks"
    return None


def index_count(gltf: Gltf, primitive: Primitive) -> int:
    """Corners that are drawn."""
    at = primitive.indices if primitive.indices is not None else primitive.attributes["POSITION"]
    return gltf.accessors[at].count


def primitive_triangles(gltf: Gltf, primitive: Primitive) -> int:
    """Triangles of one primitive: 0 for points and lines, n - 2 for strips and fans."""
    if primitive.mode not in TRIANGLE_MODES or "POSITION" not in primitive.attributes:
        return 0
    corners = index_count(gltf, primitive)
    return corners // 3 if primitive.mode == 4 else max(0, corners - 2)


_TRACKS: Final = {"translation": "VEC3", "rotation": "VEC4", "scale": "VEC3", "weights": "SCALAR"}


def _check_skins_and_animations(gltf: Gltf, findings: Findings) -> None:
    for k, skin in enumerate(gltf.skins):
        if len(set(skin.joints)) < len(skin.joints):
            message = "names a joint twice; bind the mesh again."
            findings.error(ProblemCode.REFERENCE, pointer("skins", k, "joints"), message)
        if skin.inverse_bind_matrices is None:
            continue
        matrices = gltf.accessors[skin.inverse_bind_matrices]
        if matrices.type != "MAT4" or matrices.component_type != 5126 or matrices.count < len(skin.joints):
            message = f"needs {len(skin.joints)} inverse bind matrices of floats."
            findings.error(ProblemCode.ACCESSOR_LAYOUT, pointer("skins", k), message)
    for a, animation in enumerate(gltf.animations):
        for s, sampler in enumerate(animation.samplers):
            times, values = gltf.accessors[sampler.input], gltf.accessors[sampler.output]
            each = 3 if sampler.interpolation == "CUBICSPLINE" else 1
            if times.type != "SCALAR" or times.component_type != 5126 or values.count % (times.count * each):
                where = pointer("animations", a, "samplers", s)
                message = f"{values.count} values do not fit {times.count} key times."
                findings.error(ProblemCode.ACCESSOR_LAYOUT, where, message)
        for c, channel in enumerate(animation.channels):
            output = gltf.accessors[animation.samplers[channel.sampler].output]
            kind, coded = output.type, output.component_type != 5126
            whole = coded and not (output.normalized and channel.target.path in ("rotation", "weights"))
            if channel.target.path in _TRACKS and (whole or kind != _TRACKS[channel.target.path]):
                where = pointer("animations", a, "channels", c)
                message = (
                    f"{channel.target.path} cannot be {kind} of component type {output.component_type}; "
                    "export the animation again."
                )
                findings.error(ProblemCode.ACCESSOR_LAYOUT, where, message)


# --- the numbers ------------------------------------------------------------------------------------------------------


def check_values(gltf: Gltf, document: Document, findings: Findings) -> None:
    """What only the data shows, for a tree without errors: ranges of indices and joints, weights, finite floats."""
    _check_sparse_rows(gltf, document, findings)
    _check_floats(gltf, document, findings)
    if findings.errors:
        return
    index_ends: dict[int, int] = {}
    for m, mesh in enumerate(gltf.meshes):
        for p, primitive in enumerate(mesh.primitives):
            if primitive.indices is None:
                continue
            if primitive.indices not in index_ends:
                index_ends[primitive.indices] = int(read_raw(document, primitive.indices).max())
            count = gltf.accessors[primitive.attributes["POSITION"]].count
            if index_ends[primitive.indices] >= count:
                message = f"index {index_ends[primitive.indices]:,} reaches past {count:,} vertices; export again."
                findings.error(ProblemCode.INDEX_RANGE, pointer("meshes", m, "primitives", p, "indices"), message)
    _check_skinning(gltf, document, findings)
    _check_key_times(gltf, document, findings)


def _check_key_times(gltf: Gltf, document: Document, findings: Findings) -> None:
    for at in dict.fromkeys(sampler.input for animation in gltf.animations for sampler in animation.samplers):
        times = read_raw(document, at)[:, 0]
        if times[0] < 0 or (np.diff(times) <= 0).any():
            message = "key times of an animation do not rise from 0 on; those that fall back will be left out."
            findings.warn(ProblemCode.ACCESSOR_LAYOUT, pointer("accessors", at), message)


def _check_sparse_rows(gltf: Gltf, document: Document, findings: Findings) -> None:
    for at, accessor in enumerate(gltf.accessors):
        if accessor.sparse is None:
            continue
        spots = accessor.sparse.indices
        view = gltf.buffer_views[spots.buffer_view]
        start, dtype = view.byte_offset + spots.byte_offset, COMPONENT_DTYPES[spots.component_type]
        stride = view.byte_stride or dtype.itemsize
        rows: NDArray[Any] = np.ndarray((accessor.sparse.count,), dtype, document.binary, start, (stride,))
        if rows[-1] >= accessor.count or not (rows[1:] > rows[:-1]).all():
            message = f"sparse indices must rise and stay below {accessor.count:,}; export again."
            findings.error(ProblemCode.INDEX_RANGE, f"/accessors/{at}/sparse/indices", message)


class _Floats(NamedTuple):
    """A stretch of the file that an accessor reads floats from, in bytes."""

    start: int
    end: int
    stride: int
    size: int  # of an element
    accessor: int

    def peak(self, binary: bytes) -> float:
        """The largest number in it, whatever its sign; NaN when there is one."""
        shape = ((self.end - self.start - self.size) // self.stride + 1, self.size // 4)
        values: NDArray[np.float32] = np.ndarray(shape, "<f4", binary, self.start, (self.stride, 4))
        return float(np.maximum(values.max(), -values.min()))


def _check_floats(gltf: Gltf, document: Document, findings: Findings) -> None:
    """Finite numbers of a size that can be computed with. Accessors that lie side by side are looked at together, and
    one by one only where something is wrong."""
    parts = sorted(_float_parts(gltf))
    suspects = [part for part in parts if part.stride != part.size]
    run: list[_Floats] = []
    for part in (*(part for part in parts if part.stride == part.size), None):
        if part is not None and run and part.start <= run[0].end and (part.start - run[0].start) % 4 == 0:
            run[0] = run[0]._replace(end=max(run[0].end, part.end))
            run.append(part)
            continue
        if run and not run[0]._replace(stride=4, size=4).peak(document.binary) <= MAX_NUMBER:
            suspects += run[1:]
        run = [] if part is None else [part, part]
    for at in sorted({part.accessor for part in suspects if not part.peak(document.binary) <= MAX_NUMBER}):
        peaks = [part.peak(document.binary) for part in suspects if part.accessor == at]
        message = "holds NaN or infinite numbers; clean the mesh (and its weights) and export again."
        if np.isfinite(peaks).all():
            message = f"holds numbers beyond {MAX_NUMBER:g}, with which nothing can be computed; export again."
        findings.error(ProblemCode.NOT_FINITE, f"/accessors/{at}", message)


def _float_parts(gltf: Gltf) -> Iterator[_Floats]:
    for at, accessor in enumerate(gltf.accessors):
        if accessor.component_type != 5126:
            continue
        size = element_size(accessor.type, COMPONENT_DTYPES[5126])
        sources = [] if accessor.buffer_view is None else [(accessor.buffer_view, accessor.byte_offset, accessor.count)]
        if accessor.sparse is not None:
            values = accessor.sparse.values
            sources.append((values.buffer_view, values.byte_offset, accessor.sparse.count))
        for number, offset, count in sources:
            view = gltf.buffer_views[number]
            start, stride = view.byte_offset + offset, view.byte_stride or size
            yield _Floats(start, start + (count - 1) * stride + size, stride, size, at)


def _check_skinning(gltf: Gltf, document: Document, findings: Findings) -> None:
    seen: set[tuple[int, int]] = set()
    for node in gltf.nodes:
        if node.mesh is None or node.skin is None or (node.mesh, node.skin) in seen:
            continue
        seen.add((node.mesh, node.skin))
        joints = len(gltf.skins[node.skin].joints)
        for p, primitive in enumerate(gltf.meshes[node.mesh].primitives):
            where = pointer("meshes", node.mesh, "primitives", p, "attributes")
            names = [name for name in primitive.attributes if name.startswith("JOINTS_")]
            for name in names:
                highest = int(read_raw(document, primitive.attributes[name]).max())
                if highest >= joints:
                    message = f"{name} names joint {highest} of a skin with {joints}; bind the mesh again."
                    findings.error(ProblemCode.JOINT_RANGE, where, message)
            if names:
                _check_weights(document, primitive, where, findings)


def _check_weights(document: Document, primitive: Primitive, where: str, findings: Findings) -> None:
    names = [name for name in primitive.attributes if name.startswith("WEIGHTS_")]
    weights = np.concatenate([read_floats(document, primitive.attributes[name]) for name in names], axis=1)
    if (weights < 0).any():
        findings.error(ProblemCode.WEIGHTS, where, "some skin weights are negative; normalise them and export again.")
        return
    sums = weights.sum(axis=1)
    off = int((np.abs(sums - 1) > WEIGHT_SUM_TOLERANCE).sum())
    if off:
        message = f"skin weights of {off:,} vertices do not sum to 1; they will be normalised."
        findings.warn(ProblemCode.WEIGHTS, where, message)


def check_images(document: Document, findings: Findings) -> None:
    """Format and size of every image, from its header. Images must be in buffer views already."""
    pixels = basis_pixels = 0
    for at, image in enumerate(document.list("images")):
        where = pointer("images", at)
        data = view_bytes(document, image["bufferView"])
        header = images.read_header(data)
        if header is None:
            message = "is not a PNG, JPEG, WebP or KTX2 image, or its header is broken; convert it."
            findings.error(ProblemCode.IMAGE_FORMAT, where, message)
            continue
        pixels += header.width * header.height
        if not 0 < max(header.width, header.height) <= images.MAX_SIDE or min(header.width, header.height) == 0:
            message = f"has {header.width} x {header.height} pixels, at most {images.MAX_SIDE} a side are taken."
            findings.error(ProblemCode.IMAGE_SIZE, where, message)
        elif header.mime == images.KTX2:
            basis_pixels += header.width * header.height
            try:
                read_ktx2(data)
            except InvalidModel as error:
                findings.error(ProblemCode.IMAGE_FORMAT, where, str(error))
    for kind, total, most in (
        ("images", pixels, images.MAX_PIXELS),
        ("KTX2 images", basis_pixels, MAX_BASIS_PIXELS),
    ):
        if total > most:
            message = f"all {kind} have {total:,} pixels, at most {most:,} are taken; scale them down."
            findings.error(ProblemCode.IMAGE_SIZE, "/images", message)
