"""Blobs in a container of Azure Blob Storage: ``ab/abcdef...``, each committed whole by one call."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobSasPermissions, ContentSettings, generate_blob_sas
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient, LinearRetry

from avatar.errors import AvatarError, DamagedBlob, NotFound, SetupProblem, StorageFull, Unavailable
from avatar.storage.blob import BlobRef, StoredBlob, blob_key, name_bytes, named_by
from avatar.storage.links import SIGNED_CACHE, inline

VARIABLE = "AZURE_STORAGE_CONNECTION_STRING"
HOW_TO_COPY = "copy the connection string anew from the storage account, under Access keys"
CACHE = "public, max-age=31536000, immutable"  # a blob's bytes are its name: they never change
CHUNK = 4 * 1024 * 1024  # one request each
CONNECT_S = 3
READ_S = 8  # without a byte
CLOCKS_DIFFER = timedelta(minutes=5)
PROBE = ".check"
DAMAGED = "damaged"

NO_CONTAINER = {"ContainerNotFound", "ContainerBeingDeleted"}
BUSY = {408, 429}


@asynccontextmanager
async def open_azure(connection_string: str, container: str, *, retries: int = 1) -> AsyncIterator[AzureBlobs]:
    """The container while the context lasts. Nothing is asked of the server yet: see ``AzureBlobs.prepare``.

    ``retries`` stays low where Temporal retries, or where somebody waits for the answer. Raises SetupProblem when the
    connection string makes no sense.
    """
    try:
        service = BlobServiceClient.from_connection_string(
            connection_string,
            # Whoever took the request and is silent is not asked as often as whoever could not be reached.
            retry_policy=LinearRetry(
                backoff=retries - 1, random_jitter_range=0, retry_total=retries, retry_read=retries - 1
            ),
            connection_timeout=CONNECT_S,
            read_timeout=READ_S,
            max_single_get_size=CHUNK,
            max_chunk_get_size=CHUNK,
        )
    except ValueError:  # not chained: it may quote the string
        raise SetupProblem(f"{VARIABLE} is not usable", mend=f"Please {HOW_TO_COPY}") from None
    async with service:
        yield AzureBlobs(service, container)


class AzureBlobs:
    """The Azure adapter of ``BlobStore``. Safe for many processes: writing is "unless it exists"."""

    def __init__(self, service: BlobServiceClient, container: str) -> None:
        self._service = service
        self._container: ContainerClient = service.get_container_client(container)
        self.name = container

    @property
    def where(self) -> str:
        """Account and container, for people; holds no secret."""
        address = urlsplit(self._container.url)
        return f"{address.hostname}{f':{address.port}' if address.port else ''}{address.path}"

    async def prepare(self, *, create: bool = True) -> None:
        """See that the container is there, and create it unless told not to. Raises SetupProblem when the key or the
        account is not accepted, NotFound, Unavailable."""
        with self._said("looking for the container"):
            if await self._container.exists():
                return
            if not create:
                raise NotFound(f"there is no container {self.where}")
            await self._create_container()

    async def put(self, data: bytes, media_type: str) -> BlobRef:
        ref = await asyncio.to_thread(name_bytes, data, media_type)
        with self._said(f"writing {len(data)} bytes"):
            if not await self._made_young(ref):
                try:
                    await self._upload(ref, data)
                except ResourceNotFoundError as error:
                    if _code(error) not in NO_CONTAINER:
                        raise
                    await self._create_container()
                    await self._upload(ref, data)
        return ref

    async def get(self, ref: BlobRef) -> bytes:
        with self._said(f"reading blob {ref.sha256}"):
            download = await self._blob(ref.sha256).download_blob()
            data = await download.readall()
            if await asyncio.to_thread(_sha256, data) == ref.sha256:
                return data
            aside = await self._set_aside(ref, data, str(download.properties.etag))
        raise DamagedBlob(
            f"the bytes of blob {ref.sha256} do not match their name",
            where=f"{self.where}/{ref.key}",
            mend=f"They were set aside as {aside}; generate the avatar again",
        )

    async def stream(self, ref: BlobRef, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        end = ref.size if stop is None else min(stop, ref.size)
        if end <= start:
            if not await self.exists(ref):
                raise NotFound(f"reading blob {ref.sha256}: it is not there")
            return
        left = end - start
        with self._said(f"reading blob {ref.sha256}"):
            download = await self._blob(ref.sha256).download_blob(offset=start, length=left)
            chunks = download.chunks()
        while left > 0:
            with self._said(f"reading blob {ref.sha256}"):
                chunk = await anext(chunks, b"")
            if not chunk:
                raise _shorter(ref)
            left -= len(chunk)
            yield chunk

    async def exists(self, ref: BlobRef) -> bool:
        with self._said(f"looking for blob {ref.sha256}"):
            try:
                found = await self._blob(ref.sha256).get_blob_properties()
            except ResourceNotFoundError:
                return False
        return found.size == ref.size

    async def stored(self, prefix: str = "") -> AsyncIterator[StoredBlob]:
        keys = blob_key(prefix) if len(prefix) > 2 else prefix
        pages = self._container.list_blobs(name_starts_with=keys or None)
        while True:
            with self._said("listing"):
                try:
                    found = await anext(pages, None)
                except ResourceNotFoundError as error:
                    if _code(error) not in NO_CONTAINER:
                        raise
                    return  # nobody has put anything yet
            if found is None:
                return
            if sha256 := named_by(str(found.name)):
                yield StoredBlob(sha256=sha256, size=found.size, used_at=found.last_modified)

    async def delete(self, sha256: str, *, unused_since: datetime | None = None) -> bool:
        with self._said(f"removing blob {sha256}"):
            try:
                await self._blob(sha256).delete_blob("include", if_unmodified_since=unused_since)
            except (ResourceNotFoundError, ResourceModifiedError):
                return False
        return True

    async def signed_url(self, ref: BlobRef, seconds: int, file_name: str) -> str | None:
        credential = self._service.credential
        key = getattr(credential, "account_key", None)
        if key is None:  # connected by a shared access signature, which cannot sign others
            return None
        blob = self._blob(ref.sha256)
        now = datetime.now(UTC)
        signed = generate_blob_sas(
            credential.account_name,
            self.name,
            ref.key,
            account_key=key,
            permission=BlobSasPermissions(read=True),
            start=now - CLOCKS_DIFFER,
            expiry=now + timedelta(seconds=seconds),
            protocol="https" if blob.scheme == "https" else "https,http",
            content_type=ref.media_type,
            content_disposition=inline(file_name),
            cache_control=SIGNED_CACHE,
        )
        return f"{blob.url}?{signed}"

    async def check(self) -> None:
        with self._said("writing"):
            probe = self._container.get_blob_client(PROBE)
            try:
                await probe.upload_blob(b"", overwrite=True)
            except ResourceNotFoundError:
                await self._create_container()
                await probe.upload_blob(b"", overwrite=True)

    def _blob(self, sha256: str) -> BlobClient:
        return self._container.get_blob_client(blob_key(sha256))

    async def _made_young(self, ref: BlobRef) -> bool:
        """Whether it is there; if so its last-modified time is now."""
        try:
            await self._blob(ref.sha256).set_blob_metadata({"used": datetime.now(UTC).isoformat(timespec="seconds")})
        except ResourceNotFoundError:
            return False
        return True

    async def _upload(self, ref: BlobRef, data: bytes) -> None:
        settings = ContentSettings(content_type=ref.media_type, cache_control=CACHE)
        try:
            await self._blob(ref.sha256).upload_blob(data, overwrite=False, content_settings=settings)
        except ResourceExistsError as error:
            if _code(error) in NO_CONTAINER:
                raise
            # Somebody put the same bytes at the same moment: done.

    async def _create_container(self) -> None:
        try:
            await self._container.create_container()
        except ResourceExistsError as error:
            if _code(error) in NO_CONTAINER:
                raise  # being deleted: its name is free again in a while

    async def _set_aside(self, ref: BlobRef, data: bytes, etag: str) -> str:
        """Out of the way, so that doing the step again writes it anew; kept, so that somebody can look."""
        aside = f"{DAMAGED}/{ref.sha256}"
        await self._container.get_blob_client(aside).upload_blob(data, overwrite=True)
        with suppress(ResourceNotFoundError, ResourceModifiedError):  # only these bytes: somebody may have healed it
            await self._blob(ref.sha256).delete_blob(
                "include", etag=etag, match_condition=MatchConditions.IfNotModified
            )
        return aside

    @contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        """Turn Azure's errors into the tree's own, saying what was being done. Never quotes what Azure says: it may
        hold signatures."""
        try:
            yield
        except AzureError as error:
            raise self._told(doing, error) from error
        except (TimeoutError, OSError) as error:  # what aiohttp raises while a body is read
            raise Unavailable(f"{doing}: {self.where} does not answer ({type(error).__name__})") from error

    def _told(self, doing: str, error: AzureError) -> AvatarError:
        if not isinstance(error, HttpResponseError) or error.status_code is None:
            if isinstance(error, ClientAuthenticationError):  # before anything was sent: it cannot be signed with
                return SetupProblem(
                    f"the account key in {VARIABLE} is not a key", where=self.where, mend=f"Please {HOW_TO_COPY}"
                )
            return Unavailable(
                f"{doing}: {self.where} does not answer ({type(error).__name__})",
                mend=f"See that it is up and can be reached from here; {VARIABLE} names it",
            )
        code, status = _code(error), error.status_code
        said = f"{doing}: {self.where} answered {status} {code}".rstrip()
        if status in (401, 403) or code == "InvalidAuthenticationInfo":
            return SetupProblem(
                said,
                mend=f"The key in {VARIABLE} must be of that account and may read, write, list and delete: "
                f"{HOW_TO_COPY}. The account's network rules must allow this machine",
            )
        if status == 507 or code.endswith("QuotaExceeded"):
            return StorageFull(said, mend="Make room in that storage account")
        if status == 404 and code in ("", "BlobNotFound", *NO_CONTAINER):
            return NotFound(f"{doing}: it is not there")
        if status == 416:
            return DamagedBlob(f"{doing}: it is shorter than its name says")
        if status >= 500 or status in BUSY or code in NO_CONTAINER or status == 409 or status == 412:
            return Unavailable(said, mend="Try again")
        return SetupProblem(said, mend=f"See that {VARIABLE} names a storage account with blobs")


def _code(error: HttpResponseError) -> str:
    """Azure's own word for the error."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _shorter(ref: BlobRef) -> DamagedBlob:
    return DamagedBlob(f"blob {ref.sha256} is shorter than its {ref.size} bytes")
