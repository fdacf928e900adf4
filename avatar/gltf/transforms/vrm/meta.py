"""Who made a model and what may be done with it."""

from __future__ import annotations

from typing import Any, Final

from avatar.gltf.model.document import Document, Tree

LICENCE: Final = "https://vrm.dev/licenses/1.0/"
AUTHOR: Final = "AR Avatar"
UNNAMED: Final = "Avatar"
# The most careful answer to every question: who publishes an avatar may allow more, a file cannot take it back.
TERMS: Final[Tree] = {
    "licenseUrl": LICENCE,
    "avatarPermission": "onlyAuthor",
    "allowExcessivelyViolentUsage": False,
    "allowExcessivelySexualUsage": False,
    "commercialUsage": "personalNonProfit",
    "allowPoliticalOrReligiousUsage": False,
    "allowAntisocialOrHateUsage": False,
    "creditNotation": "required",
    "allowRedistribution": False,
    "modification": "prohibited",
}


def meta_tree(document: Document) -> Tree:
    """``VRMC_vrm.meta``: from ``asset.copyright`` and ``asset.extras``: ``name``, ``authors``, and ``vrm``, an object
    with any field of the meta."""
    asset = document.tree.get("asset", {})
    extras = asset.get("extras")
    said: dict[str, Any] = extras if isinstance(extras, dict) else {}
    authors = [name for name in said.get("authors", ()) if isinstance(name, str) and name.strip()]
    name = said.get("name")
    made: Tree = {"name": name if isinstance(name, str) and name.strip() else UNNAMED, "authors": authors or [AUTHOR]}
    if isinstance(asset.get("copyright"), str):
        made["copyrightInformation"] = asset["copyright"]
    own = said.get("vrm")
    return {**made, **TERMS, **(own if isinstance(own, dict) else {})}
