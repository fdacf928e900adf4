"""A person in other colours: the same geometry, rig and morph targets, and only those images anew that changed.

Images belong to texture space: no painter looks at a body (`coat`). So the file of a character with the same shape
already holds all that is not paint.
"""

from __future__ import annotations

from avatar.character import CharacterDescription
from avatar.errors import InvalidModel
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.layout import geometry_only, image_bytes
from avatar.gltf.model.origin import origin_of
from avatar.human.coat import Coat
from avatar.human.export import asset
from avatar.human.eyes import eye_coat
from avatar.human.face import CONTRACT_MORPHS
from avatar.human.gallery import Encoded, Gallery, bound, glow_of
from avatar.human.hair import HAIR_CAP, hair_coats
from avatar.human.lashes import lash_coat
from avatar.human.likeness import shape_key
from avatar.human.mouth import mouth_coat
from avatar.human.rig import JOINT_NAMES
from avatar.human.skin import skin_coats
from avatar.human.wardrobe import outfit_coats

GEOMETRY = ("nodes", "meshes", "skins", "accessors", "bufferViews")


def repaint_human(glb: bytes, character: CharacterDescription) -> bytes:
    """The GLB of ``character``, made of that of another one with the same `shape_key`.

    The bytes are those that `make_human` gives, where both run with the same releases of numpy and Pillow. Raises
    InvalidModel when ``glb`` has another shape or was not made by `make_human` of today's recipe.
    """
    document = require_sound(glb)
    _require_kin(document, character)
    views, chunk = geometry_only(document)
    materials = document.list("materials")
    coats = coats_of(character, [material.get("name", "") for material in materials])
    gallery = Gallery(glow=glow_of(character.style), known=_painted(document))
    for number, material in enumerate(materials):
        coat = coats.get(material.get("name", ""))
        if coat is None or gallery.add_coat(coat) != number:
            raise _unfit(f"the character has no material {material.get('name')!r}", f"/materials/{number}")
    geometry = {kind: document.list(kind) for kind in GEOMETRY} | {"bufferViews": views}
    return bound(asset(character, len(JOINT_NAMES), len(CONTRACT_MORPHS)), geometry, chunk, gallery)


def coats_of(character: CharacterDescription, names: list[str]) -> dict[str, Coat]:
    """What each part of a character may be coated with, by material name; ``names`` are those that its parts have."""
    coats = [
        *skin_coats(character),
        eye_coat(character),
        mouth_coat(character),
        lash_coat(character),
        *outfit_coats(character),
    ]
    return hair_coats(character, capped=HAIR_CAP in names) | {coat.material.name: coat for coat in coats}


def _require_kin(document: Document, character: CharacterDescription) -> None:
    extras = document.tree["asset"].get("extras")
    if not isinstance(extras, dict) or extras.get("shape") != shape_key(character):
        raise _unfit("it does not have the character's shape", "/asset/extras/shape")
    if origin_of(document) is not None:
        raise _unfit("it is a level of detail", "/asset/extras")


def _painted(document: Document) -> dict[str, Encoded]:
    """The images of a document by the key of their paint."""
    found: dict[str, Encoded] = {}
    for image, data in zip(document.list("images"), image_bytes(document), strict=True):
        key = _paint(image)
        if key is not None:
            found[key] = Encoded(data, image["mimeType"], key)
    return found


def _paint(image: Tree) -> str | None:
    extras = image.get("extras")
    key = extras.get("paint") if isinstance(extras, dict) else None
    return key if isinstance(key, str) and "mimeType" in image else None


def _unfit(what: str, where: str) -> InvalidModel:
    return InvalidModel(f"the model cannot be repainted: {what}", where=where, mend="Build the character anew")
