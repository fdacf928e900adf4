"""Which descriptions have the same body: they differ in what is painted and in nothing else.

Looked at where results are recalled, so nothing heavy is imported here.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from avatar import recipes
from avatar.character import CharacterDescription, FacialHair

# What no vertex, joint, morph target or texture coordinate of the parametric human comes from. Whatever is not named
# here counts as shape, so a new field is safe until somebody says otherwise. ``skin.make_up`` is shape: it lengthens
# the lashes. So are the seed, which shapes the face, and the kind and order of accessories, whose colour is not.
NAMES = ("name", "summary")
PAINTED: dict[str, tuple[str, ...]] = {
    "face": ("brow_weight",),
    "skin": ("tone", "undertone", "freckles", "blush", "lip_colour", "lid_colour", "eyeliner", "nail_colour"),
    "eyes": ("colour", "iris"),
    "hair": ("colour", "highlights", "roots", "facial"),
}
COLOURED = {
    "top": ("colour", "accent", "pattern", "logo"),
    "bottom": ("colour", "accent", "pattern"),
    "footwear": ("colour", "accent"),
}


def shape_key(character: CharacterDescription) -> str:
    """sha256 (hex) of all that decides geometry, rig, morph targets and texture coordinates, and of the recipe.

    Equal keys: `avatar.human.repaint.repaint_human` makes one person out of the other.
    """
    said = json.dumps([recipes.HUMAN, _shape(character)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _shape(character: CharacterDescription) -> dict[str, Any]:
    fields = character.model_dump(mode="json", by_alias=False, exclude=set(NAMES))
    for section, painted in PAINTED.items():
        fields[section] = _without(fields[section], painted)
    facial = character.hair.facial
    fields["hair"]["beard"] = None if facial in (FacialHair.NONE, FacialHair.STUBBLE) else facial  # stubble is paint
    outfit = fields["outfit"]
    outfit |= {garment: _without(outfit[garment], painted) for garment, painted in COLOURED.items()}
    outfit["accessories"] = list(dict.fromkeys(item.kind for item in character.outfit.accessories))
    return fields


def _without(fields: dict[str, Any], left_out: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in left_out}
