"""Everything that is worn on a head: what it is made of, and its parts on a figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avatar.character import AccessoryKind, CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import U8, AlphaMode, Figure, Material, Part
from avatar.human.wardrobe.fabric import srgb
from avatar.human.wardrobe.worn.earrings import earrings
from avatar.human.wardrobe.worn.glasses import GLASSES, glasses
from avatar.human.wardrobe.worn.hats import beanie, cap
from avatar.human.wardrobe.worn.head import head_of
from avatar.human.wardrobe.worn.headset import headset
from avatar.human.wardrobe.worn.paint_hat import layers
from avatar.human.wardrobe.worn.solids import part

GLASSES_NODE, HEADWEAR_NODE, FACEWEAR_NODE = "Wolf3D_Glasses", "Wolf3D_Headwear", "Wolf3D_Facewear"
LENS, HEADSET = f"{GLASSES_NODE}_Lens", f"{HEADWEAR_NODE}_Headset"
HATS = {AccessoryKind.CAP: cap, AccessoryKind.BEANIE: beanie}
_CLEAR = Material(LENS, base_factor=(0.0, 0.0, 0.0, 0.06), roughness=0.05, alpha=AlphaMode.BLEND, double_sided=True)
_DARK = replace(_CLEAR, base_factor=(0.012, 0.011, 0.010, 0.86), roughness=0.08)


def worn(character: CharacterDescription) -> dict[AccessoryKind, str]:
    """Kind -> colour of what is worn: of each kind, of glasses and of hats, the last that is named."""
    colours: dict[AccessoryKind, str] = {}
    for item in character.outfit.accessories:
        for group in (set(GLASSES), set(HATS)):
            if item.kind in group:
                colours = {kind: colour for kind, colour in colours.items() if kind not in group}
        colours[item.kind] = item.colour
    return colours


def accessory_coats(character: CharacterDescription) -> list[Coat]:
    """The coats of everything on the head."""
    coats = []
    for kind, colour in worn(character).items():
        coats.append(_coat(kind, colour))
        if kind in GLASSES:
            coats.append(Coat(_lens(kind), {}))
    return coats


def accessories(figure: Figure) -> list[Part]:
    """The parts of everything on the head. A headset goes over a hat."""
    wanted = worn(figure.character)
    if not wanted:
        return []
    head = head_of(figure)
    parts: list[Part] = []
    hats = {kind: HATS[kind](head) for kind in wanted if kind in HATS}
    for kind, colour in wanted.items():
        material = _coat(kind, colour).painted()
        if kind in GLASSES:
            frame, lenses = glasses(head, GLASSES[kind])
            parts += [part(head, GLASSES_NODE, frame, material), part(head, GLASSES_NODE, lenses, _lens(kind))]
        elif kind in HATS:
            parts.append(part(head, HEADWEAR_NODE, hats[kind], material))
        elif kind is AccessoryKind.HEADSET:
            over = np.vstack([hat.positions for hat in hats.values()]) if hats else None
            parts.append(part(head, HEADWEAR_NODE, headset(head, over), material))
        else:
            parts.append(part(head, FACEWEAR_NODE, earrings(head), material))
    return parts


def _lens(kind: AccessoryKind) -> Material:
    return _DARK if kind is AccessoryKind.SUNGLASSES else _CLEAR


def _coat(kind: AccessoryKind, colour: str) -> Coat:
    if kind in HATS:
        cloth = Material(HEADWEAR_NODE, roughness=0.88, double_sided=True)
        return Coat(
            cloth,
            {
                Slot.COLOUR: Paint(paint_key("hat", kind, colour), lambda: _dyed(kind, colour)),
                Slot.NORMAL: Paint(paint_key("hat relief", kind), lambda: layers(kind).normal),
            },
        )
    white = {
        AccessoryKind.HEADSET: Material(HEADSET, roughness=0.45),
        AccessoryKind.EARRINGS: Material(FACEWEAR_NODE, roughness=0.22, metallic=1.0),
        AccessoryKind.GLASSES: Material(GLASSES_NODE, roughness=0.30, metallic=0.4),
    }.get(kind, Material(GLASSES_NODE, roughness=0.22))
    return Coat(replace(white, base_factor=_linear(colour)), {})


def _dyed(kind: AccessoryKind, colour: str) -> U8:
    """(512, 512, 3) sRGB."""
    shade = layers(kind).shade[..., None]
    return np.asarray(np.clip(srgb(colour) * shade * 255, 0, 255).astype(np.uint8))


def _linear(colour: str) -> tuple[float, float, float, float]:
    """A hex colour as the linear factor that glTF multiplies with (IEC 61966-2-1)."""
    display = srgb(colour).astype(np.float64)
    r, g, b = np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4).tolist()
    return r, g, b, 1.0
