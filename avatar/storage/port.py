"""What every blob store can do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from avatar.storage.blob import BlobRef, StoredBlob


class BlobStore(Protocol):
    """Content-addressed bytes. Writing the same bytes twice writes them once."""

    async def put(self, data: bytes, media_type: str) -> BlobRef:
        """Store ``data`` durably before returning. What is there already becomes young again, so that no sweep takes
        it from under a run. Raises StorageFull, Unavailable."""
        ...

    async def get(self, ref: BlobRef) -> bytes:
        """The bytes, verified against their name. Raises NotFound, DamagedBlob, Unavailable."""
        ...

    def stream(self, ref: BlobRef, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Bytes ``start`` up to and without ``stop`` in chunks. Raises NotFound, Unavailable at the first chunk."""
        ...

    async def exists(self, ref: BlobRef) -> bool:
        """Whether a blob of that name and size is there."""
        ...

    def stored(self, prefix: str = "") -> AsyncIterator[StoredBlob]:
        """Every blob whose sha256 begins with ``prefix``, in no particular order. Raises Unavailable."""
        ...

    async def delete(self, sha256: str, *, unused_since: datetime | None = None) -> bool:
        """Remove a blob and say whether it was removed; one that is not there is no error. With ``unused_since`` only
        if its bytes were not put after that moment, looked up as late as the store allows. Raises Unavailable."""
        ...

    async def signed_url(self, ref: BlobRef, seconds: int, file_name: str) -> str | None:
        """An address from which anybody can download the blob for so long without saying who they are, and nothing
        else; None when the store has none. Whether the blob is there is not asked."""
        ...

    async def check(self) -> None:
        """Raise Unavailable or StorageFull unless a small write works now."""
        ...
