"""What is on each sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from PIL import Image

from avatar.character import (
    AccessoryKind,
    BottomKind,
    CharacterDescription,
    FacialHair,
    FootwearKind,
    HairStyle,
    Logo,
    Pattern,
    TopKind,
)
from avatar.gltf.guests.sidecar import Sidecar
from avatar.human.poses import POSES
from avatar.morph_names import ARKIT, EXTRAS, VISEMES
from avatar.picture import Framing, Studio, View
from avatar.profile import AvatarStyle
from gallery.cast import PEOPLE, changed, person
from gallery.paper import sheet
from gallery.photographs import Cells, Look, filament, three, three_vrm
from runtime.toolchain import toolchain
from viewers.browser import Browser

BODY, FACE, CELL = (200, 420), (300, 340), (220, 250)  # pixels
WORN: Final[Mapping[str, type[StrEnum]]] = {"top": TopKind, "bottom": BottomKind, "footwear": FootwearKind}
_FACES: Final = (
    Look("front", Framing.FACE),
    Look("three quarter", Framing.FACE, View.THREE_QUARTER),
    Look("side", Framing.FACE, View.SIDE),
)
_HEADS: Final = (
    Look("front", Framing.FACE),
    Look("three quarter", Framing.FACE, View.THREE_QUARTER),
    Look("back", Framing.FACE, View.BACK),
)
_WHOLE: Final = (Look("front"), Look("three quarter", view=View.THREE_QUARTER))

Maker = Callable[[Studio, Browser], Image.Image]


def bodies(style: AvatarStyle) -> Maker:
    """Eight people from head to foot."""
    return lambda studio, _: sheet(_everyone(studio, style, _WHOLE, BODY), columns=8)


def faces(style: AvatarStyle) -> Maker:
    """Their faces."""
    return lambda studio, _: sheet(_everyone(studio, style, _FACES, FACE), columns=6)


def browsers(style: AvatarStyle) -> Maker:
    """Their busts as three.js shows them."""
    looks = (Look("", Framing.PORTRAIT, View.THREE_QUARTER),)

    def make(_: Studio, browser: Browser) -> Image.Image:
        people = ((name, person(name, style)) for name in PEOPLE)
        return sheet((cell for name, who in people for cell in three(browser, name, who, looks, FACE)), columns=4)

    return make


def vrms(style: AvatarStyle) -> Maker:
    """Their VRM, face and body, as @pixiv/three-vrm shows it: toon materials where people are drawn."""

    def make(_: Studio, browser: Browser) -> Image.Image:
        with Sidecar(toolchain()) as sidecar:
            cells = (cell for name in PEOPLE for cell in three_vrm(browser, sidecar, name, person(name, style), FACE))
            return sheet(cells, columns=8)

    return make


def shapes(name: str, style: AvatarStyle) -> Maker:
    """All 72 morph targets on one face."""
    looks = [Look(morph, Framing.FACE, morphs={morph: 1.0}) for morph in (*VISEMES, *EXTRAS, *ARKIT)]
    return lambda studio, _: sheet(filament(studio, "", person(name, style), looks, CELL), columns=9)


def poses(_: Studio, browser: Browser) -> Image.Image:
    """The six test poses in clothes that they are hard for, by three.js: our renderer leaves out what has moved out of
    the picture at rest, shoes of those who sit."""
    looks = [Look(view=view, pose=pose) for pose in POSES for view in (View.FRONT, View.THREE_QUARTER)]
    cells = (
        cell
        for name in ("Ada", "Ngozi", "Henrik", "Mia", "Tomas", "Yuki")
        for cell in three(browser, name, person(name, AvatarStyle.REALISTIC), looks, (220, 300))
    )
    return sheet(cells, columns=len(looks))


def wardrobe(studio: Studio, _: Browser) -> Image.Image:
    """Every garment and accessory, patterns and marks."""
    ada = person("Ada", AvatarStyle.REALISTIC)
    plain: list[tuple[str, dict[str, Any]]] = [
        *((kind.value, {part: {"kind": kind, "accent": "#e8e2d4"}}) for part, kinds in WORN.items() for kind in kinds),
        *((kind.value, {"accessories": ({"kind": kind, "colour": "#30343c"},)}) for kind in AccessoryKind),
        *((pattern.value, {"top": {"pattern": pattern, "accent": "#e8e2d4"}}) for pattern in Pattern),
        *((mark.value, {"top": {"logo": mark, "accent": "#e8b23a"}}) for mark in Logo if mark is not Logo.NONE),
    ]

    def cells() -> Cells:
        for name, outfit in plain:
            yield from filament(studio, name, changed(ada, outfit=outfit), _WHOLE, BODY)

    return sheet(cells(), columns=12)


def hair(style: AvatarStyle) -> Maker:
    """Every hairstyle, then every beard."""

    def cells(studio: Studio) -> Cells:
        woman, man = (_without_accessories(person(name, style)) for name in ("Ada", "Tomas"))
        colours = ("#2a1c14", "#6b3a1e", "#b5803c", "#8a2f16", "#1a1512", "#c9c4bc")
        for number, kind in enumerate(HairStyle):
            who = man if kind in (HairStyle.BALD, HairStyle.BUZZ, HairStyle.CROP, HairStyle.UNDERCUT) else woman
            worn = {"style": kind, "colour": colours[number % len(colours)], "facial": FacialHair.NONE}
            yield from filament(studio, kind.value, changed(who, hair=worn), _HEADS, CELL)
        for number, beard in enumerate(FacialHair):
            worn = {"facial": beard, "style": HairStyle.CROP, "colour": colours[number % len(colours)]}
            yield from filament(studio, beard.value, changed(man, hair=worn), _FACES, CELL)

    return lambda studio, _: sheet(cells(studio), columns=6)


def _without_accessories(character: CharacterDescription) -> CharacterDescription:
    return changed(character, outfit={"accessories": ()})


def _everyone(studio: Studio, style: AvatarStyle, looks: Sequence[Look], size: tuple[int, int]) -> Iterator[Any]:
    for name in PEOPLE:
        yield from filament(studio, name, person(name, style), looks, size)


SHEETS: Final[Mapping[str, Maker]] = {
    **{f"people-{style}": bodies(style) for style in AvatarStyle},
    **{f"faces-{style}": faces(style) for style in AvatarStyle},
    **{f"three-{style}": browsers(style) for style in AvatarStyle},
    **{f"vrm-{style}": vrms(style) for style in AvatarStyle},
    **{f"shapes-{style}": shapes("Ada", style) for style in AvatarStyle},
    "poses": poses,
    "wardrobe": wardrobe,
    **{f"hair-{style}": hair(style) for style in AvatarStyle},
}
