"""What a level of detail says of the model it was made from, so that a repainted model can take over its geometry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from avatar.errors import InvalidModel
from avatar.frozen import Frozen
from avatar.gltf.model.document import Document, Tree

KEY = "levelOfDetail"  # in asset.extras
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32,64}$")]


class Origin(Frozen):
    """``geometry`` is the source's fingerprint, ``materials`` are the numbers there of those that the level shows,
    ``images`` the keys of the images that these use and of what they are for."""

    level: int
    recipe: Digest
    geometry: Digest
    materials: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=1024)]
    images: Annotated[tuple[Digest, ...], Field(max_length=256)]


def signed(asset: Tree, origin: Origin) -> Tree:
    """``asset`` with ``origin`` in its extras. Extras that are no object, which nobody can add to, give way."""
    extras = asset.get("extras")
    kept = extras if isinstance(extras, dict) else {}
    return {**asset, "extras": {**kept, KEY: origin.model_dump(mode="json")}}


def origin_of(document: Document) -> Origin | None:
    """Where a level of detail comes from; None when it is none. Raises InvalidModel when it says something odd."""
    extras = document.tree["asset"].get("extras")
    if not isinstance(extras, dict) or KEY not in extras:
        return None
    try:
        return Origin.model_validate(extras[KEY])
    except ValidationError:
        where = f"/asset/extras/{KEY}"
        raise InvalidModel("it does not say what it was made from", where=where, mend="Build the level anew") from None
