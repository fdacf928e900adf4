"""The typed character that a describer writes and every generator reads.

Numbers are what an anatomist or a painter would use: years, metres, 0..1 scales with named ends. A generator may
not be able to honour every field; it never fails because of one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from avatar.frozen import Frozen
from avatar.profile import AvatarStyle

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Signed = Annotated[float, Field(ge=-1.0, le=1.0)]
HexColour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


class FaceShape(StrEnum):
    OVAL = "oval"
    ROUND = "round"
    SQUARE = "square"
    HEART = "heart"
    LONG = "long"
    DIAMOND = "diamond"


class HairStyle(StrEnum):
    """Styles the parametric human grows; short to long."""

    BALD = "bald"
    BUZZ = "buzz"
    CROP = "crop"
    SIDE_PART = "side_part"
    BOB = "bob"
    LONG_STRAIGHT = "long_straight"


class FacialHair(StrEnum):
    NONE = "none"
    STUBBLE = "stubble"
    BEARD = "beard"


class TopKind(StrEnum):
    T_SHIRT = "t_shirt"
    LONG_SLEEVE = "long_sleeve"


class BottomKind(StrEnum):
    JEANS = "jeans"
    TROUSERS = "trousers"
    SHORTS = "shorts"


class FootwearKind(StrEnum):
    SNEAKERS = "sneakers"


class AccessoryKind(StrEnum):
    GLASSES = "glasses"
    EARRINGS = "earrings"
    HEADSET = "headset"


class Body(Frozen):
    gender: Unit = Field(description="0 fully feminine, 1 fully masculine body.")
    age: Annotated[float, Field(ge=8, le=95)] = Field(description="Apparent age in years.")
    height: Annotated[float, Field(ge=1.05, le=2.15)] = Field(description="Standing height in metres.")
    weight: Unit = Field(description="0 very thin, .5 average, 1 very heavy.")
    muscle: Unit = Field(description="0 slack, .5 average, 1 very muscular.")


class Ancestry(Frozen):
    """Weights over the three face families of the source data; they need not sum to 1, zero everywhere means equal."""

    african: Unit = 0.0
    asian: Unit = 0.0
    european: Unit = 1.0


class Face(Frozen):
    shape: FaceShape = FaceShape.OVAL
    ancestry: Ancestry = Ancestry()
    jaw_width: Signed = 0.0
    chin: Signed = Field(default=0.0, description="-1 receding, 1 prominent.")
    nose_width: Signed = 0.0
    nose_length: Signed = 0.0
    lip_fullness: Signed = 0.0
    eye_size: Signed = 0.0
    cheekbones: Signed = 0.0
    brow_weight: Signed = Field(default=0.0, description="-1 thin eyebrows, 1 heavy.")


class Skin(Frozen):
    tone: Unit = Field(description="0 very light, 1 very dark.")
    undertone: Signed = Field(default=0.0, description="-1 cool (rosy), 1 warm (golden).")
    freckles: Unit = 0.0
    blush: Unit = 0.3
    make_up: Unit = Field(default=0.0, description="0 none, 1 clearly made up (lips, lids).")
    lip_colour: HexColour | None = Field(default=None, description="Lipstick; natural lips when absent.")


class Eyes(Frozen):
    colour: HexColour


class Hair(Frozen):
    style: HairStyle
    colour: HexColour
    facial: FacialHair = FacialHair.NONE


class Top(Frozen):
    kind: TopKind = TopKind.T_SHIRT
    colour: HexColour
    accent: HexColour | None = Field(default=None, description="Second colour (stripes, bands); plain when absent.")


class Bottom(Frozen):
    kind: BottomKind = BottomKind.JEANS
    colour: HexColour


class Footwear(Frozen):
    kind: FootwearKind = FootwearKind.SNEAKERS
    colour: HexColour


class Accessory(Frozen):
    kind: AccessoryKind
    colour: HexColour


class Outfit(Frozen):
    top: Top
    bottom: Bottom
    footwear: Footwear
    accessories: tuple[Accessory, ...] = Field(default=(), max_length=4)


class CharacterDescription(Frozen):
    """One person, completely: the output of the describe stage and the input of every generator."""

    name: str
    style: AvatarStyle
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(description="Drives every small random choice downstream.")
    summary: str = Field(default="", description="One sentence for people (Temporal UI, alt text of the picture).")
    body: Body
    face: Face
    skin: Skin
    eyes: Eyes
    hair: Hair
    outfit: Outfit
