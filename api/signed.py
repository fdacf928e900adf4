"""Addresses that work for a while for whoever has them: when files are redirected to, and in manifests on request."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from avatar.errors import InvalidInput
from avatar.manifest import Manifest, VersionRecord
from avatar.storage.blob import BlobRef
from runtime.services import Services
from runtime.settings import Settings

LinksInQuery = Annotated[
    Literal["stable", "signed"],
    Query(
        description="stable: addresses of this service that stay; signed: addresses of the storage that need no "
        "further permission and expire."
    ),
]


async def redirect(services: Services, ref: BlobRef, file_name: str, cache: str) -> Response | None:
    """307 to a signed address of ``ref``, or None when files are to be sent from here."""
    settings = services.settings
    if settings.delivery != "redirect":
        return None
    url = await services.blobs.signed_url(ref, settings.signed_url_seconds, file_name)
    if url is None:
        return None
    return Response(status_code=307, headers={"Location": url, "Cache-Control": cache})


async def signed_manifest(services: Services, version: VersionRecord, manifest: Manifest) -> Response:
    """``manifest`` with signed addresses. It has no ETag: unchanged files do not mean that the addresses still work.

    Raises InvalidInput when the storage signs none.
    """

    async def sign(ref: BlobRef, file: str) -> str:
        url = await services.blobs.signed_url(ref, services.settings.signed_url_seconds, file_name(version, file))
        if url is None:
            raise InvalidInput("the storage of this service signs no addresses", mend="Leave links=signed out")
        return url

    blobs = {lod.facts.level: lod.blob for lod in version.lods}
    lods = [
        lod.model_copy(update={"url": await sign(blobs[lod.level], f"lod{lod.level}.glb")}) for lod in manifest.lods
    ]
    picture = manifest.picture
    if picture and version.picture:
        picture = picture.model_copy(update={"url": await sign(version.picture, "picture.png")})
    found = manifest.model_copy(update={"lods": tuple(lods), "picture": picture})
    headers = {"Cache-Control": short_lived(services.settings)}
    return Response(found.model_dump_json(), media_type="application/json", headers=headers)


def short_lived(settings: Settings) -> str:
    """Cache-Control of what holds a signed address: the caller's own cache only, for half of the address's life, so
    that what comes from the cache has the other half left."""
    return f"private, max-age={settings.signed_url_seconds // 2}"


def file_name(version: VersionRecord, file: str) -> str:
    """What a browser calls the file when it saves it: ``ada-v3-lod0.glb``."""
    return f"{version.agent_id}-v{version.number}-{file}"
