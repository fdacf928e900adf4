"""Hair and beard of the parametric human: grown on the figure's own head, painted from one baked atlas."""

from __future__ import annotations

import functools

import numpy as np

from avatar.character import FacialHair, HairStyle
from avatar.human.figure import U8, AlphaMode, Figure, Material, Part
from avatar.human.hair import anime, atlas, beard, store, styles
from avatar.human.hair.mesh import HairMesh, drop_unused, to_part
from avatar.human.hair.scalp import HeadModel, head_model
from avatar.human.hair.skinning import hanging_weights
from avatar.profile import AvatarStyle

HAIR = "Wolf3D_Hair"
BEARD = "Wolf3D_Beard"
SPECULAR = 0.5  # with the full 1.0 the sky turns dark hair grey
CUTOFF = 0.35  # keeps thin strands through the mipmaps


def hair_parts(figure: Figure) -> list[Part]:
    """Hair and beard of a figure as at most two primitives each, in its A-pose.

    Nodes ``Wolf3D_Hair`` and ``Wolf3D_Beard``; a primitive with a soft rim (material ``..._Cap``, BLEND) lies under
    one of alpha-tested cards (MASK). Bald and beardless give an empty list. The same character gives the same bytes.
    Stubble belongs to the skin, eyebrows and lashes to the face.
    """
    character = figure.character
    style, drawn = character.hair.style, character.style is AvatarStyle.ANIME
    has_beard = character.hair.facial is FacialHair.BEARD
    if style is HairStyle.BALD and not has_beard:
        return []
    long = style is HairStyle.LONG_STRAIGHT
    reach, side = (1.6 * styles.LONG_REACH, 1.3 * styles.MAX_SIDE) if long else (0.05, 0.0)
    head = head_model(figure, reach, side)
    seed = character.seed
    colour = atlas.hex_to_srgb(character.hair.colour)

    @functools.cache
    def sheet() -> U8:
        data = store.load()
        return atlas.ramp(colour, data.luminance, data.alpha, np.random.default_rng([seed, 2]))

    parts: list[Part] = []
    rng = np.random.default_rng([seed, 1])
    if drawn and style in anime.DRAWN:
        material = Material(HAIR, anime.paint(colour, seed), roughness=0.85, specular=SPECULAR)
        parts.append(_part(anime.build(style, head, rng), HAIR, material, head, figure))
    elif style is not HairStyle.BALD:
        under, ribbons = styles.build(styles.STYLES[style](head), head, rng)
        soft = _soft(HAIR if ribbons is None else f"{HAIR}_Cap", sheet())
        parts.append(_part(under, HAIR, soft, head, figure))
        if ribbons is not None:
            parts.append(_part(ribbons, HAIR, _cards(HAIR, sheet()), head, figure))
    if has_beard:
        shell, ribbons = beard.build(figure, head, np.random.default_rng([seed, 3]))
        parts.append(_part(shell, BEARD, _soft(f"{BEARD}_Cap", sheet()), head, figure))
        parts.append(_part(ribbons, BEARD, _cards(BEARD, sheet()), head, figure))
    return parts


def _soft(name: str, sheet: U8) -> Material:
    return Material(name, sheet, roughness=0.75, alpha=AlphaMode.BLEND, specular=SPECULAR)


def _cards(name: str, sheet: U8) -> Material:
    return Material(
        name, sheet, roughness=0.55, alpha=AlphaMode.MASK, cutoff=CUTOFF, double_sided=True, specular=SPECULAR
    )


def _part(mesh: HairMesh, node: str, material: Material, head: HeadModel, figure: Figure) -> Part:
    used = drop_unused(mesh)
    bound = used.weights
    weights = hanging_weights(used.position, head, figure.joint_names) if bound is None else bound
    return to_part(used, node, material, weights)
