"""One sentence that describes the character as made (not as wished)."""

from __future__ import annotations

from avatar.character import (
    AccessoryKind,
    Bottom,
    CharacterDescription,
    FacialHair,
    HairStyle,
    Logo,
    Pattern,
    Skin,
    Top,
    TopKind,
)
from avatar.describe import colours
from avatar.describe.tables import bag
from avatar.profile import AvatarStyle

_CLOTH_NAMES = bag("""
    black charcoal grey white cream beige khaki tan brown red burgundy maroon rust terracotta coral salmon peach orange
    mustard yellow gold olive green mint sage teal turquoise blue navy silver purple plum lavender pink magenta slate
    taupe ivory lilac
""")
_CLOTH_TABLE = {name: colours.COLOURS[name] for name in _CLOTH_NAMES} | {
    f"{name} {shade}": colours.COLOURS[key]
    for name, shade, key in (
        ("light", "blue", "sky blue"),
        ("dark", "green", "forest green"),
        ("denim", "blue", "denim"),
        ("dark", "blue", "midnight blue"),
        ("bright", "pink", "hot pink"),
        ("bright", "green", "lime green"),
        ("steel", "blue", "steel blue"),
        ("rose", "gold", "rose gold"),
    )
}
_HAIR_NAMES = (
    "black",
    "dark brown",
    "brown",
    "light brown",
    "chestnut",
    "auburn",
    "red",
    "ginger",
    "blonde",
    "dark blonde",
    "light blonde",
    "strawberry blonde",
    "grey",
    "silver",
    "white",
    "copper",
)
_DYED = (
    "blue",
    "teal",
    "green",
    "mint",
    "purple",
    "lavender",
    "pink",
    "crimson",
    "orange",
    "turquoise",
    "periwinkle",
    "magenta",
    "red",
    "yellow",
    "hot pink",
    "lime green",
)
_HAIR_TABLE = {name: colours.COLOURS[name] for name in _DYED} | {
    name: colours.HAIR_COLOURS[name] for name in _HAIR_NAMES
}
_EYE_NAMES = (
    "blue",
    "light blue",
    "green",
    "hazel",
    "brown",
    "dark brown",
    "light brown",
    "grey",
    "amber",
    "violet",
    "turquoise",
    "red",
    "yellow",
    "pink",
    "dark blue",
    "emerald",
    "black",
)
_TONES = (
    (0.09, "very fair"),
    (0.2, "fair"),
    (0.32, "light"),
    (0.45, "olive-toned"),
    (0.58, "tan"),
    (0.72, "brown"),
    (0.86, "dark brown"),
    (1.01, "deep brown"),
)
_STYLED = {
    AvatarStyle.REALISTIC: "",
    AvatarStyle.STYLISED: ", drawn in a stylised way",
    AvatarStyle.ANIME: ", drawn as anime",
}


def _article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' or phrase.startswith(('8', '11', '18')) else 'a'} {phrase}"


def _noun(gender: float, age: float) -> str:
    if age < 13:
        return "girl" if gender < 0.4 else "boy" if gender > 0.6 else "child"
    if age < 18:
        return "teenage girl" if gender < 0.4 else "teenage boy" if gender > 0.6 else "teenager"
    noun = "woman" if gender < 0.4 else "man" if gender > 0.6 else "person of androgynous looks"
    return f"young {noun}" if age < 26 else f"elderly {noun}" if age >= 70 else noun


def _build(character: CharacterDescription) -> list[str]:
    body = character.body
    words = []
    if body.age >= 17:
        usual = 1.635 + 0.13 * body.gender
        words += ["tall"] if body.height > usual + 0.075 else ["short"] if body.height < usual - 0.07 else []
    if body.muscle > 0.62 and body.weight > 0.64:
        words.append("burly")
    elif body.muscle > 0.68:
        words.append("muscular" if body.muscle > 0.8 else "athletic")
    elif body.weight < 0.34:
        words.append("slim")
    elif body.weight > 0.66:
        words.append("heavyset" if body.weight > 0.78 else "stocky" if body.muscle > 0.58 else "full-figured")
    return words


def _skin(skin: Skin) -> str:
    tone = next(name for limit, name in _TONES if skin.tone < limit)
    return f"{tone}{', freckled' if skin.freckles > 0.15 else ''} skin"


# "{}" is the colour
_CUTS = {
    HairStyle.BUZZ: "buzzed {} hair",
    HairStyle.CROP: "short cropped {} hair",
    HairStyle.UNDERCUT: "{} hair in an undercut",
    HairStyle.PIXIE: "a {} pixie cut",
    HairStyle.SIDE_PART: "short side-parted {} hair",
    HairStyle.AFRO: "a {} afro",
    HairStyle.CURLY: "curly {} hair",
    HairStyle.BOB: "a {} bob",
    HairStyle.BOB_BANGS: "a {} bob with bangs",
    HairStyle.BUN: "{} hair in a bun",
    HairStyle.PONYTAIL: "{} hair in a ponytail",
    HairStyle.BRAIDS: "{} hair in braids",
    HairStyle.LONG_STRAIGHT: "long {} hair",
    HairStyle.LONG_BANGS: "long {} hair with bangs",
    HairStyle.LONG_WAVY: "long wavy {} hair",
}
_BEARDS = {
    FacialHair.STUBBLE: "stubble",
    FacialHair.MOUSTACHE: "a moustache",
    FacialHair.GOATEE: "a goatee",
    FacialHair.SHORT_BEARD: "a short beard",
    FacialHair.BEARD: "a beard",
}
_PATTERNS = {
    Pattern.STRIPES: "striped",
    Pattern.BANDS: "banded",
    Pattern.RAGLAN: "raglan",
    Pattern.CHECKS: "checked",
    Pattern.PINSTRIPES: "pinstriped",
    Pattern.DOTS: "dotted",
}
_MARKS = {Logo.BOLT: "a lightning bolt", Logo.INITIAL: "an initial"}


def _hair(character: CharacterDescription) -> str:
    hair = character.hair
    if hair.style == HairStyle.BALD:
        return "a bald head"
    colour = colours.named(hair.colour, _HAIR_TABLE)
    said = _CUTS[hair.style].format(colour)
    if said.startswith("a ") and colour[0] in "aeiou":
        said = f"an {said[2:]}"
    if hair.highlights:
        said += f" with {colours.named(hair.highlights, _HAIR_TABLE)} highlights"
    if hair.roots:
        said += f" {'and' if hair.highlights else 'with'} {colours.named(hair.roots, _HAIR_TABLE)} roots"
    return said


def _made_up(skin: Skin) -> list[str]:
    said = [f"{_cloth(skin.lip_colour)} lipstick"] if skin.lip_colour else []
    if skin.lid_colour:
        said.append(f"{_cloth(skin.lid_colour)} eye shadow")
    if skin.eyeliner >= 0.5:
        said.append("eyeliner")
    if skin.nail_colour:
        said.append(f"{_cloth(skin.nail_colour)} nails")
    return said or ([] if skin.make_up < 0.25 else ["light make-up"] if skin.make_up < 0.45 else ["make-up"])


def _top(top: Top) -> str:
    kind = {"t_shirt": "T-shirt", "long_sleeve": "long-sleeved top", "polo": "polo shirt"}.get(
        top.kind.value, top.kind.value
    )
    colour = _cloth(top.colour)
    if top.pattern in _PATTERNS:
        colours_said = f"{colour} and {_cloth(top.accent)}" if top.accent else colour
        said = f"{colours_said} {_PATTERNS[top.pattern]} {kind}"
    elif top.accent and top.kind == TopKind.BLAZER:
        said = f"{colour} blazer over {_article(_cloth(top.accent))} shirt"
    else:
        said = f"{colour} {kind}" + (f" with {_cloth(top.accent)} accents" if top.accent else "")
    if top.logo != Logo.NONE:
        said += f" with {_MARKS.get(top.logo) or _article(top.logo.value)} on it"
    return _article(said)


def _bottom(bottom: Bottom) -> str:
    colour = _cloth(bottom.colour)
    if bottom.kind.value == "jeans":
        colour = colour.replace("denim blue", "blue")
    pattern = f" {_PATTERNS[bottom.pattern]}" if bottom.pattern in _PATTERNS else ""
    said = f"{colour}{pattern} {bottom.kind.value}"
    return _article(said) if bottom.kind.value == "skirt" else said


def _cloth(colour: str) -> str:
    return colours.named(colour, _CLOTH_TABLE)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def summarise(character: CharacterDescription) -> str:
    """The character in one sentence, for the Temporal UI and as the picture's alt text."""
    body, outfit = character.body, character.outfit
    who = _article(" ".join([", ".join(_build(character)), _noun(body.gender, body.age)]).strip())
    features = [_skin(character.skin), _hair(character)]
    if character.hair.facial in _BEARDS:
        features.append(_BEARDS[character.hair.facial])
    features.append(f"{colours.named(character.eyes.colour, colours.EYE_COLOURS, _EYE_NAMES)} eyes")
    features += _made_up(character.skin)
    worn = [_top(outfit.top)]
    if outfit.top.kind != TopKind.DRESS:
        worn.append(_bottom(outfit.bottom))
    worn.append(f"{_cloth(outfit.footwear.colour)} {outfit.footwear.kind.value}")
    for accessory in outfit.accessories:
        name = f"{_cloth(accessory.colour)} {accessory.kind.value.replace('_', ' ')}"
        single = accessory.kind in (AccessoryKind.HEADSET, AccessoryKind.CAP, AccessoryKind.BEANIE)
        worn.append(_article(name) if single else name)
    return (
        f"{' '.join(character.name.split())} is {who} of about {body.age:.0f} with "
        f"{_listed(features)}, wearing {_listed(worn)}"
        f"{_STYLED[character.style]}."
    )


def with_summary(character: CharacterDescription) -> CharacterDescription:
    """The character with a summary that is true of it, whatever stood there before."""
    return character.model_copy(update={"summary": summarise(character)})
