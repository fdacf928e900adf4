"""describe: who is this agent?"""

from __future__ import annotations

import asyncio

from activities.implement import implements
from avatar.describe.notes import apply_notes
from avatar.describe.offline import describe_offline
from workflows import steps


class Describing:
    """The describe stage."""

    @implements(steps.DESCRIBE)
    async def describe(self, given: steps.DescribeInput) -> steps.Described:
        # In a thread: reading a page of prose takes long enough to hold up heartbeats of others.
        return await asyncio.to_thread(_described, given)


def _described(given: steps.DescribeInput) -> steps.Described:
    description = describe_offline(given.profile)
    noted = apply_notes(description.character, given.notes)
    return steps.Described(
        character=noted.character,
        describer="offline",
        heard=(*description.heard, *(f"note: {heard}" for heard in noted.heard)),
        approximated=(
            *description.approximated,
            *noted.approximated,
            *(f"not understood: {wish}" for wish in noted.unheard),
        ),
    )
