"""A described character into a rigged, dressed, talking person: every room of the parametric human in order."""

from __future__ import annotations

from avatar.character import (
    Body,
    Bottom,
    CharacterDescription,
    Eyes,
    Face,
    FacialHair,
    Footwear,
    Hair,
    HairStyle,
    Outfit,
    Skin,
    Top,
)
from avatar.human.body import shape_figure
from avatar.human.export import to_glb
from avatar.human.eyes import eye_parts
from avatar.human.figure import Figure, Part
from avatar.human.hair import hair_parts
from avatar.human.lashes import lash_parts
from avatar.human.mouth import mouth_parts
from avatar.human.skin import skin_parts
from avatar.human.wardrobe import dress
from avatar.profile import AvatarStyle

PLAIN = CharacterDescription(
    name="plain",
    style=AvatarStyle.REALISTIC,
    seed=0,
    body=Body(gender=0.5, age=30, height=1.7, weight=0.5, muscle=0.5),
    face=Face(),
    skin=Skin(tone=0.4),
    eyes=Eyes(colour="#6b4a2e"),
    hair=Hair(style=HairStyle.CROP, colour="#3a2a1e", facial=FacialHair.BEARD),
    outfit=Outfit(top=Top(colour="#888888"), bottom=Bottom(colour="#444444"), footwear=Footwear(colour="#dddddd")),
)


def make_human(character: CharacterDescription) -> bytes:
    """A GLB of the described person: T-pose, Ready Player Me's 67 joints and names, the 72 contract morphs.

    Works offline from the bundled CC0 data. The same character gives the same bytes on processors of one kind; BLAS
    kernels of another may differ in the last bit. Raises GenerationFailed when a part comes out empty or broken.
    """
    figure = shape_figure(character)
    return to_glb(figure, body_parts(figure))


def body_parts(figure: Figure) -> list[Part]:
    """Everything that is seen of a figure, face first; what lies under others comes before them."""
    clothes, coverage = dress(figure)
    return [
        *skin_parts(figure, coverage.hidden),
        *eye_parts(figure),
        *mouth_parts(figure),
        *lash_parts(figure),
        *hair_parts(figure),
        *clothes,
    ]


def warm_up() -> None:
    """Load and compute all that does not depend on the character, so that the first real person is not slower."""
    body_parts(shape_figure(PLAIN))
