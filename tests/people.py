"""Characters that tests use."""

from __future__ import annotations

from typing import Any

from avatar.character import CharacterDescription


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
