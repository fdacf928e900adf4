"""Colour words of ordinary English as sRGB, and what dark, pale or faded does to them.

Hair, eyes and skin have their own tables: red hair is not fire-engine red, and nobody's skin is #ffffff. The values
were chosen by eye for lit, tone-mapped characters; where a CSS colour has the same name ours is usually less loud.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from avatar.character import AccessoryKind, HexColour
from avatar.describe.tables import bag


def _table(text: str) -> Mapping[str, str]:
    pairs = (entry.split("=") for entry in text.replace("\n", " ").split(",") if entry.strip())
    return MappingProxyType({name.strip(): f"#{value.strip()}" for name, value in pairs})


# Cloth, metal, plastic, dye: any colour of a thing that is made.
COLOURS: Mapping[str, HexColour] = _table("""
    black=1c1c1f, jet black=101012, jet=101012, ebony=26211f, onyx=1b1b1e, raven=17161c, coal=222226, soot=2b2b2d,
    charcoal=3a3d42, anthracite=33373c, graphite=45484d, gunmetal=4a525a, slate=5b6673, slate grey=5b6673,
    grey=83878c, gray=83878c, ash=a3a39f, ash grey=a3a39f, stone=a8a296, silver=b9bdc2, steel=7c8a96,
    pewter=8b9096, smoke=9a9da0, heather=a9adb5, heather grey=a9adb5, white=f3f3f0, off white=ece8de, snow=f7f8fa,
    ivory=efe9d8, cream=eee3c8, eggshell=e9e2d0, pearl=e6e1d8, bone=ded6c3, ecru=d2c5a5, linen=e4d9c6,
    vanilla=eedfb5, beige=cdb994, sand=c8b080, taupe=8b7d70, khaki=a3956c, camel=b98d55, tan=c29b6c, fawn=bd9a70,
    buff=d3ba85, oatmeal=d2c6ae, mushroom=a8998a, brown=6b452c, chocolate=47291b, coffee=4d3526, espresso=35231a,
    mocha=7a5a47, chestnut=6f3a24, mahogany=5d2620, walnut=5a4032, hazelnut=8f6b4a, caramel=a9682f, cocoa=5f3f31,
    umber=5c4534, sepia=6a4a34, cinnamon=94512a, cognac=8a4524, tobacco=715034, rust=a3472a, russet=80462c,
    sienna=9a5032, terracotta=b75c41, brick=97402f, brick red=97402f, copper=b0683c, bronze=8c6533, brass=b5964a,
    auburn=7a3220, red=c22a2a, scarlet=d02a20, crimson=a81530, cherry=a81c34, cherry red=a81c34, ruby=9c1638,
    blood red=7f1014, vermilion=d9472b, fire engine red=cd1c1e, fire=d4491f, flame=dc5a22, maroon=5f1a26,
    burgundy=641d32, wine=682237, wine red=682237, oxblood=561a1c, claret=701f37, merlot=5d1f30, cranberry=912440,
    raspberry=b32d5f, strawberry=d6464f, tomato=d94d38, coral=ea7860, salmon=ee937f, peach=f4b594, apricot=f0a36a,
    melon=f1a48a, orange=e07a1f, burnt orange=bb5219, tangerine=ea8427, pumpkin=d4731f, amber=d9951f,
    ochre=c08a2c, mustard=c99a25, mustard yellow=c99a25, yellow=eccb33, lemon=efdf5a, canary=f2dc4c,
    sunflower=efb920, saffron=e6a727, honey=d59b3c, gold=c9a23f, golden=c9a23f, straw=d8c27c, wheat=dcc591,
    butter=efdf9c, lime=a5cc33, lime green=8fc33a, chartreuse=b4cc35, green=2f7f45, olive=6e6d33,
    olive green=6e6d33, army green=55592f, moss=6a7a3c, moss green=6a7a3c, forest=245239, forest green=245239,
    hunter green=2a4f3a, bottle green=16463a, british racing green=10412f, emerald=1e8a5c, emerald green=1e8a5c,
    emeralds=1e8a5c, jade=3b9a78, jade green=3b9a78, sea green=3f9a82, seafoam=9ad3bb, mint=a5dcc0,
    mint green=a5dcc0, sage=9aa886, sage green=9aa886, pine=2b5b49, fern=5b8a4a, kelly green=33933f,
    apple green=86b53c, grass green=4c9a3a, pistachio=adc98a, avocado=70813a, teal=1f7c80, turquoise=35b4b0,
    aqua=51c3cc, aquamarine=7bd3bd, cyan=33b7cf, petrol=1f5663, peacock=14707f, blue=2f62b5, navy=1f2c4d,
    navy blue=1f2c4d, midnight=191f3c, midnight blue=191f3c, royal blue=2b4bb2, royal=2b4bb2, cobalt=1f4ba2,
    cobalt blue=1f4ba2, sapphire=1c4490, sapphires=1c4490, ultramarine=2a3fa5, azure=3c8fd6, cerulean=2e84b8,
    sky=86bde0, sky blue=86bde0, baby blue=abd0ea, powder blue=b4d0e2, ice=c4dfec, ice blue=bfdcec,
    icy blue=bfdcec, steel blue=4d7ba3, cornflower=6a8fd8, cornflower blue=6a8fd8, denim=3f5878,
    denim blue=3f5878, electric blue=2a6df0, ocean=2b6d92, ocean blue=2b6d92, sea=3a7f93, prussian blue=1c3652,
    periwinkle=9099d9, indigo=35347c, violet=6f4aa5, purple=6b3a96, royal purple=5b2f8e, amethyst=8a60bb,
    plum=633462, aubergine=432741, eggplant=432741, grape=5c3b78, mauve=a4829f, lilac=bca0d4, lavender=b5a8dc,
    orchid=b968b9, magenta=c02a86, fuchsia=c92c8d, pink=e695b0, hot pink=e8418f, baby pink=f2c0cd,
    blush pink=e8b9b5, rose=c9617c, dusty rose=bd858a, rose gold=c48d80, bubblegum=f094bb, bubblegum pink=f094bb,
    salmon pink=f1968f, dusty pink=cf9ea0, tortoiseshell=5b3a1f, tortoise=5b3a1f, clear=dfe6e8, transparent=dfe6e8
""")

# of an accessory that is asked for without a colour
ACCESSORY_COLOURS: Mapping[AccessoryKind, HexColour] = MappingProxyType(
    {
        AccessoryKind.GLASSES: COLOURS["black"],
        AccessoryKind.SQUARE_GLASSES: COLOURS["black"],
        AccessoryKind.SUNGLASSES: COLOURS["black"],
        AccessoryKind.EARRINGS: COLOURS["gold"],
        AccessoryKind.HEADSET: COLOURS["black"],
        AccessoryKind.CAP: COLOURS["navy"],
        AccessoryKind.BEANIE: COLOURS["charcoal"],
    }
)

HAIR_COLOURS: Mapping[str, HexColour] = _table("""
    black=1b1614, jet black=100e10, jet=100e10, raven=14131a, raven black=14131a, ebony=181414, coal=17161a,
    dark=2b1d15, dark brown=35231a, deep brown=35231a, darkest brown=241812, brown=4f3423, medium brown=4f3423,
    light brown=7b5a3c, pale brown=8a6a4b, chestnut=5b3220, chestnut brown=5b3220, chocolate=402719,
    coffee=3c281d, espresso=2b1d17, hazel=6d4b2d, hazelnut=6d4b2d, mahogany=4b1f19, mousy=78644d,
    mousy brown=78644d, caramel=8b5e35, honey=b3824a, honey blonde=b78a50, tawny=94693a, sandy=b0905f,
    sandy blonde=b0905f, sand=b0905f, fair=c9a76b, light=c2a06b, pale=dcc496, blonde=c39c5d, golden=bd8f45,
    golden blonde=bd8f45, gold=bd8f45, wheat=c9a86c, straw=d0b06c, flaxen=d5b87a, bleached=dcc795, dirty blonde=967547,
    dark blonde=8f6f43, ash blonde=a8946f, ash brown=6b5a4a, light blonde=d9bc82, pale blonde=e2cc9b,
    platinum=e6dcc3, platinum blonde=e6dcc3, white blonde=ebe3cf, strawberry blonde=bf7d4f, strawberry=bf7d4f,
    auburn=6f2f1d, dark auburn=4f2117, light auburn=8c4428, red=8d3a1b, dark red=65231a, light red=b05a2c,
    bright red=b52a20, fiery red=a8401a, fiery=a8401a, fire=a8401a, flame=a8401a, ginger=ad5a24, orange=b8621f,
    copper=9c4a22, coppery=9c4a22, rust=8a3c20, russet=733720, titian=8f3f1f, cinnamon=7c4325,
    salt and pepper=77736e, pepper and salt=77736e, grey=8f8d8a, gray=8f8d8a, dark grey=5d5b59, light grey=b4b2ae,
    iron grey=6a6a6b, steel grey=74777b, ash=98938b, graying=7d7469, greying=7d7469, silver=b5b5b3,
    silvery=b5b5b3, white=e6e3dc, snow white=efedea, snowy=efedea, snow=efedea, walnut=453023
""")

EYE_COLOURS: Mapping[str, HexColour] = _table("""
    blue=4f7da6, light blue=86aecb, pale blue=94b6cd, dark blue=2f527f, deep blue=2b4f84, bright blue=3f86c4,
    ice=a4c5d8, ice blue=a4c5d8, icy blue=a4c5d8, sky blue=7fb0d3, sky=7fb0d3, sea=4a8795, ocean=3d7590,
    steel blue=64839c, green=55794a, light green=86a070, pale green=8aa67c, dark green=38563a,
    bright green=4f9a4a, deep green=365f3f, emerald=2f8a5d, jade=4a9274, moss=68743c, sea green=4f8f80,
    olive=6b6a38, hazel=7f6434, light hazel=9a7e48, dark hazel=5f4a28, brown=553620, light brown=80583a,
    dark brown=33200f, deep brown=38220f, chocolate=3f2616, chestnut=5c3520, coffee=3b2617, honey=a1702f,
    amber=a9742a, golden=b58530, gold=b58530, caramel=8a5a2c, black=1d1512, dark=2c1c12, light=8aa7b5,
    pale=9fb4bf, grey=7d8a92, gray=7d8a92, light grey=a6b0b6, dark grey=566068, silver=a9b4bb, slate=66747f,
    steel=72818c, stormy=66727c, violet=73609c, purple=6f4f98, lavender=9a8cc4, turquoise=3fa09f, teal=2f7d80,
    aqua=4fb0b5, red=9c2c26, pink=c56f8b, yellow=bfa13a, white=c9d0d3
""")

# tone 0..1 as in avatar.character.Skin (0 very light), undertone -1 cool .. 1 warm
SKIN_TONES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "porcelain": (0.03, -0.3),
        "alabaster": (0.03, -0.2),
        "milky": (0.04, -0.2),
        "white": (0.07, -0.1),
        "ivory": (0.06, 0.1),
        "pale": (0.06, -0.3),
        "fair": (0.11, -0.2),
        "light": (0.14, 0.0),
        "rosy": (0.13, -0.6),
        "ruddy": (0.17, -0.6),
        "pink": (0.13, -0.6),
        "peach": (0.17, 0.2),
        "cream": (0.1, 0.2),
        "creamy": (0.1, 0.2),
        "beige": (0.25, 0.2),
        "sallow": (0.23, 0.6),
        "medium": (0.36, 0.1),
        "olive": (0.36, 0.6),
        "golden": (0.34, 0.8),
        "honey": (0.37, 0.7),
        "tan": (0.4, 0.3),
        "tanned": (0.4, 0.3),
        "sun kissed": (0.32, 0.4),
        "suntanned": (0.4, 0.3),
        "swarthy": (0.44, 0.3),
        "bronze": (0.48, 0.5),
        "bronzed": (0.46, 0.5),
        "tawny": (0.48, 0.5),
        "copper": (0.5, 0.5),
        "wheat": (0.4, 0.6),
        "wheatish": (0.42, 0.6),
        "dusky": (0.55, 0.2),
        "amber": (0.45, 0.7),
        "caramel": (0.52, 0.5),
        "light brown": (0.46, 0.3),
        "brown": (0.6, 0.2),
        "cinnamon": (0.56, 0.4),
        "chestnut": (0.62, 0.3),
        "mocha": (0.66, 0.2),
        "coffee": (0.7, 0.1),
        "umber": (0.7, 0.2),
        "dark brown": (0.77, 0.1),
        "mahogany": (0.76, 0.3),
        "chocolate": (0.78, 0.1),
        "dark": (0.79, 0.1),
        "deep brown": (0.8, 0.1),
        "deep": (0.86, 0.1),
        "espresso": (0.87, 0.0),
        "black": (0.9, 0.0),
        "ebony": (0.95, 0.0),
        "very dark": (0.92, 0.0),
    }
)

SHADES = bag("""
    dark darker deep light lighter pale pastel bright vivid neon faded washed muted dusty soft rich warm cool medium
    mid
""")


def to_hls(colour: HexColour) -> tuple[float, float, float]:
    """Hue, lightness, saturation, each 0..1, of an sRGB hex colour."""
    return colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))


def from_hls(hue: float, lightness: float, saturation: float) -> HexColour:
    """The sRGB hex colour of hue, lightness, saturation; the last two are clamped to 0..1."""
    rgb = colorsys.hls_to_rgb(hue, min(max(lightness, 0.0), 1.0), min(max(saturation, 0.0), 1.0))
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def shaded(colour: HexColour, shades: Sequence[str]) -> HexColour:
    """``colour`` as darkened, lightened, brightened or faded by ``shades``, applied in order."""
    hue, lightness, saturation = to_hls(colour)
    for shade in shades:
        match shade:
            case "dark" | "darker" | "deep":
                lightness *= 0.6
            case "light" | "lighter":
                lightness += (1 - lightness) * 0.38
            case "pale" | "pastel":
                lightness += (1 - lightness) * 0.58
            case "bright" | "vivid" | "neon":
                lightness += (0.52 - lightness) * 0.5
                saturation += (1 - saturation) * 0.55 if saturation > 0.08 else 0.0
            case "faded" | "washed" | "muted" | "dusty":
                lightness += (1 - lightness) * 0.18
                saturation *= 0.6
    return from_hls(hue, lightness, saturation)


def mixed(colours: Sequence[HexColour]) -> HexColour:
    """The sRGB mean of one or more colours: blue-green, grey-blue."""
    parts = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]
    return "#" + "".join(f"{round(sum(channel) / len(parts)):02x}" for channel in zip(*parts, strict=True))


def toward(colour: HexColour, other: HexColour, share: float) -> HexColour:
    """``colour`` with ``share`` (0..1) of ``other`` mixed in, in sRGB."""
    pairs = [(int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def named(colour: HexColour, table: Mapping[str, HexColour], among: Sequence[str] = ()) -> str:
    """The name in ``table`` (or of those in ``among``) nearest to ``colour``; the shorter name wins a tie.

    Distance is the "redmean" weighting of sRGB differences (T. Riemersma, compuphase.com/cmetric.htm).
    """
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))

    def distance(name: str) -> tuple[float, int, str]:
        r2, g2, b2 = (int(table[name][i : i + 2], 16) for i in (1, 3, 5))
        mean = (r + r2) / 2
        far = (2 + mean / 256) * (r - r2) ** 2 + 4 * (g - g2) ** 2 + (2 + (255 - mean) / 256) * (b - b2) ** 2
        return far, len(name), name

    return min(among or table, key=distance)


def _letters(name: str) -> str:
    """ "Navy-Blue", "navy blue" and "navyblue" as one; grey and blonde in our spelling."""
    plain = re.sub(r"[^a-z]", "", name.lower()).replace("gray", "grey")
    return re.sub(r"blond(?!e)", "blonde", plain)


def hex_of(name: str, own: Mapping[str, HexColour] = MappingProxyType({})) -> HexColour | None:
    """The colour called ``name`` ("navy", "Dark-Green", "lightblue"); ``own`` (hair, eyes) outweighs the common
    table. None for what has no such name."""
    letters = _letters(name[:60])
    for table in (own, COLOURS):
        for known, colour in table.items():
            if _letters(known) == letters:
                return colour
    for shade in sorted(SHADES, key=len, reverse=True):
        rest = letters.removeprefix(shade)
        if rest and rest != letters and (colour_below := hex_of(rest, own)) is not None:
            return shaded(colour_below, (shade,))
    return None
