"""Any rigged GLB in, the file a client asked for out: the transforms of a variant, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from avatar.errors import GenerationFailed
from avatar.frozen import Frozen
from avatar.gltf.contract import check_contract, expected_of
from avatar.gltf.encoded import Encoded, EncodedImages
from avatar.gltf.gate.inspect import Inspection, TextureInfo, inspect
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import ValidationSummary, validate
from avatar.gltf.model.document import Change, Document, write_glb
from avatar.gltf.pipeline import Step, StepReport, run_steps
from avatar.gltf.sources import Source, source_of
from avatar.gltf.transforms.atlas import make_atlas
from avatar.gltf.transforms.channels import choose_channels
from avatar.gltf.transforms.compact import CompactOptions, compact
from avatar.gltf.transforms.dedup import dedup, without_unused
from avatar.gltf.transforms.draco import compress_draco
from avatar.gltf.transforms.half import half_body
from avatar.gltf.transforms.mend import mend
from avatar.gltf.transforms.meshopt import compress_meshopt
from avatar.gltf.transforms.morphs import prune_morphs
from avatar.gltf.transforms.posing import rest_pose
from avatar.gltf.transforms.quantize import DEFAULTS, FAR, quantize
from avatar.gltf.transforms.textures import FAR_OPTIONS, MIDDLE_OPTIONS, OPTIONS, TextureOptions, limit_textures
from avatar.gltf.transforms.vrm import as_vrm, hang_springs
from avatar.variant import BodyType, Compression, Detail, ModelFormat, RestPose, Variant

GENERATOR: Final = "AR Avatar"


@dataclass(frozen=True, slots=True)
class Level:
    """The most that a level of detail may cost."""

    triangles: int
    relief: int  # times smaller than other textures: normal, occlusion, roughness and metallic maps, which are soft
    far: bool  # seen from afar: morph targets leave normals alone, numbers and colours are fewer
    negligible: float  # of a primitive's extent: smaller movements of a morph target are left out
    textures: Mapping[Detail, TextureOptions]  # how images are encoded


LEVELS: Final = (
    Level(15_000, 1, False, 5e-5, OPTIONS),
    Level(8_000, 2, False, 1.5e-4, MIDDLE_OPTIONS),
    Level(3_000, 2, True, 3e-4, FAR_OPTIONS),
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


@dataclass(frozen=True, slots=True)
class Kit:
    """What the transforms work with: the codecs' process and, where there is one, the store of encoded images."""

    sidecar: Sidecar
    encoded: EncodedImages | None = None


def reducing(source: Source, variant: Variant, kit: Kit) -> tuple[Step, ...]:
    """From ``source`` to the triangles of a level of detail, the same ones whatever else ``variant`` asks for."""
    level = LEVELS[variant.lod]
    return (
        Step("weld", lambda _: source.welded),
        Step("simplify", lambda _: source.simplified(level.triangles, kit.sidecar)),
        Step("mend", mend),
    )


def dressing(variant: Variant, kit: Kit) -> tuple[Step, ...]:
    """After ``reducing``: what makes a plain model of what ``variant`` asks for."""
    level = LEVELS[variant.lod]
    small = CompactOptions(negligible=level.negligible, bends=not level.far)
    pose, morphs, channels, atlas = variant.pose, variant.morphs, variant.channels, variant.atlas_size
    vrm = variant.format is ModelFormat.VRM
    steps = [Step("unused", lambda document: Change(without_unused(document)))]
    if morphs is not None:
        steps.append(Step("morphs", lambda document: prune_morphs(document, morphs)))
    half = variant.body is BodyType.HALF
    if half or vrm:
        steps.append(Step("pose", lambda document: rest_pose(document, RestPose.T)))
    if half:
        steps.append(Step("half", half_body))
    if pose is not None and not vrm and not (half and pose is RestPose.T):
        steps.append(Step("pose", lambda document: rest_pose(document, pose)))
    if vrm:
        steps.append(Step("springs", hang_springs))
    if channels is not None:
        steps += [Step("channels", lambda document: choose_channels(document, channels)), Step("dedup", dedup)]
    if atlas is not None:
        steps += [Step("atlas", lambda document: make_atlas(document, atlas)), Step("dedup", dedup)]
    if vrm:
        steps.append(Step("vrm", as_vrm))
    return (
        *steps,
        Step("textures", lambda document: textures_within(document, variant, kit)),
        Step("compact", lambda document: compact(document, kit.sidecar, small)),
    )


def packing(variant: Variant, kit: Kit) -> tuple[Step, ...]:
    """The transforms that make a plain model smaller than viewers without decoders can read."""
    match variant.compression:
        case Compression.NONE:
            return ()
        case Compression.MESHOPT:
            return (
                Step("quantize", lambda document: quantize(document, FAR if LEVELS[variant.lod].far else DEFAULTS)),
                Step("meshopt", lambda document: compress_meshopt(document, kit.sidecar)),
            )
        case Compression.DRACO:
            return (Step("draco", lambda document: compress_draco(document, kit.sidecar)),)


def textures_within(
    document: Document, variant: Variant, kit: Kit, known: Mapping[str, Encoded] = MappingProxyType({})
) -> Change:
    """The images of ``document`` as ``variant`` wants them; ``known`` as for `limit_textures`."""
    level, limit = LEVELS[variant.lod], variant.texture_limit
    return limit_textures(
        document,
        limit,
        limit // level.relief,
        level.textures[variant.texture_quality],
        known,
        format=variant.texture_format,
        quality=variant.texture_quality,
        toolchain=kit.sidecar.toolchain,
        encoded=kit.encoded,
    )


def build_variant(data: bytes, variant: Variant, sidecar: Sidecar, encoded: EncodedImages | None = None) -> VariantFile:
    """Make ``variant`` of the model in ``data``, which may be compressed.

    Raises ``InvalidModel`` or ``TooLarge`` for input that is not sound, ``CodecFailed`` when a codec fails,
    ``GenerationFailed`` when the result has errors or misses its budget.
    """
    kit = Kit(sidecar, encoded)
    source = source_of(data, sidecar)
    document, reports = run_steps(source.document, (*reducing(source, variant, kit), *dressing(variant, kit)))
    return finished(source, document, variant, (*source.reports, *reports), kit)


def finished(
    source: Source, document: Document, variant: Variant, reports: tuple[StepReport, ...], kit: Kit
) -> VariantFile:
    """The file of a document that has been through its transforms: held against ``source`` and validated as a plain
    model, where everything can be seen, and again as it is sent. Raises GenerationFailed when it has errors."""
    asset = {**document.tree["asset"], "generator": f"{GENERATOR} (LOD {variant.lod})"}
    plain = Document({**document.tree, "asset": asset}, document.binary)
    data = write_glb(plain)
    steps = packing(variant, kit)
    with ThreadPoolExecutor(1, "validator") as aside:  # it works in the codecs' process while this one goes on
        said = aside.submit(validate, data, kit.sidecar)
        _require_contract(source, document, variant)
        inspection = inspect(data, kit.sidecar)
        packed, more = run_steps(plain, steps if inspection.sound else ())
        validation = _checked(variant, inspection, said.result())
        if steps:
            data, reports = write_glb(packed), (*reports, *more)
            said = aside.submit(validate, data, kit.sidecar)
            validation = _checked(variant, inspect(data, kit.sidecar), said.result())
    report = VariantReport(
        variant=variant,
        triangles=inspection.triangles,
        vertices=inspection.vertices,
        draw_calls=inspection.draw_calls,
        bytes=len(data),
        textures=inspection.textures,
        morphs=inspection.morphs,
        steps=reports,
        validation=validation,
    )
    return VariantFile(data, report)


def _require_contract(source: Source, document: Document, variant: Variant) -> None:
    problems = check_contract(source.measured, document, expected_of(variant))
    broken = [problem for problem in problems if problem.severity == "error"]
    if broken:
        raise _failed(variant, [f"{problem.where}: {problem.message}" for problem in broken])


def _checked(variant: Variant, found: Inspection, validation: ValidationSummary) -> ValidationSummary:
    """``validation``. Raises GenerationFailed when the file is not what it should be."""
    faults = [f"{problem.where}: {problem.message}" for problem in found.problems if problem.severity == "error"]
    faults += [f"{issue.where}: {issue.message}" for issue in validation.issues if issue.severity == "error"]
    if found.triangles > LEVELS[variant.lod].triangles:
        faults.append(f"{found.triangles:,} triangles are left")
    if faults or validation.errors:
        raise _failed(variant, faults, validation=validation)
    return validation


def _failed(variant: Variant, faults: list[str], **context: object) -> GenerationFailed:
    return GenerationFailed(
        f"level of detail {variant.lod} is not valid: {'; '.join(faults[:3])}",
        where="GLB",
        mend="Check the source with the Khronos glTF validator",
        **context,
    )
