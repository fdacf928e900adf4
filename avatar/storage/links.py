"""Signed addresses of blobs that we serve ourselves: who has one may download that blob until it expires."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from avatar.errors import Forbidden, Unavailable
from avatar.storage.blob import BlobRef

KEY_BYTES = 32
SIGNED_CACHE = "private, max-age=31536000, immutable"
"""What lies behind a signed address never changes, but shared caches must not outlive its signature."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed address says."""

    ref: BlobRef
    file_name: str
    expires: int
    """Seconds since 1970, UTC."""


@dataclass(frozen=True, slots=True)
class Links:
    """Signs and checks addresses below ``base`` with the key in ``key_file``, which all processes of a stack share."""

    base: str
    """For example ``https://avatars.example.org/files``."""
    key_file: Path

    async def url(self, ref: BlobRef, seconds: int, file_name: str) -> str:
        """An address of ``ref`` that works for ``seconds``. Makes the key when there is none. Raises Unavailable."""
        key = await asyncio.to_thread(make_key, self.key_file)
        link = Link(ref, file_name, int(time.time()) + seconds)
        query = {
            "expires": link.expires,
            "name": link.file_name,
            "size": ref.size,
            "type": ref.media_type,
            "signature": signature(key, link),
        }
        return f"{self.base}/{ref.sha256}?{urlencode(query)}"

    async def check(self, link: Link, signed: str) -> None:
        """Raise Forbidden unless we signed exactly this address and it has not expired."""
        key = await asyncio.to_thread(read_key, self.key_file)
        # Signature first: whoever forges learns nothing about times.
        if key is None or not hmac.compare_digest(signature(key, link).encode(), signed.encode()):
            raise Forbidden(
                "the signature of this address does not fit",
                mend="Use the address as it was given, whole and unchanged",
            )
        if link.expires <= time.time():
            raise Forbidden("this address has expired", mend="Ask for the manifest again: it has fresh ones")


def signature(key: bytes, link: Link) -> str:
    """HMAC-SHA256 over everything that the address says, as 64 hexadecimal digits."""
    ref = link.ref
    # One field a line, and no field can hold a line break: two different links never give the same text.
    text = "\n".join((ref.sha256, str(ref.size), quote(ref.media_type), quote(link.file_name), str(link.expires)))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def inline(file_name: str) -> str:
    """A Content-Disposition that names the file (RFC 6266) without forcing a download."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in file_name)
    if plain == file_name:
        return f'inline; filename="{plain}"'
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def read_key(file: Path) -> bytes | None:
    """The key, or None when nobody has signed anything yet. Raises Unavailable."""
    try:
        key = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror}", mend="Make it readable to this user") from error
    if len(key) != KEY_BYTES:
        raise Unavailable(f"{file} is not a key of {KEY_BYTES} bytes", mend="Delete it: a new one is made")
    return key


def make_key(file: Path) -> bytes:
    """The key; made readable to its owner alone when there is none. Raises Unavailable."""
    key = read_key(file)
    if key is not None:
        return key
    part = file.with_name(f".part-{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(KEY_BYTES))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # of two processes that make one, the first wins
            file.hardlink_to(part)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}", mend="Make room there") from error
    finally:
        part.unlink(missing_ok=True)
    made = read_key(file)
    if made is None:
        raise Unavailable(f"{file} vanished while it was made", mend="Try again")
    return made
