"""One sentence that describes the character as made (not as wished)."""

from __future__ import annotations

from avatar.character import AccessoryKind, CharacterDescription, FacialHair, HairStyle, Skin
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


def _hair(character: CharacterDescription) -> str:
    hair = character.hair
    colour = colours.named(hair.colour, _HAIR_TABLE)
    match hair.style:
        case HairStyle.BALD:
            return "a bald head"
        case HairStyle.BUZZ:
            return f"buzzed {colour} hair"
        case HairStyle.CROP:
            return f"short cropped {colour} hair"
        case HairStyle.SIDE_PART:
            return f"short side-parted {colour} hair"
        case HairStyle.BOB:
            return _article(f"{colour} bob")
        case HairStyle.LONG_STRAIGHT:
            return f"long {colour} hair"
        case _:
            return f"{colour} hair ({hair.style.value.replace('_', ' ')})"


def _cloth(colour: str) -> str:
    return colours.named(colour, _CLOTH_TABLE)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def summarise(character: CharacterDescription) -> str:
    """The character in one sentence, for the Temporal UI and as the picture's alt text."""
    body, outfit = character.body, character.outfit
    who = _article(" ".join([", ".join(_build(character)), _noun(body.gender, body.age)]).strip())
    features = [_skin(character.skin), _hair(character)]
    if character.hair.facial != FacialHair.NONE:
        features.append("stubble" if character.hair.facial == FacialHair.STUBBLE else "a beard")
    features.append(f"{colours.named(character.eyes.colour, colours.EYE_COLOURS, _EYE_NAMES)} eyes")
    top = {"t_shirt": "T-shirt", "long_sleeve": "long-sleeved top"}.get(
        outfit.top.kind.value, outfit.top.kind.value.replace("_", " ")
    )
    accent = f" with {_cloth(outfit.top.accent)} accents" if outfit.top.accent else ""
    jeans = _cloth(outfit.bottom.colour).replace("denim blue", "blue")
    worn = [
        f"{_article(_cloth(outfit.top.colour))} {top}{accent}",
        f"{jeans} {outfit.bottom.kind.value.replace('_', ' ')}",
        f"{_cloth(outfit.footwear.colour)} {outfit.footwear.kind.value.replace('_', ' ')}",
    ]
    for accessory in outfit.accessories:
        name = f"{_cloth(accessory.colour)} {accessory.kind.value}"
        worn.append(_article(name) if accessory.kind == AccessoryKind.HEADSET else name)
    return (
        f"{' '.join(character.name.split())} is {who} of about {body.age:.0f} with "
        f"{_listed(features)}, wearing {_listed(worn)}"
        f"{_STYLED[character.style]}."
    )


def with_summary(character: CharacterDescription) -> CharacterDescription:
    """The character with a summary that is true of it, whatever stood there before."""
    return character.model_copy(update={"summary": summarise(character)})
