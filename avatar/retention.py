"""How long what is kept: the rules of the housekeeping, and what it has done."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from avatar.frozen import Frozen

Days = Annotated[float, Field(gt=0, le=36_500)]


class KeepRules(Frozen):
    """What outlives its use, and for how long."""

    runs_days: Days = 30
    results_days: Days = 7
    events_days: Days = 30
    variants_days: Days = 30
    versions: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The newest so many versions of an avatar, and the one that is served; None is all."
    )
    blob_grace_hours: Annotated[float, Field(gt=0, le=8_760)] = 24


class HouseKept(Frozen):
    """What one housekeeping has deleted, or with ``dry_run`` would delete."""

    dry_run: bool = False
    versions: int = 0
    results: int = 0
    runs: int = 0
    events: int = 0
    variants: int = Field(default=0, description="Variants and pictures that were made on demand.")
    blobs: int = 0
    bytes: int = 0
    blobs_seen: int = Field(default=0, description="How many blobs the sweep looked at.")


class Housekeeping(Frozen):
    """A housekeeping that was asked for."""

    done: bool = Field(description="False while it still runs.")
    kept: HouseKept | None = Field(default=None, description="What it did, once it is done.")
    workflow_id: str
    workflow_url: str | None = None
