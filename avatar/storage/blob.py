"""How bytes are named: by their content. Bytes themselves never enter a workflow's history, only these."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from avatar.frozen import Frozen

KEY = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})")
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class BlobRef(Frozen):
    """A claim check for bytes in a blob store."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    media_type: str

    @property
    def key(self) -> str:
        """Where adapters keep it."""
        return blob_key(self.sha256)


class StoredBlob(Frozen):
    """A blob as a store lists it."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    used_at: datetime = Field(description="When its bytes were last put; putting them again makes it young again.")


def blob_key(sha256: str) -> str:
    """Where adapters keep the blob of that name: ``ab/abcdef...``; two levels keep folders small."""
    return f"{sha256[:2]}/{sha256}"


def named_by(key: str) -> str | None:
    """The sha256 of the blob that an adapter keeps under ``key``, or None when no blob has such a key."""
    match = KEY.fullmatch(key)
    return match[2] if match else None


def name_bytes(data: bytes, media_type: str) -> BlobRef:
    """The reference that ``data`` has in every store."""
    return BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type=media_type)
