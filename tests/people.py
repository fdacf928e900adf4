"""Characters, and what is published of them, that tests use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from avatar.character import CharacterDescription
from avatar.manifest import Bounds, ModelFacts, VersionRecord
from avatar.profile import AgentProfile, AvatarStyle
from avatar.request import AvatarRequest, Order
from avatar.run import RunKey
from avatar.storage.blob import name_bytes


def a_character(**changes: Any) -> CharacterDescription:
    """A plain adult; ``changes`` replace whole sections by name."""
    sections: dict[str, Any] = {
        "name": "Ada",
        "style": "realistic",
        "seed": 7,
        "summary": "A woman of 34.",
        "body": {"gender": 0.0, "age": 34, "height": 1.74, "weight": 0.45, "muscle": 0.5},
        "face": {},
        "skin": {"tone": 0.15},
        "eyes": {"colour": "#4a7a4f"},
        "hair": {"style": "long_straight", "colour": "#7a3b1d"},
        "outfit": {
            "top": {"colour": "#1f2a52"},
            "bottom": {"colour": "#3a4f7a"},
            "footwear": {"colour": "#f2f2f2"},
        },
    }
    return CharacterDescription.model_validate(sections | changes)


def an_order(agent_id: str = "ada", **changes: Any) -> Order:
    """An order for Ada under that id; ``changes`` replace fields of the order, ``profile`` those of the profile."""
    profile = AgentProfile.model_validate({"agentId": agent_id, "name": "Ada", **changes.pop("profile", {})})
    request = AvatarRequest(profile=profile, **changes.pop("request", {}))
    return Order(request=request, **changes)


def a_version(key: RunKey, number: int, now: datetime, **changes: Any) -> VersionRecord:
    """What publish writes for a run of Ada; ``changes`` replace fields by name."""
    fields: dict[str, Any] = {
        "tenant": key.tenant,
        "agent_id": key.agent_id,
        "number": number,
        "run_id": key.run_id,
        "order": an_order(key.agent_id),
        "name": "Ada",
        "style": AvatarStyle.REALISTIC,
        "provider": "parametric",
        "degraded": False,
        "described": a_character(),
        "character": a_character(),
        "source": name_bytes(b"glb", "model/gltf-binary"),
        "lods": (),
        "model": ModelFacts(joints=("Hips",), morphs=("jawOpen",), bounds=Bounds(min=(0, 0, 0), max=(1, 2, 1))),
        "picture": None,
        "picture_missing": "not asked for",
        "published_at": now,
    }
    return VersionRecord(**fields | changes)
