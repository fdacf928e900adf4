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


class BrowStyle(StrEnum):
    """Shapes of the eyebrows; how heavy they are is ``Face.brow_weight``."""

    NATURAL = "natural"
    STRAIGHT = "straight"
    ARCHED = "arched"
    BUSHY = "bushy"


class IrisPattern(StrEnum):
    """What the coloured ring is made of."""

    FIBRES = "fibres"
    CRYPTS = "crypts"
    RINGED = "ringed"  # another colour round the pupil
    SPECKLED = "speckled"


class LashStyle(StrEnum):
    NATURAL = "natural"
    LONG = "long"
    DRAMATIC = "dramatic"
    SPARSE = "sparse"


class HairStyle(StrEnum):
    """Styles the parametric human grows; short to long."""

    BALD = "bald"
    BUZZ = "buzz"
    CROP = "crop"
    UNDERCUT = "undercut"
    PIXIE = "pixie"
    SIDE_PART = "side_part"
    AFRO = "afro"
    CURLY = "curly"
    BOB = "bob"
    BOB_BANGS = "bob_bangs"
    BUN = "bun"
    PONYTAIL = "ponytail"
    BRAIDS = "braids"
    LONG_STRAIGHT = "long_straight"
    LONG_BANGS = "long_bangs"
    LONG_WAVY = "long_wavy"


class FacialHair(StrEnum):
    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    GOATEE = "goatee"
    SHORT_BEARD = "short_beard"
    BEARD = "beard"


class Pattern(StrEnum):
    """What a cloth shows in its second colour. A plain one has it on trims alone: collar, cuffs, cords."""

    PLAIN = "plain"
    STRIPES = "stripes"
    BANDS = "bands"
    RAGLAN = "raglan"
    CHECKS = "checks"
    PINSTRIPES = "pinstripes"
    DOTS = "dots"


class Logo(StrEnum):
    """A mark on the chest, in the second colour or in one that stands out."""

    NONE = "none"
    RING = "ring"
    TRIANGLE = "triangle"
    STAR = "star"
    HEART = "heart"
    BOLT = "bolt"
    INITIAL = "initial"  # the first letter of the name


class TopKind(StrEnum):
    T_SHIRT = "t_shirt"
    LONG_SLEEVE = "long_sleeve"
    POLO = "polo"
    SHIRT = "shirt"
    HOODIE = "hoodie"
    BLAZER = "blazer"
    DRESS = "dress"  # worn without a bottom


class BottomKind(StrEnum):
    JEANS = "jeans"
    TROUSERS = "trousers"
    SHORTS = "shorts"
    SKIRT = "skirt"


class FootwearKind(StrEnum):
    SNEAKERS = "sneakers"
    BOOTS = "boots"
    LOAFERS = "loafers"
    FLATS = "flats"


class AccessoryKind(StrEnum):
    GLASSES = "glasses"
    SQUARE_GLASSES = "square_glasses"
    SUNGLASSES = "sunglasses"
    EARRINGS = "earrings"
    HEADSET = "headset"
    CAP = "cap"
    BEANIE = "beanie"


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
    nose_profile: Signed = Field(default=0.0, description="-1 scooped, 1 aquiline.")
    mouth_width: Signed = 0.0
    eye_spacing: Signed = Field(default=0.0, description="-1 close together, 1 wide apart.")
    eye_tilt: Signed = Field(default=0.0, description="-1 outer corners down, 1 up.")
    cheekbones: Signed = 0.0
    cheeks: Signed = Field(default=0.0, description="-1 hollow, 1 full.")
    ears: Signed = Field(default=0.0, description="-1 small and close, 1 large and protruding.")
    brow_weight: Signed = Field(default=0.0, description="-1 thin eyebrows, 1 heavy.")
    brows: BrowStyle = BrowStyle.NATURAL


class Skin(Frozen):
    tone: Unit = Field(description="0 very light, 1 very dark.")
    undertone: Signed = Field(default=0.0, description="-1 cool (rosy), 1 warm (golden).")
    freckles: Unit = 0.0
    blush: Unit = 0.3
    make_up: Unit = Field(default=0.0, description="0 none, 1 clearly made up (lips, lids).")
    lip_colour: HexColour | None = Field(default=None, description="Lipstick; natural lips when absent.")
    lid_colour: HexColour | None = Field(default=None, description="Eye shadow; as make-up has it when absent.")
    eyeliner: Unit = Field(default=0.0, description="0 none, 1 a bold line.")
    nail_colour: HexColour | None = Field(default=None, description="Nail polish; bare nails when absent.")


class Eyes(Frozen):
    colour: HexColour
    iris: IrisPattern = IrisPattern.FIBRES
    lashes: LashStyle = LashStyle.NATURAL


class Hair(Frozen):
    style: HairStyle
    colour: HexColour
    highlights: HexColour | None = Field(default=None, description="Lighter or coloured strands; none when absent.")
    roots: HexColour | None = Field(default=None, description="Another colour at the scalp; none when absent.")
    facial: FacialHair = FacialHair.NONE


class Top(Frozen):
    kind: TopKind = TopKind.T_SHIRT
    colour: HexColour
    accent: HexColour | None = Field(default=None, description="Second colour: of the pattern, else of the trims.")
    pattern: Pattern = Pattern.PLAIN
    logo: Logo = Logo.NONE


class Bottom(Frozen):
    kind: BottomKind = BottomKind.JEANS
    colour: HexColour
    accent: HexColour | None = Field(default=None, description="Second colour of the pattern.")
    pattern: Pattern = Pattern.PLAIN


class Footwear(Frozen):
    kind: FootwearKind = FootwearKind.SNEAKERS
    colour: HexColour
    accent: HexColour | None = Field(default=None, description="Second colour: stripes, laces, sole edge.")


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
