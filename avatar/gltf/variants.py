"""Any rigged GLB in, the file a client asked for out: the transforms of a variant, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avatar.errors import GenerationFailed
from avatar.frozen import Frozen
from avatar.gltf.compact import CompactOptions, compact
from avatar.gltf.document import Document, write_glb
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import ValidationSummary, validate
from avatar.gltf.inspect import TextureInfo, inspect, require_sound
from avatar.gltf.mend import mend
from avatar.gltf.reindex import weld
from avatar.gltf.simplify import simplify
from avatar.gltf.textures import limit_textures
from avatar.gltf.transform import Step, StepReport, run_steps
from avatar.variant import Variant

GENERATOR: Final = "AR Avatar"


@dataclass(frozen=True, slots=True)
class Level:
    """The most that a level of detail may cost."""

    triangles: int
    relief: int  # times smaller than other textures: normal, occlusion, roughness and metallic maps, which are soft
    bends: bool  # morph targets change normals too
    negligible: float  # of a primitive's extent: smaller movements of a morph target are left out


LEVELS: Final = (
    Level(15_000, 1, True, 5e-5),
    Level(8_000, 2, True, 1.5e-4),
    Level(3_000, 2, False, 3e-4),
)


class VariantReport(Frozen):
    """A variant in numbers."""

    variant: Variant
    triangles: int
    vertices: int
    draw_calls: int
    bytes: int
    textures: tuple[TextureInfo, ...]
    morphs: tuple[str, ...]
    steps: tuple[StepReport, ...]
    validation: ValidationSummary


@dataclass(frozen=True, slots=True)
class VariantFile:
    """A finished variant."""

    data: bytes
    report: VariantReport


def shaping(variant: Variant, sidecar: Sidecar) -> tuple[Step, ...]:
    """The transforms that make a plain model of what ``variant`` asks for, in order."""
    level = LEVELS[variant.lod]
    limit, relief = variant.texture_limit, relief_limit(variant)
    packing = CompactOptions(negligible=level.negligible, bends=level.bends)
    return (
        Step("weld", weld),
        Step("simplify", lambda document: simplify(document, level.triangles, sidecar)),
        Step("mend", mend),
        Step("textures", lambda document: limit_textures(document, limit, relief)),
        Step("compact", lambda document: compact(document, sidecar, packing)),
    )


def relief_limit(variant: Variant) -> int:
    """Pixels a side of normal, occlusion, roughness and metallic maps."""
    return variant.texture_limit // LEVELS[variant.lod].relief


def build_variant(data: bytes, variant: Variant, sidecar: Sidecar) -> VariantFile:
    """Make ``variant`` of the model in ``data``.

    Raises ``InvalidModel`` or ``TooLarge`` for input that is not sound, ``CodecFailed`` when a codec fails,
    ``GenerationFailed`` when the result has errors or misses its budget.
    """
    document, reports = run_steps(require_sound(data), shaping(variant, sidecar))
    return finished(document, variant, reports, sidecar)


def finished(document: Document, variant: Variant, reports: tuple[StepReport, ...], sidecar: Sidecar) -> VariantFile:
    """The file of a document that has been through its transforms. Raises GenerationFailed when it has errors."""
    asset = {**document.tree["asset"], "generator": f"{GENERATOR} (LOD {variant.lod})"}
    made = write_glb(Document({**document.tree, "asset": asset}, document.binary))
    return VariantFile(made, _checked(made, variant, reports, sidecar))


def _checked(made: bytes, variant: Variant, reports: tuple[StepReport, ...], sidecar: Sidecar) -> VariantReport:
    """What the file holds. Raises GenerationFailed when it is not what it should be."""
    inspection = inspect(made)
    validation = validate(made, sidecar)
    faults = [f"{problem.where}: {problem.message}" for problem in inspection.problems if problem.severity == "error"]
    faults += [f"{issue.where}: {issue.message}" for issue in validation.issues if issue.severity == "error"]
    if inspection.triangles > LEVELS[variant.lod].triangles:
        faults.append(f"{inspection.triangles:,} triangles are left")
    if faults or validation.errors:
        raise GenerationFailed(
            f"level of detail {variant.lod} is not valid: {'; '.join(faults[:3])}",
            where="GLB",
            mend="Check the source with the Khronos glTF validator",
            validation=validation,
        )
    return VariantReport(
        variant=variant,
        triangles=inspection.triangles,
        vertices=inspection.vertices,
        draw_calls=inspection.draw_calls,
        bytes=len(made),
        textures=inspection.textures,
        morphs=inspection.morphs,
        steps=reports,
        validation=validation,
    )
