"""Materials as anime draws them: VRMC_materials_mtoon, beside the physical material that other readers see."""

from __future__ import annotations

import re
from typing import Final

from avatar.gltf.model.document import Tree, without

EXTENSION: Final = "VRMC_materials_mtoon"
OUTLINE: Final = 0.0009  # metres
_INK: Final = [0.05, 0.024, 0.022]  # dark brown, so that what is seen of it between locks of hair is shadow
_SHADES: Final = (
    (re.compile(r"skin|head|body", re.I), (0.90, 0.66, 0.62)),  # blood under the skin
    (re.compile(r"hair|beard", re.I), (0.72, 0.66, 0.78)),
)
_SHEEN: Final = "KHR_materials_specular"
_SHADE: Final = (0.68, 0.68, 0.78)  # shadows of cloth lean to blue
_LIT: Final = re.compile(r"eye|teeth|lash|brow|tongue|lens", re.I)  # always as bright as they are painted, no outline


def toon(material: Tree) -> Tree:
    """``material`` with MToon; an outline only where it is opaque."""
    material = _unglowing(material)
    name = material.get("name", "")
    surface = material.get("pbrMetallicRoughness", {})
    factor = surface.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))[:3]
    drawn = _LIT.search(name) is not None
    shade = (1.0, 1.0, 1.0) if drawn else next((shade for kind, shade in _SHADES if kind.search(name)), _SHADE)
    made: Tree = {
        "specVersion": "1.0",
        "shadeColorFactor": [round(colour * tint, 4) for colour, tint in zip(factor, shade, strict=True)],
        "shadingShiftFactor": -0.1,
        "shadingToonyFactor": 0.9,
        "giEqualizationFactor": 0.9,
        "parametricRimColorFactor": [0.0, 0.0, 0.0] if drawn else [0.08, 0.08, 0.08],
        "parametricRimFresnelPowerFactor": 5.0,
    }
    if "baseColorTexture" in surface:
        made["shadeMultiplyTexture"] = surface["baseColorTexture"]
    blended = material.get("alphaMode", "OPAQUE") == "BLEND"
    if blended:
        made["transparentWithZWrite"] = True
    if not drawn and not blended:
        made |= {
            "outlineWidthMode": "worldCoordinates",
            "outlineWidthFactor": OUTLINE,
            "outlineColorFactor": _INK,
            "outlineLightingMixFactor": 0.0,
        }
    return _flat(material) | {"extensions": {**without(material.get("extensions", {}), _SHEEN), EXTENSION: made}}


def _unglowing(material: Tree) -> Tree:
    """``material`` whose whole colour answers to light: part of it may shine, so that readers without toons show it."""
    surface = material.get("pbrMetallicRoughness", {})
    shining = material.get("emissiveFactor", (0.0, 0.0, 0.0))
    if not any(shining) or _index(material.get("emissiveTexture")) != _index(surface.get("baseColorTexture")):
        return material
    *colour, opacity = surface.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))
    whole = [round(min(lit + own, 1.0), 4) for lit, own in zip(colour, shining, strict=True)]
    surface = {**surface, "baseColorFactor": [*whole, opacity]}
    return {**without(material, "emissiveFactor", "emissiveTexture"), "pbrMetallicRoughness": surface}


def _index(texture: Tree | None) -> int | None:
    return None if texture is None else texture.get("index")


def _flat(material: Tree) -> Tree:
    """``material`` without what toons do not have and what makes readers take it for a physical one."""
    surface = without(material.get("pbrMetallicRoughness", {}), "metallicRoughnessTexture")
    return {**without(material, "occlusionTexture"), "pbrMetallicRoughness": {**surface, "metallicFactor": 0.0}}
