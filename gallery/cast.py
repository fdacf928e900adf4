"""Eight people, as owners would describe them, and variations of one of them."""

from __future__ import annotations

from typing import Any, Final

from avatar.character import CharacterDescription
from avatar.describe.offline import describe_offline
from avatar.profile import AgentProfile, AvatarStyle

PEOPLE: Final = {
    "Ada": "A woman of about 34, slim. Long auburn hair, green eyes, fair skin with freckles, natural make-up. "
    "She wears a navy T-shirt, blue jeans and white sneakers.",
    "Tomas": "A man of 45 with short dark hair, a short beard and brown eyes, olive skin, of average build. "
    "He wears a grey blazer over a white shirt, dark trousers and brown loafers.",
    "Ngozi": "A tall athletic woman of 28 with dark skin, an afro, brown eyes and gold earrings. "
    "She wears a yellow dress and black flats.",
    "Henrik": "A man of 72 with white hair, a full beard, blue eyes and round glasses, heavy. "
    "He wears a checked shirt, beige trousers and brown boots.",
    "Yuki": "A young woman of 20 with a black bob with bangs, dark eyes and light skin, small and slim. "
    "She wears a lilac hoodie, a black skirt and white sneakers.",
    "Arjun": "A man of 30 with black wavy side-parted hair, stubble, brown skin and dark eyes, muscular. "
    "He wears a green polo shirt, beige chinos and white sneakers, and a headset.",
    "Mia": "A girl of 9 with blonde braids, blue eyes and freckles. "
    "She wears a red and white striped T-shirt, blue shorts and red sneakers.",
    "Rosa": "A woman of 62 with a grey bun, brown eyes, tanned skin and red lipstick, a little heavy. "
    "She wears a burgundy long sleeve, dark jeans and black boots, and glasses.",
}


def person(name: str, style: AvatarStyle) -> CharacterDescription:
    """One of `PEOPLE` as the offline describer reads them."""
    profile = AgentProfile(agent_id=name.lower(), name=name, description=PEOPLE[name], style=style)
    return describe_offline(profile).character


def changed(character: CharacterDescription, **sections: dict[str, Any]) -> CharacterDescription:
    """``character`` with other values: ``hair={"style": "bob"}``, ``outfit={"top": {"kind": "polo"}}``."""
    return CharacterDescription.model_validate(_merged(character.model_dump(by_alias=False), sections))


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for name, value in changes.items():
        out[name] = _merged(out[name], value) if isinstance(value, dict) and isinstance(out.get(name), dict) else value
    return out
