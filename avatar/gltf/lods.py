"""Levels of detail: what each may cost, and the transforms that get a model there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

from avatar import recipes
from avatar.errors import GenerationFailed, InvalidInput, InvalidModel
from avatar.frozen import Frozen
from avatar.gltf import compact as compacting
from avatar.gltf import simplify as simplifying
from avatar.gltf import textures as texturing
from avatar.gltf.compact import CompactOptions, compact, take_geometry
from avatar.gltf.document import Document, write_glb
from avatar.gltf.fingerprint import fingerprint
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import ValidationSummary, validate
from avatar.gltf.inspect import TextureInfo, inspect, require_references, require_sound
from avatar.gltf.layout import image_bytes
from avatar.gltf.mend import mend
from avatar.gltf.origin import Origin, origin_of, signed
from avatar.gltf.reindex import weld
from avatar.gltf.simplify import simplify
from avatar.gltf.textures import image_keys, limit_textures
from avatar.gltf.transform import Step, StepReport, run_steps

GENERATOR: Final = "AR Avatar"


@dataclass(frozen=True, slots=True)
class Level:
    """The most that a level of detail may cost."""

    triangles: int
    texture: int  # pixels a side
    relief: int  # pixels a side of normal, occlusion, roughness and metallic maps: soft, and seen from farther away
    bends: bool  # morph targets change normals too
    negligible: float  # of a primitive's extent: smaller movements of a morph target are left out


LEVELS: Final = (
    Level(15_000, 1024, 1024, True, 5e-5),
    Level(8_000, 512, 256, True, 1.5e-4),
    Level(3_000, 256, 128, False, 3e-4),
)


class LodReport(Frozen):
    """A level of detail in numbers."""

    level: int
    triangles: int
    vertices: int
    draw_calls: int
    bytes: int
    textures: tuple[TextureInfo, ...]
    morphs: tuple[str, ...]
    steps: tuple[StepReport, ...]
    validation: ValidationSummary


@dataclass(frozen=True, slots=True)
class LodFile:
    """A finished level of detail."""

    data: bytes
    report: LodReport


def steps(level: int, sidecar: Sidecar) -> tuple[Step, ...]:
    """The transforms of ``level`` in order. Raises ``InvalidInput`` unless it is 0, 1 or 2."""
    goal = _goal(level)
    packing = CompactOptions(negligible=goal.negligible, bends=goal.bends)
    return (
        Step("weld", weld),
        Step("simplify", lambda document: simplify(document, goal.triangles, sidecar)),
        Step("mend", mend),
        Step("textures", lambda document: limit_textures(document, goal.texture, goal.relief)),
        Step("compact", lambda document: compact(document, sidecar, packing)),
    )


def _goal(level: int) -> Level:
    if not 0 <= level < len(LEVELS):
        raise InvalidInput(f"there is no level of detail {level}", mend=f"Ask for 0 to {len(LEVELS) - 1}")
    return LEVELS[level]


def recipe(level: int) -> str:
    """sha256 (hex) of everything but the source that decides a level's bytes: its part of a variant's key."""
    options = {
        "version": recipes.LODS,
        "level": asdict(LEVELS[level]),
        "simplify": asdict(simplifying.DEFAULTS),
        "apart": [(pattern.pattern, pattern.flags, asdict(apart)) for pattern, apart in simplifying.APART],
        "named": [(pattern.pattern, pattern.flags, importance) for pattern, importance in simplifying.NAMED],
        "meeting": [simplifying.PARTING, simplifying.CLOSING],
        "textures": asdict(texturing.DEFAULTS),
        "compact": asdict(compacting.DEFAULTS),
    }
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()


def build_lod(data: bytes, level: int, sidecar: Sidecar) -> LodFile:
    """Level of detail ``level`` (0, 1, 2) of any GLB, inspected, made and validated.

    Raises ``InvalidModel`` or ``TooLarge`` for a source that is not sound, ``CodecFailed`` when a guest fails,
    ``GenerationFailed`` when the result has errors or misses its budget.
    """
    document, transforms = require_sound(data), steps(level, sidecar)
    origin = _origin(document, level)
    document, reports = run_steps(document, transforms)
    return _finished(document, origin, reports, sidecar)


def repaint_lod(source: bytes, kin: bytes, level: int, sidecar: Sidecar) -> LodFile:
    """What ``build_lod(source, level)`` gives, made of ``kin``: the same level of a model that differs from ``source``
    in images and in what materials say of colour alone.

    Geometry is taken over; images that ``kin``'s source had for the same use are, too. Raises ``InvalidModel`` unless
    ``kin`` says that it was made from a model of this geometry by today's recipe; else what ``build_lod``
    raises: ``GenerationFailed`` also when the numbers of ``kin`` are broken.
    """
    goal = _goal(level)
    document, base = require_sound(source), require_references(kin)
    origin, said = _origin(document, level), origin_of(base)
    images = base.list("images")
    if (
        said is None
        or (said.level, said.recipe, said.geometry) != (level, origin.recipe, origin.geometry)
        or len(said.images) != len(images)
    ):
        raise InvalidModel(
            f"it was not made by today's recipe as level {level} of a model of this geometry",
            where="/asset/extras",
            mend="Build the level anew",
        )
    made = zip(
        said.images, zip(image_bytes(base), (image.get("mimeType", "") for image in images), strict=True), strict=True
    )
    change = limit_textures(document, goal.texture, goal.relief, known=dict(made))
    reports = (StepReport(step="textures", notes=change.notes),)
    return _finished(take_geometry(change.document, base), origin, reports, sidecar)


def _origin(document: Document, level: int) -> Origin:
    return Origin(level=level, recipe=recipe(level), geometry=fingerprint(document), images=image_keys(document))


def _finished(document: Document, origin: Origin, reports: tuple[StepReport, ...], sidecar: Sidecar) -> LodFile:
    asset = signed({**document.tree["asset"], "generator": f"{GENERATOR} (LOD {origin.level})"}, origin)
    made = write_glb(Document({**document.tree, "asset": asset}, document.binary))
    return LodFile(made, _report(made, origin.level, reports, sidecar))


def _report(made: bytes, level: int, reports: tuple[StepReport, ...], sidecar: Sidecar) -> LodReport:
    inspection = inspect(made)
    validation = validate(made, sidecar)
    faults = [f"{problem.where}: {problem.message}" for problem in inspection.problems if problem.severity == "error"]
    faults += [f"{issue.where}: {issue.message}" for issue in validation.issues if issue.severity == "error"]
    if inspection.triangles > LEVELS[level].triangles:
        faults.append(f"{inspection.triangles:,} triangles are left")
    if faults or validation.errors:
        raise GenerationFailed(
            f"level of detail {level} is not valid: {'; '.join(faults[:3])}",
            where="GLB",
            mend="Check the source with the Khronos glTF validator",
            validation=validation,
        )
    return LodReport(
        level=level,
        triangles=inspection.triangles,
        vertices=inspection.vertices,
        draw_calls=inspection.draw_calls,
        bytes=len(made),
        textures=inspection.textures,
        morphs=inspection.morphs,
        steps=reports,
        validation=validation,
    )
