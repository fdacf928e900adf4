"""What fields and options are called in plain English, and how they are grouped on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# name -> label, paths in the order of a screen
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "style": ("Style", ("style", "seed")),
        "body": (
            "Body",
            (
                *("body.gender", "body.age", "body.height", "body.weight", "body.muscle", "skin.tone"),
                *("skin.undertone", "face.ancestry.african", "face.ancestry.asian", "face.ancestry.european"),
            ),
        ),
        "face": (
            "Face",
            (
                *("face.shape", "face.jawWidth", "face.chin", "face.cheekbones", "face.cheeks", "face.noseWidth"),
                *("face.noseLength", "face.noseProfile", "face.mouthWidth", "face.lipFullness", "face.ears"),
                *("skin.freckles", "skin.blush"),
            ),
        ),
        "eyes": (
            "Eyes",
            (
                *("eyes.colour", "eyes.iris", "eyes.lashes", "face.eyeSize", "face.eyeSpacing", "face.eyeTilt"),
                *("face.brows", "face.browWeight"),
            ),
        ),
        "hair": ("Hair", ("hair.style", "hair.colour", "hair.highlights", "hair.roots", "hair.facial")),
        "makeUp": (
            "Make-up",
            ("skin.makeUp", "skin.lipColour", "skin.lidColour", "skin.eyeliner", "skin.nailColour"),
        ),
        "clothes": (
            "Clothes",
            (
                *("outfit.top.kind", "outfit.top.colour", "outfit.top.accent", "outfit.top.pattern", "outfit.top.logo"),
                *("outfit.bottom.kind", "outfit.bottom.colour", "outfit.bottom.accent", "outfit.bottom.pattern"),
                *("outfit.footwear.kind", "outfit.footwear.colour", "outfit.footwear.accent"),
            ),
        ),
        "accessories": ("Accessories", ("outfit.accessories",)),
    }
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "style": "Style",
        "seed": "Individuality",
        "body.gender": "Feminine to masculine",
        "face.ancestry.african": "African features",
        "face.ancestry.asian": "Asian features",
        "face.ancestry.european": "European features",
        "face.shape": "Face shape",
        "face.jawWidth": "Jaw",
        "face.ears": "Ears",
        "face.brows": "Eyebrows",
        "face.browWeight": "Weight of the eyebrows",
        "skin.tone": "Skin tone",
        "skin.makeUp": "Make-up",
        "skin.lipColour": "Lipstick",
        "skin.lidColour": "Eye shadow",
        "skin.nailColour": "Nail polish",
        "eyes.colour": "Eye colour",
        "eyes.iris": "Iris",
        "eyes.lashes": "Eyelashes",
        "hair.style": "Hairstyle",
        "hair.colour": "Hair colour",
        "hair.facial": "Beard",
        "outfit.top.kind": "Top",
        "outfit.top.colour": "Colour of the top",
        "outfit.top.accent": "Second colour of the top",
        "outfit.top.pattern": "Pattern of the top",
        "outfit.top.logo": "Mark on the chest",
        "outfit.bottom.kind": "Bottom",
        "outfit.bottom.colour": "Colour of the bottom",
        "outfit.bottom.accent": "Second colour of the bottom",
        "outfit.bottom.pattern": "Pattern of the bottom",
        "outfit.footwear.kind": "Shoes",
        "outfit.footwear.colour": "Colour of the shoes",
        "outfit.footwear.accent": "Second colour of the shoes",
    }
)
# where the model says nothing, or says it of one end only
ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "style": "How the person is drawn.",
        "seed": "Any whole number; another number is another individual of the same looks.",
        "face.ancestry.african": "Weight beside the other two; they need not sum to 1.",
        "face.ancestry.asian": "Weight beside the other two; they need not sum to 1.",
        "face.ancestry.european": "Weight beside the other two; they need not sum to 1.",
        "outfit.accessories": "What is worn besides clothes; setting the list replaces it whole.",
    }
)
# what the lowest and the highest number mean
ENDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "body.age": ("child", "old"),
        "body.height": ("small", "tall"),
        "body.gender": ("feminine", "masculine"),
        "body.weight": ("very thin", "very heavy"),
        "body.muscle": ("slack", "very muscular"),
        "face.ancestry.african": ("none", "most"),
        "face.ancestry.asian": ("none", "most"),
        "face.ancestry.european": ("none", "most"),
        "face.jawWidth": ("narrow", "wide"),
        "face.chin": ("receding", "prominent"),
        "face.noseWidth": ("narrow", "wide"),
        "face.noseLength": ("short", "long"),
        "face.noseProfile": ("scooped", "aquiline"),
        "face.lipFullness": ("thin", "full"),
        "face.mouthWidth": ("narrow", "wide"),
        "face.eyeSize": ("small", "large"),
        "face.eyeSpacing": ("close together", "wide apart"),
        "face.eyeTilt": ("outer corners down", "outer corners up"),
        "face.cheekbones": ("flat", "high"),
        "face.cheeks": ("hollow", "full"),
        "face.ears": ("small and close", "large and protruding"),
        "face.browWeight": ("thin", "heavy"),
        "skin.tone": ("very light", "very dark"),
        "skin.undertone": ("cool, rosy", "warm, golden"),
        "skin.freckles": ("none", "many"),
        "skin.blush": ("none", "strong"),
        "skin.makeUp": ("none", "clearly made up"),
        "skin.eyeliner": ("none", "a bold line"),
    }
)
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "t_shirt": "T-shirt",
        "long_sleeve": "Long-sleeved top",
        "polo": "Polo shirt",
        "side_part": "Side parting",
        "buzz": "Buzz cut",
        "crop": "Short crop",
        "pixie": "Pixie cut",
        "bob_bangs": "Bob with bangs",
        "long_straight": "Long and straight",
        "long_bangs": "Long with bangs",
        "long_wavy": "Long and wavy",
        "dots": "Polka dots",
        "glasses": "Round glasses",
    }
)


def spelt(name: str) -> str:
    """ "jawWidth" and "short_beard" as "Jaw width" and "Short beard"."""
    words = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).replace("_", " ")
    return words[:1].upper() + words[1:]


def field_label(path: str) -> str:
    """What the field is called."""
    return FIELDS.get(path) or spelt(path.rsplit(".", 1)[-1])


def option_label(value: str) -> str:
    """What an option is called."""
    return OPTIONS.get(value) or spelt(value)
