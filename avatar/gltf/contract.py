"""What was made of a model, held against the model: what no validator of files can see.

Khronos' validator knows whether a file is well formed. Whether the rig is still the same rig, the face still moves and
the pictures have the size that was asked for, only a comparison tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.gate.checks import Findings, Problem, ProblemCode
from avatar.gltf.model import images
from avatar.gltf.model.accessors import Raw, read_floats, read_raw, read_rows, view_bytes
from avatar.gltf.model.document import Document, Tree, pointer, without
from avatar.gltf.model.pose import (
    F64,
    Placement,
    joint_matrices,
    placed_vertices,
    placements,
    target_names,
    world_matrices,
)
from avatar.gltf.model.references import Kind, mentioned
from avatar.gltf.model.slots import source_image, texture_infos
from avatar.gltf.transforms.mend import ROOT
from avatar.gltf.transforms.skeleton import normalise_names
from avatar.gltf.transforms.textures.roles import plain_images
from avatar.variant import BodyType, ModelFormat, TextureFormat, Variant

F32 = NDArray[np.float32]

INFLUENCES: Final = 4  # joints a vertex that every client reads
# All lengths are shares of the diagonal of the box around the model before.
MOVING = 1e-3  # what moves a vertex this far may not stop
QUANTUM = 2e-4  # rounding that a peak may gain
GROWTH, FADING = 1.05, 0.25  # factors between the peaks of a morph target before and after
BOUNDS = 0.08  # a face of the box may move so far: thin strands and tips go when triangles do
STEADY = 1e-3  # how far the joints of a skin that is bound in its rest pose may disagree about it
_LENGTHS: Final = {5120: 0.03, 5122: 0.001, 5126: 0.00674}  # of unit vectors by component type; floats as Khronos'


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for. ``morphs``, ``mimes``, ``texture_limit``: None for whatever there was."""

    morphs: Collection[str] | None = None  # names of morph targets that stay
    normalised: bool = False  # joints go by Ready Player Me's names now (skeleton.normalise_names)
    posed: bool = False  # bound in another rest pose, or half a body
    merged: bool = False  # materials were merged into an atlas
    texture_limit: int | None = None  # pixels a side
    power_of_two: bool = True  # sides of images that were scaled
    mimes: frozenset[str] | None = None  # media types of images that materials show


AS_IT_WAS: Final = Expected()
_MIMES: Final = {
    TextureFormat.JPEG: frozenset({images.JPEG, images.PNG}),  # JPEG has no alpha
    TextureFormat.PNG: frozenset({images.PNG}),
    TextureFormat.WEBP: frozenset({images.WEBP, images.JPEG, images.PNG}),  # normal maps are as in JPEG
    TextureFormat.KTX2: frozenset({images.KTX2}),
}


def expected_of(variant: Variant) -> Expected:
    """What a plain build of ``variant`` shall be."""
    return Expected(
        morphs=variant.morphs,
        normalised=True,
        posed=variant.pose is not None or variant.format is ModelFormat.VRM or variant.body is BodyType.HALF,
        merged=variant.atlas_size is not None,
        texture_limit=variant.texture_limit,
        mimes=_MIMES[variant.texture_format],
    )


def check_contract(before: Document | Measured, after: Document, expected: Expected = AS_IT_WAS) -> tuple[Problem, ...]:
    """What is wrong with ``after``, which was made of ``before``, errors first; empty when all is well.

    Both must be sound (``require_sound``) and hold plain accessors: quantised ones are read, compressed ones are not.
    A model that was ``Measured`` before has the names of joints that are ``expected``.
    An error means that clients would see another avatar than the one that went in; unused parts are warnings.
    """
    findings = Findings()
    with np.errstate(all="ignore"):  # what is not finite is found, not warned of
        if isinstance(before, Document):
            before = Measured(normalise_names(before).document if expected.normalised else before)
        _check_all(before, Measured(after), expected, findings)
    return findings.problems


def _check_all(old: Measured, new: Measured, expected: Expected, findings: Findings) -> None:
    before, after = old.document, new.document
    _check_joints(before, after, findings)
    _check_vertices(new, findings)
    _check_bind_pose(old, new, expected, findings)
    box, made = old.box, new.box
    if box is None or made is None:
        if box is not None:
            findings.error(ProblemCode.BOUNDS, "/meshes", "nothing is left to be seen, or its places are not finite.")
        return
    size = max(float(np.linalg.norm(box[1] - box[0])), 1e-9)
    _check_box(box, made, size, expected, findings)
    _check_morphs(old, new, size, expected, findings)
    _check_images(before, after, expected, findings)
    _check_alpha(before, after, expected, findings)
    _check_unused(after, findings)


class Measured:
    """A document with its matrices; what is asked of it is computed once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.worlds = world_matrices(document)
        self.skins = [joint_matrices(document, at, self.worlds) for at in range(len(document.list("skins")))]
        self._floats: dict[int, F32] = {}
        self._peaks: dict[int, float] = {}

    def floats(self, at: int) -> F32:
        """Accessor ``at`` as floats."""
        if at not in self._floats:
            self._floats[at] = read_floats(self.document, at)
        return self._floats[at]

    def shown(self) -> Iterator[tuple[Placement, Tree]]:
        """What nodes show of triangles."""
        for placement in placements(self.document):
            primitive = placement.tree(self.document)
            if primitive.get("mode", 4) >= 4:
                yield placement, primitive

    def matrix(self, placement: Placement) -> F64:
        """(4, 4) what takes vertices in bind pose to the world: of the first joint where all should agree."""
        skin = self.document.tree["nodes"][placement.node].get("skin")
        matrix: F64 = self.worlds[placement.node] if skin is None else self.skins[skin][0]
        return matrix

    @cached_property
    def discords(self) -> list[float]:
        """How far the joints of each skin disagree about where the mesh was bound; 0 when it was in the rest pose."""
        return [self._discord(matrices) for matrices in self.skins]

    def _discord(self, matrices: F64) -> float:
        scale = max(float(np.cbrt(np.abs(np.linalg.det(matrices[0, :3, :3])))), 1e-12)
        apart = np.abs(matrices - matrices[0]).max(axis=0)
        return max(float(apart[:3, :3].max()) / scale, float(apart[:3, 3].max()) / self.reach())

    def reach(self) -> float:
        """How far nodes stand from each other, at least 1 mm."""
        return max(float(np.ptp(self.worlds[:, :3, 3], axis=0).max()), 1e-3)

    @cached_property
    def box(self) -> tuple[F64, F64] | None:
        """Corners of the box around what is seen in the rest pose; None when there is nothing or it has no end."""
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        done: dict[tuple[int, int, int | None], None] = {}
        for placement, primitive in self.shown():
            skin = self.document.tree["nodes"][placement.node].get("skin")
            key = (primitive["attributes"]["POSITION"], primitive.get("indices", -1), skin)
            if skin is not None and key in done:
                continue
            done[key] = None
            if skin is None or self.discords[skin] < STEADY:
                matrix = self.matrix(placement)
                points = self._used(primitive).astype(float) @ matrix[:3, :3].T + matrix[:3, 3]
            else:
                points = placed_vertices(self.document, placement, self.worlds)
            if len(points):
                low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
        return (low, high) if np.isfinite(low).all() and np.isfinite(high).all() else None

    def _used(self, primitive: Tree) -> F32:
        """Positions of the vertices that triangles have."""
        positions = self.floats(primitive["attributes"]["POSITION"])
        if "indices" not in primitive:
            return positions
        used = np.zeros(len(positions), np.bool_)
        used[read_raw(self.document, primitive["indices"])[:, 0]] = True
        return positions if used.all() else positions[used]

    def peaks(self, wanted: Collection[str] | None = None) -> dict[str, float]:
        """How far each morph target moves the vertex that it moves most, in the world; by name, over all meshes.

        NaN for one whose numbers are not finite, 0 for one that is not ``wanted``.
        """
        found: dict[str, float] = {}
        for placement, primitive in self.shown():
            names = target_names(self.document.tree["meshes"][placement.mesh])
            scale = float(np.linalg.norm(self.matrix(placement)[:3, :3], 2))
            for name, target in zip(names, primitive.get("targets", ()), strict=False):
                at = target.get("POSITION") if wanted is None or name in wanted else None
                if at is not None and at not in self._peaks:
                    self._peaks[at] = self._peak(at)
                peak = self._peaks[at] * scale if at is not None else 0.0
                found[name] = float(np.maximum(found.get(name, 0.0), peak))
        return found

    def _peak(self, at: int) -> float:
        """Length of the longest row of an accessor."""
        _, stored = read_rows(self.document, at)
        rows = stored.astype(np.float32, copy=False)
        peak = float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max()))
        normalized = self.document.tree["accessors"][at].get("normalized")
        return peak / float(np.iinfo(stored.dtype).max) if normalized else peak


# --- rig --------------------------------------------------------------------------------------------------------------


def _check_joints(before: Document, after: Document, findings: Findings) -> None:
    lost = _joints(before) - _joints(after)
    for (name, parent), _ in sorted(lost.items(), key=str)[:5]:
        findings.error(ProblemCode.SKELETON, "/skins", f"joint {name!r} below {parent!r} is not there any more.")
    if len(lost) > 5:
        findings.error(ProblemCode.SKELETON, "/skins", f"{len(lost) - 5} more joints are not there any more.")


def _joints(document: Document) -> Counter[tuple[str | None, str | None]]:
    """Joints of all skins with their parents, by name; a root that ``mend`` may have put above them is no parent."""
    nodes = document.list("nodes")
    parents = {
        child: node.get("name")
        for node in nodes
        if without(node, "children") != ROOT
        for child in node.get("children", ())
    }
    joints = {joint for skin in document.list("skins") for joint in skin["joints"]}
    return Counter((nodes[joint].get("name"), parents.get(joint)) for joint in joints)


def _check_vertices(model: Measured, findings: Findings) -> None:
    """Weights, joints, normals, tangents and places of every primitive that is shown."""
    document = model.document
    seen: set[tuple[int, int, int | None]] = set()
    for placement, primitive in model.shown():
        skin = document.tree["nodes"][placement.node].get("skin")
        if (placement.mesh, placement.primitive, skin) in seen:
            continue
        seen.add((placement.mesh, placement.primitive, skin))
        where = pointer("meshes", placement.mesh, "primitives", placement.primitive, "attributes")
        attributes = primitive["attributes"]
        if not np.isfinite(model.floats(attributes["POSITION"])).all():
            findings.error(ProblemCode.NOT_FINITE, where + "/POSITION", "holds places that are not finite.")
        for name in ("NORMAL", "TANGENT"):
            if name in attributes:
                _check_directions(model, attributes[name], f"{where}/{name}", findings)
        if skin is not None and "JOINTS_0" in attributes:
            _check_weights(model, attributes, len(document.tree["skins"][skin]["joints"]), where, findings)


def _check_directions(model: Measured, at: int, where: str, findings: Findings) -> None:
    values = model.floats(at)
    tolerance = _LENGTHS.get(model.document.tree["accessors"][at]["componentType"], 0.03)
    lengths = np.sqrt(np.einsum("ij,ij->i", values[:, :3], values[:, :3]))
    off = int((~(np.abs(lengths - 1) <= tolerance)).sum())  # so written, NaN is off too
    if off:
        findings.error(ProblemCode.NORMALS, where, f"{off:,} of {len(values):,} directions are not of length 1.")
    if values.shape[1] == 4 and not (np.abs(values[:, 3]) == 1).all():
        findings.error(ProblemCode.NORMALS, where, "the sign of a tangent is neither 1 nor -1.")


def _check_weights(model: Measured, attributes: Mapping[str, int], count: int, where: str, findings: Findings) -> None:
    sets = sorted(name[7:] for name in attributes if name.startswith("JOINTS_"))
    weights = np.concatenate([model.floats(attributes[f"WEIGHTS_{number}"]) for number in sets], axis=1)
    joints: Raw = np.concatenate([read_raw(model.document, attributes[f"JOINTS_{number}"]) for number in sets], axis=1)
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        findings.error(ProblemCode.WEIGHTS, where, "some skin weights are negative or not finite.")
        return
    off = int((np.abs(weights.sum(axis=1) - 1) > 1e-3).sum())
    if off:
        findings.error(ProblemCode.WEIGHTS, where, f"skin weights of {off:,} vertices do not sum to 1.")
    if joints.size and int(joints.max()) >= count:
        message = f"names joint {int(joints.max())} of a skin with {count}."
        findings.error(ProblemCode.JOINT_RANGE, where, message)
    crowded = int(((weights > 0).sum(axis=1) > INFLUENCES).sum())
    if crowded:
        message = f"{crowded:,} vertices hang on more than {INFLUENCES} joints; most clients read {INFLUENCES}."
        findings.warn(ProblemCode.WEIGHTS, where, message)


def _check_bind_pose(old: Measured, new: Measured, expected: Expected, findings: Findings) -> None:
    """Skins that were bound in the rest pose of their joints still are; after a change of pose all are."""
    if not all(np.isfinite(matrices).all() for matrices in new.skins):
        findings.error(ProblemCode.NOT_FINITE, "/skins", "inverse bind matrices are not finite.")
        return
    if not expected.posed and any(discord > STEADY for discord in old.discords):
        return
    for skin, discord in enumerate(new.discords):
        if not discord <= 5 * STEADY:
            message = f"the mesh is not bound in the rest pose of its joints: they disagree by {discord:.3g}."
            findings.error(ProblemCode.BIND_POSE, pointer("skins", skin), message)


# --- shape ------------------------------------------------------------------------------------------------------------


def _check_box(
    box: tuple[F64, F64], made: tuple[F64, F64], size: float, expected: Expected, findings: Findings
) -> None:
    if expected.posed:  # arms go where they are told; the body does not grow
        if float(np.linalg.norm(made[1] - made[0])) > 2 * size:
            findings.error(ProblemCode.BOUNDS, "/meshes", "the model is more than twice as large as it was.")
        return
    off = np.abs(np.array(made) - np.array(box)).max()
    if off > BOUNDS * size:
        message = f"the box around the model has moved by {off / size:.0%} of its diagonal."
        findings.error(ProblemCode.BOUNDS, "/meshes", message)


def _check_morphs(old: Measured, new: Measured, size: float, expected: Expected, findings: Findings) -> None:
    for at, mesh in enumerate(new.document.list("meshes")):
        extras = mesh.get("extras")
        names = extras.get("targetNames") if isinstance(extras, dict) else None
        counts = {len(primitive.get("targets", ())) for primitive in mesh["primitives"]}
        if isinstance(names, list) and counts and counts != {len(names)}:
            message = f"names {len(names)} morph targets and has {', '.join(map(str, sorted(counts)))}."
            findings.error(ProblemCode.MORPHS, pointer("meshes", at), message)
    wanted = None if expected.morphs is None else frozenset(expected.morphs)
    before, after = old.peaks(wanted), new.peaks(wanted)
    for name, peak in before.items():
        if wanted is not None and name not in wanted:
            if name in after:
                findings.error(ProblemCode.MORPHS, "/meshes", f"morph target {name!r} is there and was not asked for.")
        elif name not in after:
            findings.error(ProblemCode.MORPHS, "/meshes", f"morph target {name!r} is not there any more.")
        else:
            _check_motion(name, peak / size, after[name] / size, findings)


def _check_motion(name: str, before: float, after: float, findings: Findings) -> None:
    if not np.isfinite(after):
        findings.error(ProblemCode.NOT_FINITE, "/meshes", f"morph target {name!r} is not finite.")
    elif before > MOVING and after < QUANTUM:
        findings.error(ProblemCode.MORPHS, "/meshes", f"morph target {name!r} moves nothing any more.")
    elif after > before * GROWTH + QUANTUM:
        message = f"morph target {name!r} moves {after / max(before, 1e-12):.1f} times as far as it did."
        findings.error(ProblemCode.MORPHS, "/meshes", message)
    elif before > MOVING and after < before * FADING:
        message = f"morph target {name!r} moves {after / before:.0%} of what it did."
        findings.warn(ProblemCode.MORPHS, "/meshes", message)


# --- looks ------------------------------------------------------------------------------------------------------------


def _check_images(before: Document, after: Document, expected: Expected, findings: Findings) -> None:
    """Every image can be read and is as asked for; one that was not scaled may have any sides."""
    had = {(header.width, header.height) for header in _headers(before) if header is not None}
    plain = plain_images(after)
    for at, header in enumerate(_headers(after)):
        where = pointer("images", at)
        if header is None:
            findings.error(ProblemCode.IMAGE_FORMAT, where, "is no image that can be read.")
            continue
        said = after.tree["images"][at].get("mimeType", header.mime)
        if said != header.mime:
            findings.error(ProblemCode.IMAGE_FORMAT, where, f"says {said} and is {header.mime}.")
        if expected.mimes is not None and at not in plain and header.mime not in expected.mimes:
            message = f"is {header.mime} where {' or '.join(sorted(expected.mimes))} was asked for."
            findings.error(ProblemCode.IMAGE_FORMAT, where, message)
        if expected.texture_limit is None:
            continue
        width, height = header.width, header.height
        if max(width, height) > expected.texture_limit:
            message = f"has {width} x {height} pixels, at most {expected.texture_limit} a side were asked for."
            findings.error(ProblemCode.IMAGE_SIZE, where, message)
        elif expected.power_of_two and (width & (width - 1) or height & (height - 1)) and (width, height) not in had:
            findings.error(ProblemCode.IMAGE_SIZE, where, f"has {width} x {height} pixels: no powers of two.")


def _headers(document: Document) -> list[images.ImageHeader | None]:
    return [
        images.read_header(view_bytes(document, image["bufferView"])) if "bufferView" in image else None
        for image in document.list("images")
    ]


def _check_alpha(before: Document, after: Document, expected: Expected, findings: Findings) -> None:
    """Materials are as opaque as they were: by name, or as a whole when they were merged."""
    was, now = _alpha_modes(before), _alpha_modes(after)
    if expected.merged:
        strange = set().union(*now.values()) - set().union(*was.values())
        if strange:
            message = f"there are {', '.join(sorted(strange))} materials, which there were not."
            findings.warn(ProblemCode.ALPHA, "/materials", message)
        return
    for name, modes in now.items():
        if name in was and modes - was[name]:
            message = f"material {name!r} is {' and '.join(sorted(modes))}, it was {' and '.join(sorted(was[name]))}."
            findings.error(ProblemCode.ALPHA, "/materials", message)


def _alpha_modes(document: Document) -> dict[str, set[str]]:
    """Alpha modes of the materials that primitives have, by name."""
    materials = document.list("materials")
    used = {p["material"] for mesh in document.list("meshes") for p in mesh["primitives"] if "material" in p}
    found: dict[str, set[str]] = {}
    for at in used:
        found.setdefault(str(materials[at].get("name", "")), set()).add(materials[at].get("alphaMode", "OPAQUE"))
    return found


def _check_unused(document: Document, findings: Findings) -> None:
    tree = document.tree
    used = set(_used_accessors(document))
    textures = {info["index"] for material in document.list("materials") for _, info in texture_infos(material)}
    textures |= mentioned(tree, Kind.TEXTURE)
    pictures = {source_image(document.tree["textures"][at]) for at in textures if at < len(document.list("textures"))}
    pictures |= mentioned(tree, Kind.IMAGE)
    counted = (("accessors", used), ("textures", textures), ("images", pictures))
    for kind, numbers in counted:
        idle = len(document.list(kind)) - len([at for at in numbers if at is not None])
        if idle > 0:
            findings.warn(ProblemCode.UNUSED, f"/{kind}", f"nothing uses {idle} of {len(document.list(kind))}.")


def _used_accessors(document: Document) -> Iterator[int]:
    for mesh in document.list("meshes"):
        for primitive in mesh["primitives"]:
            yield from primitive["attributes"].values()
            yield from (at for target in primitive.get("targets", ()) for at in target.values())
            if "indices" in primitive:
                yield primitive["indices"]
    for skin in document.list("skins"):
        if "inverseBindMatrices" in skin:
            yield skin["inverseBindMatrices"]
    for animation in document.list("animations"):
        for sampler in animation["samplers"]:
            yield sampler["input"]
            yield sampler["output"]
