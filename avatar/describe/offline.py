"""A profile described without any model or network: by reading its English and drawing lots from its id."""

from __future__ import annotations

from avatar.describe.chance import seed_of
from avatar.describe.defaults import complete
from avatar.describe.description import Description
from avatar.describe.findings import for_people, merged
from avatar.describe.names import hints
from avatar.describe.reading import read
from avatar.describe.roles import dress_of, mood_of
from avatar.describe.slots import Slot
from avatar.describe.summary import with_summary
from avatar.profile import AgentProfile


def describe_offline(profile: AgentProfile) -> Description:
    """The character that ``profile`` asks for.

    ``description`` outweighs ``role``, that ``tags``, that ``personality``; in one text the last explicit statement
    wins. What no text settles comes from a seed made of ``agentId``. Deterministic across machines and processes,
    linear in the length of the text, and it never fails: text that is not understood is simply not heard.
    """
    found = read(profile.description, profile.name)
    found = merged(found, read(profile.role, profile.name))
    found = merged(found, read("\n".join(profile.tags), profile.name))
    found = merged(found, read(profile.personality, profile.name, traits=False))
    dress = dress_of(profile.role) if profile.role else dress_of(profile.description[:400])
    gender_hint, region_hint = hints(profile.name)
    plain = complete(
        found,
        name=profile.name,
        style=profile.style,
        seed=seed_of(profile.agent_id),
        gender_hint=gender_hint,
        region_hint=region_hint,
        dress=dress,
        mood=mood_of(profile.personality),
    )
    character = with_summary(plain)
    left_out = {key: note for key, note in found.near.items() if str(key).startswith(Slot.LEFT_OUT)}
    nearly = {key: note for key, note in found.near.items() if key not in left_out}
    return Description(
        character=character,
        heard=found.lines(),
        approximated=tuple(for_people(note) for note in (*nearly.values(), *left_out.values())),
    )
