"""describe: who is this agent?"""

from __future__ import annotations

import asyncio

from activities.implement import implements
from avatar.describe.notes import describe_with
from workflows import steps


class Describing:
    """The describe stage."""

    @implements(steps.DESCRIBE)
    async def describe(self, given: steps.DescribeInput) -> steps.Described:
        # In a thread: reading a page of prose takes long enough to hold up heartbeats of others.
        description = await asyncio.to_thread(describe_with, given.profile, given.notes)
        return steps.Described(
            character=description.character,
            describer="offline",
            heard=description.heard,
            approximated=description.approximated,
        )
