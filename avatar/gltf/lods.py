"""Levels of detail: what each may cost, and the transforms that get a model there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from avatar.errors import GenerationFailed, InvalidInput
from avatar.frozen import Frozen
from avatar.gltf import compact as compacting
from avatar.gltf import simplify as simplifying
from avatar.gltf import textures as texturing
from avatar.gltf.compact import CompactOptions, compact
from avatar.gltf.document import Change, Document, write_glb
from avatar.gltf.inspect import TextureInfo, inspect, require_sound
from avatar.gltf.mend import mend
from avatar.gltf.reindex import weld
from avatar.gltf.sidecar import Sidecar
from avatar.gltf.simplify import simplify
from avatar.gltf.textures import limit_textures
from avatar.gltf.validate import ValidationSummary, validate

GENERATOR: Final = "AR Avatar"
RECIPE_VERSION: Final = 2  # raise it when the same options give other bytes: it is part of every variant's key


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


@dataclass(frozen=True, slots=True)
class Step:
    """A named transform of the pipeline, with its options bound."""

    name: str
    apply: Callable[[Document], Change]


class StepReport(Frozen):
    """What one transform did, for people."""

    step: str
    notes: tuple[str, ...]


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
    if not 0 <= level < len(LEVELS):
        raise InvalidInput(f"there is no level of detail {level}", mend=f"Ask for 0 to {len(LEVELS) - 1}")
    goal = LEVELS[level]
    packing = CompactOptions(negligible=goal.negligible, bends=goal.bends)
    return (
        Step("weld", weld),
        Step("simplify", lambda document: simplify(document, goal.triangles, sidecar)),
        Step("mend", mend),
        Step("textures", lambda document: limit_textures(document, goal.texture, goal.relief)),
        Step("compact", lambda document: compact(document, sidecar, packing)),
    )


def recipe(level: int) -> str:
    """sha256 (hex) of everything but the source that decides a level's bytes: its part of a variant's key."""
    options = {
        "version": RECIPE_VERSION,
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
    document = require_sound(data)
    reports: list[StepReport] = []
    for step in steps(level, sidecar):
        change = step.apply(document)
        document = change.document
        reports.append(StepReport(step=step.name, notes=change.notes))
    asset = {**document.tree["asset"], "generator": f"{GENERATOR} (LOD {level})"}
    made = write_glb(Document({**document.tree, "asset": asset}, document.binary))
    return LodFile(made, _report(made, level, tuple(reports), sidecar))


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
