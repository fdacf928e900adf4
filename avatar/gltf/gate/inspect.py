"""What is in a GLB, and what is wrong with it. The gate through which every foreign file passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import TypeAdapter, ValidationError

from avatar.errors import InvalidModel
from avatar.frozen import Frozen
from avatar.gltf.gate.checks import (
    Findings,
    Problem,
    ProblemCode,
    Severity,
    check_images,
    check_tree,
    check_values,
    compressed_geometry,
    primitive_triangles,
)
from avatar.gltf.gate.embed import embed
from avatar.gltf.gate.excess import check_amounts, check_extensions
from avatar.gltf.gate.schema import DRACO, BufferView, Gltf, Mesh, MeshExtras
from avatar.gltf.gate.unpack import compressed_images, unpack_geometry, unpack_images
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model import images
from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, pointer, read_glb
from avatar.gltf.model.pose import placed_vertices, placements, target_names, world_matrices
from avatar.gltf.model.references import renumbered

_VIEWS = TypeAdapter(list[BufferView])


class PrimitiveInfo(Frozen):
    material: str | None
    triangles: int
    vertices: int
    morphs: int
    skinned: bool


class MeshInfo(Frozen):
    name: str
    nodes: tuple[str, ...]  # that show it
    primitives: tuple[PrimitiveInfo, ...]


class TextureInfo(Frozen):
    """An image of the file."""

    name: str
    mime: str
    width: int
    height: int
    bytes: int


class Bounds(Frozen):
    """The box around the bind pose, metres."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


class Inspection(Frozen):
    """A model in numbers. Where ``problems`` holds an error, the rest says only what could be read safely."""

    bytes: int
    generator: str | None = None
    triangles: int = 0  # drawn: a mesh that two nodes show counts twice
    vertices: int = 0
    meshes: tuple[MeshInfo, ...] = ()
    joints: tuple[str, ...] = ()  # names, of all skins, each once
    morphs: tuple[str, ...] = ()  # names, of all meshes, each once
    textures: tuple[TextureInfo, ...] = ()
    animations: tuple[str, ...] = ()
    bounds: Bounds | None = None
    extensions_used: tuple[str, ...] = ()
    extensions_required: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def draw_calls(self) -> int:
        """How often a renderer that merges nothing has to draw."""
        return sum(len(mesh.primitives) * len(mesh.nodes) for mesh in self.meshes)

    @property
    def sound(self) -> bool:
        """True when nothing worse than a warning was found."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


def inspect(data: bytes, sidecar: Sidecar | None = None) -> Inspection:
    """Read a GLB from anywhere and say what it holds and what is wrong with it.

    Compressed geometry is decoded in ``sidecar`` and checked like any other; without one it is an error beside which
    all is told that needs no decoding. Images are judged by their headers and never decoded.

    Raises ``TooLarge`` over 64 MB, ``CodecFailed`` when a codec crashes or breaks its limits; every other fault of the
    file becomes a ``Problem``. Time and memory are bounded by the limits in ``document``, ``schema`` and ``checks``.
    """
    return _examine(data, sidecar)[0]


def require_sound(data: bytes, sidecar: Sidecar | None = None) -> Document:
    """The document in ``data``, its ``data:`` URIs and buffers folded into one chunk.

    With ``sidecar`` it is unpacked too: no view carries meshopt, no primitive Draco, no image is KTX2.

    Raises ``TooLarge`` over 64 MB, ``CodecFailed`` as ``inspect`` does, and ``InvalidModel`` that lists every error
    found (``context["problems"]``).
    """
    return examine(data, sidecar)[1]


def examine(data: bytes, sidecar: Sidecar | None = None) -> tuple[Inspection, Document]:
    """What ``inspect`` and ``require_sound`` give and raise, for the price of one."""
    inspection, document = _examine(data, sidecar)
    if document is None:
        raise unsound(inspection.problems)
    hidden = compressed_images(document)
    if not hidden:
        return inspection, document
    findings = Findings()
    if sidecar is not None:
        try:
            return inspection, unpack_images(document, sidecar)
        except InvalidModel as error:
            _report_refused(error, findings)
    _report_compressed(hidden, findings)
    raise unsound(findings.problems)


def require_references(data: bytes) -> Document:
    """The document in ``data``, whose tree has been checked and whose numbers and images have not: enough to move them
    into another document that will be inspected.

    Raises ``TooLarge`` over 64 MB, and ``InvalidModel`` that lists every error found (``context["problems"]``).
    """
    document, findings = read_glb(data), Findings()
    gltf = _parse(document, findings)
    if gltf is not None:
        check_extensions(document.tree, findings)
        check_tree(gltf, len(document.binary), findings)
        _report_compressed(compressed_geometry(gltf), findings)
    if findings.errors:
        raise unsound(findings.problems)
    return _with_sane_extensions(embed(document), findings)


def unsound(problems: tuple[Problem, ...]) -> InvalidModel:
    """The error that tells the first error among ``problems`` and carries them all; there must be one."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidModel(errors[0].message.rstrip(".") + more, where=errors[0].where or "GLB", problems=tuple(errors))


def _examine(data: bytes, sidecar: Sidecar | None) -> tuple[Inspection, Document | None]:
    """What is in ``data`` and, if it is sound, its document with plain geometry."""
    findings = Findings()
    try:
        document = read_glb(data)
    except InvalidModel as error:
        code = ProblemCode.JSON if error.where == "JSON" else ProblemCode.CONTAINER
        findings.error(code, "", str(error))
        return Inspection(bytes=len(data), problems=findings.problems), None
    gltf = _parse(document, findings)
    if gltf is None:
        return Inspection(bytes=len(data), problems=findings.problems), None
    check_extensions(document.tree, findings)
    check_tree(gltf, len(document.binary), findings)
    if not findings.errors:
        check_amounts(gltf, findings)
    for at, mesh in enumerate(gltf.meshes):
        if mesh.extras is not None and not isinstance(mesh.extras, dict):
            where = pointer("meshes", at, "extras")
            findings.warn(ProblemCode.SCHEMA, where, "extras that are no object are ignored.")
    facts = _describe(gltf, len(data))
    if findings.errors:
        return facts.model_copy(update={"problems": findings.problems}), None
    document = embed(document)
    check_images(document, findings)
    facts = facts.model_copy(update={"textures": tuple(_textures(document))})
    hidden = compressed_geometry(gltf)
    if hidden and not findings.errors:
        document, gltf = _unpacked(document, gltf, sidecar, hidden, findings)
    if not findings.errors or not hidden:
        check_values(gltf, document, findings)
    bounds = _bounds(document, findings) if not findings.errors else None
    if not findings.errors:
        document = _with_sane_extensions(document, findings)
    found = {"bounds": bounds, "problems": findings.problems}
    return facts.model_copy(update=found), None if findings.errors else document


def _with_sane_extensions(document: Document, findings: Findings) -> Document:
    """Without what extensions say in another shape than theirs, or of things that are not there."""
    tree = renumbered(document.tree)
    if tree is document.tree:
        return document
    findings.warn(ProblemCode.REFERENCE, "", "extensions name things that are not there; these parts are left out.")
    return Document(tree, document.binary)


def _unpacked(
    document: Document, gltf: Gltf, sidecar: Sidecar | None, hidden: Mapping[str, str], findings: Findings
) -> tuple[Document, Gltf]:
    """With plain geometry. Where accessors moved (Draco), the tree is checked again; meshopt views only move."""
    if sidecar is None:
        _report_compressed(hidden, findings)
        return document, gltf
    try:
        document = unpack_geometry(document, gltf, sidecar)
    except InvalidModel as error:
        _report_refused(error, findings)
        return document, gltf
    if DRACO in hidden:
        gltf = _parse(document, findings) or gltf
        check_tree(gltf, len(document.binary), findings)
        return document, gltf
    return document, gltf.model_copy(update={"buffer_views": _VIEWS.validate_python(document.list("bufferViews"))})


def _report_compressed(hidden: Mapping[str, str], findings: Findings) -> None:
    for name, where in hidden.items():
        message = f"{name} takes codecs, and no sidecar for them is at hand here; give one, or export without it."
        findings.error(ProblemCode.COMPRESSED_INPUT, where, message)


def _report_refused(error: InvalidModel, findings: Findings) -> None:
    findings.error(ProblemCode.COMPRESSED_DATA, error.where or "", str(InvalidModel(error.detail, mend=error.mend)))


def _parse(document: Document, findings: Findings) -> Gltf | None:
    try:
        gltf = Gltf.model_validate(document.tree)
        for mesh in gltf.meshes:
            if isinstance(mesh.extras, dict):
                MeshExtras.model_validate(mesh.extras)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            findings.error(ProblemCode.SCHEMA, pointer(*fault["loc"]), f"{fault['msg']}; export the file again.")
        return None
    return gltf


def _describe(gltf: Gltf, size: int) -> Inspection:
    """What the tree alone tells; tolerant of references that lead nowhere."""
    meshes = []
    morphs: dict[str, None] = {}
    triangles = vertices = 0
    shown: dict[int | None, list[str]] = {}
    for number, node in enumerate(gltf.nodes):
        shown.setdefault(node.mesh, []).append(node.name or f"node {number}")
    for m, mesh in enumerate(gltf.meshes):
        info = _mesh_info(gltf, mesh, mesh.name or f"mesh {m}", tuple(shown.get(m, ())))
        meshes.append(info)
        triangles += sum(part.triangles for part in info.primitives) * len(info.nodes)
        vertices += sum(part.vertices for part in info.primitives)
        named = {
            "extras": mesh.extras,
            "primitives": [{"targets": part.targets, "extras": part.extras} for part in mesh.primitives],
        }
        morphs.update(dict.fromkeys(target_names(named)))
    joints = dict.fromkeys(
        gltf.nodes[joint].name or f"node {joint}"
        for skin in gltf.skins
        for joint in skin.joints
        if joint < len(gltf.nodes)
    )
    return Inspection(
        bytes=size,
        generator=gltf.asset.generator[:200] if gltf.asset.generator else None,
        triangles=triangles,
        vertices=vertices,
        meshes=tuple(meshes),
        joints=tuple(joints),
        morphs=tuple(morphs),
        animations=tuple(animation.name or f"animation {at}" for at, animation in enumerate(gltf.animations)),
        extensions_used=tuple(gltf.extensions_used),
        extensions_required=tuple(gltf.extensions_required),
    )


def _mesh_info(gltf: Gltf, mesh: Mesh, name: str, nodes: tuple[str, ...]) -> MeshInfo:
    parts = []
    for primitive in mesh.primitives:
        named = (*primitive.attributes.values(), *([] if primitive.indices is None else [primitive.indices]))
        whole = all(number < len(gltf.accessors) for number in named) and "POSITION" in primitive.attributes
        known = primitive.material is not None and primitive.material < len(gltf.materials)
        parts.append(
            PrimitiveInfo(
                material=gltf.materials[primitive.material].name if known and primitive.material is not None else None,
                triangles=primitive_triangles(gltf, primitive) if whole else 0,
                vertices=gltf.accessors[primitive.attributes["POSITION"]].count if whole else 0,
                morphs=len(primitive.targets),
                skinned="JOINTS_0" in primitive.attributes,
            )
        )
    return MeshInfo(name=name, nodes=nodes, primitives=tuple(parts))


def _textures(document: Document) -> Iterator[TextureInfo]:
    for at, image in enumerate(document.list("images")):
        data = view_bytes(document, image["bufferView"])
        header = images.read_header(data)
        yield TextureInfo(
            name=image.get("name") or f"image {at}",
            mime=header.mime if header else "unknown",
            width=header.width if header else 0,
            height=header.height if header else 0,
            bytes=len(data),
        )


def _bounds(document: Document, findings: Findings) -> Bounds | None:
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    with np.errstate(all="ignore"):  # overflow shows as a non-finite box
        worlds = world_matrices(document)
        for placement in placements(document):
            placed = placed_vertices(document, placement, worlds)
            low, high = np.minimum(low, placed.min(axis=0)), np.maximum(high, placed.max(axis=0))
    if not (np.isfinite(low).all() and np.isfinite(high).all()) or max(abs(low).max(), abs(high).max()) > 1e12:
        message = "the bind pose reaches to infinity; check node scales and inverse bind matrices."
        findings.error(ProblemCode.NOT_FINITE, "/nodes", message)
        return None
    return Bounds(low=(low[0], low[1], low[2]), high=(high[0], high[1], high[2]))
