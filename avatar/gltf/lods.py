"""Levels of detail: the plain variants that every version publishes. They say what they were made from, so that a
model in other colours can take over their geometry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from avatar import recipes
from avatar.errors import InvalidInput, InvalidModel
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.gate.inspect import require_references
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document
from avatar.gltf.model.layout import image_bytes
from avatar.gltf.model.origin import Origin, origin_of, signed
from avatar.gltf.pipeline import StepReport, run_steps
from avatar.gltf.sources import Source, source_of
from avatar.gltf.transforms import compact as compacting
from avatar.gltf.transforms import simplify as simplifying
from avatar.gltf.transforms.compact import take_geometry
from avatar.gltf.transforms.dedup import showing, shown_materials
from avatar.gltf.transforms.textures import image_keys
from avatar.gltf.variants import LEVELS, Kit, VariantFile, dressing, finished, reducing, textures_within
from avatar.variant import Variant


def recipe(level: int) -> str:
    """sha256 (hex) of everything but the source that decides a level's bytes."""
    options = {
        "version": recipes.LODS,
        "level": {**asdict(LEVELS[level]), "texture": Variant(lod=level).texture_limit},
        "atlas": Variant(lod=level).atlas_size,
        "simplify": asdict(simplifying.DEFAULTS),
        "apart": [(pattern.pattern, pattern.flags, asdict(apart)) for pattern, apart in simplifying.APART],
        "named": [(pattern.pattern, pattern.flags, importance) for pattern, importance in simplifying.NAMED],
        "meeting": [simplifying.PARTING, simplifying.CLOSING],
        "compact": asdict(compacting.DEFAULTS),
    }
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()


def build_lod(data: bytes, level: int, sidecar: Sidecar, encoded: EncodedImages | None = None) -> VariantFile:
    """Level of detail ``level`` (0, 1, 2) of any GLB, inspected, made and validated.

    Raises ``InvalidInput`` for another level, else what ``build_variant`` raises.
    """
    variant, kit = _plain(level), Kit(sidecar, encoded)
    source = source_of(data, sidecar)
    reduced, reports = run_steps(source.document, reducing(source, variant, kit))
    origin = _origin(source, level, shown_materials(reduced))
    dressed, more = run_steps(reduced, dressing(variant, kit))
    return finished(source, _signed(dressed, origin), variant, (*source.reports, *reports, *more), kit)


def repaint_lod(
    data: bytes, kin: bytes, level: int, sidecar: Sidecar, encoded: EncodedImages | None = None
) -> VariantFile:
    """What ``build_lod(data, level)`` gives, made of ``kin``: the same level of a model that differs from ``data`` in
    images and in what materials say of colour alone.

    Geometry is taken over, except of a level with an atlas, which is built; images that ``kin``'s source had for the
    same use are, too. Raises ``InvalidModel`` unless ``kin`` says that it was made from a model of this geometry by
    today's recipe; else what ``build_lod`` raises: ``GenerationFailed`` also when the numbers of ``kin`` are broken.
    """
    variant, kit = _plain(level), Kit(sidecar, encoded)
    if variant.atlas_size is not None:  # where its pieces lie depends on what is painted on them
        return build_lod(data, level, sidecar, encoded)
    source = source_of(data, sidecar)
    base = require_references(kin)
    said = origin_of(base)
    origin = _origin(source, level, said.materials if said else ())
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
    change = textures_within(showing(source.document, origin.materials), variant, kit, dict(made))
    reports = (*source.reports, StepReport(step="textures", notes=change.notes))
    made_of = _signed(take_geometry(change.document, base), origin)
    return finished(source, made_of, variant, reports, kit)


def _origin(source: Source, level: int, materials: tuple[int, ...]) -> Origin:
    return Origin(
        level=level,
        recipe=recipe(level),
        geometry=source.geometry,
        materials=materials,
        images=image_keys(showing(source.document, materials)),
    )


def _signed(document: Document, origin: Origin) -> Document:
    return Document({**document.tree, "asset": signed(document.tree["asset"], origin)}, document.binary)


def _plain(level: int) -> Variant:
    if not 0 <= level < len(LEVELS):
        raise InvalidInput(f"there is no level of detail {level}", mend=f"Ask for 0 to {len(LEVELS) - 1}")
    return Variant(lod=level)
