"""Hair and beard of the parametric human: grown on the figure's own head, painted from one baked atlas."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from avatar.character import CharacterDescription, HairStyle
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F64, U8, AlphaMode, Figure, Material, Part
from avatar.human.hair import anime, atlas, beard, falls, hat, locks, store, styles
from avatar.human.hair.mesh import HairMesh, clear_of_clothes, drop_unused, to_part
from avatar.human.hair.scalp import HeadModel, head_model
from avatar.human.hair.skinning import hanging_weights
from avatar.human.hair.volume import volume
from avatar.profile import AvatarStyle

HAIR = "Wolf3D_Hair"
BEARD = "Wolf3D_Beard"
HAIR_CAP = f"{HAIR}_Cap"
SPECULAR = 0.5  # with the full 1.0 the sky turns dark hair grey
LONG = (HairStyle.LONG_STRAIGHT, HairStyle.LONG_BANGS, HairStyle.LONG_WAVY, HairStyle.PONYTAIL, HairStyle.BRAIDS)


def hair_parts(figure: Figure) -> list[Part]:
    """Hair and beard of a figure as at most two primitives each, in its A-pose.

    Nodes ``Wolf3D_Hair`` and ``Wolf3D_Beard``. An opaque surface gives hair its depth; caps, cards and wisps (material
    ``Wolf3D_Hair_Cap``, BLEND, in order from the inside out) give it soft edges. Bald and beardless give an empty
    list. The same character gives the same bytes. Stubble belongs to the skin, eyebrows and lashes to the face.
    """
    character = figure.character
    style, drawn = character.hair.style, character.style is AvatarStyle.ANIME
    has_beard = character.hair.facial in beard.BEARDS
    if style is HairStyle.BALD and not has_beard:
        return []
    long = style in LONG
    reach = anime.REACH if drawn else falls.LONG_REACH
    reach, side = (1.4 * reach, 1.3 * falls.MAX_SIDE) if long else (0.05, 0.0)
    hatted = hat.wears_hat(character)
    head = replace(head_model(figure, reach, side), hatted=hatted)
    rng = np.random.default_rng([character.seed, 1])
    grown: list[tuple[HairMesh, str, str]] = []  # mesh, node, material
    springs: tuple[F64, ...] = ()
    if drawn and style in anime.DRAWN:
        hair = anime.build(style, head, rng)
    elif style is not HairStyle.BALD:
        hair = styles.STYLES[style](head, rng)
    if style is not HairStyle.BALD:
        if hatted:
            hair = hat.under_hat(hair, head, hat.rim_of(head, figure.vertices))
        elif hat.wears_headset(character):
            room = volume(character)
            hair = hat.under_headset(hair, head, room.crown, max(room.side, 0.008))
        springs = hair.springs
        collar = float(head.neck[1]) + 0.02
        hair = replace(
            hair,
            soft=clear_of_clothes(hair.soft, head, collar),
            solid=None if hair.solid is None else clear_of_clothes(hair.solid, head, collar),
        )
        grown.append((hair.soft, HAIR, HAIR if hair.solid is None else HAIR_CAP))
        if hair.solid is not None:
            grown.append((hair.solid, HAIR, HAIR))
    if has_beard:
        grown.append((beard.build(figure, head, np.random.default_rng([character.seed, 3])), BEARD, BEARD))
    coats = hair_coats(character, capped=any(name == HAIR_CAP for _, _, name in grown))
    parts = [_part(mesh, node, coats[name].painted(), head, figure) for mesh, node, name in grown]
    return [replace(part, springs=springs) if part.material.name == HAIR else part for part in parts]


def hair_coats(character: CharacterDescription, *, capped: bool) -> dict[str, Coat]:
    """What hair and beard may be coated with, by material name. ``capped``: the soft part of hair has a
    material of its own; hair that is soft all over has one."""
    hair, seed = character.hair, character.seed
    colour = atlas.hex_to_srgb(hair.colour)
    dye = atlas.Dye(
        colour,
        None if hair.highlights is None else atlas.hex_to_srgb(hair.highlights),
        None if hair.roots is None else atlas.hex_to_srgb(hair.roots),
    )

    drawn = character.style is AvatarStyle.ANIME and hair.style in anime.DRAWN
    kept = () if drawn else atlas.TILES_OF[hair.style]
    kept += atlas.BEARD_TILES if hair.facial in beard.BEARDS else ()

    @functools.cache
    def sheet() -> U8:
        data = store.load()
        image = atlas.ramp(dye, data.luminance, data.alpha, data.streak, np.random.default_rng([seed, 2]))
        atlas.blank(image, kept)
        return image

    strands = {Slot.COLOUR: Paint(paint_key("hair", dye, seed, kept), sheet)}
    coats = {name: Coat(_soft(name), strands) for name in (HAIR_CAP, BEARD)}
    if drawn:
        gradient = Paint(paint_key("drawn hair", dye, seed), lambda: locks.paint(dye, seed))
        coats[HAIR] = Coat(Material(HAIR, roughness=0.85, specular=SPECULAR), {Slot.COLOUR: gradient})
    else:
        rough = 0.85 if hair.style is HairStyle.AFRO else 0.55  # coils scatter what straight strands reflect
        coats[HAIR] = Coat(replace(_solid(HAIR), roughness=rough) if capped else _soft(HAIR), strands)
    return coats


def _soft(name: str) -> Material:
    return Material(name, roughness=0.75, alpha=AlphaMode.BLEND, specular=SPECULAR)


def _solid(name: str) -> Material:
    return Material(name, roughness=0.55, double_sided=True, specular=SPECULAR)


def _part(mesh: HairMesh, node: str, material: Material, head: HeadModel, figure: Figure) -> Part:
    used = drop_unused(mesh)
    bound = used.weights
    weights = hanging_weights(used.position, head, figure.joint_names) if bound is None else bound
    return to_part(used, node, material, weights)
