"""Clients that do not give up: they ask again while parts are away, under the same Idempotency-Key."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from typing import Any

import httpx

from avatar.manifest import GenerationStatus, Manifest
from avatar.run import RunStatus
from avatar.storage.blob import name_bytes

AGAIN_S = 0.3
WAIT_S = 10


class Clients:
    """Requests to one API, and what was seen on the way."""

    def __init__(self, url: str) -> None:
        self.answers: Counter[str] = Counter()
        self._http = httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, asked for again while nobody answers or the answer is 503."""
        headers = {"Idempotency-Key": uuid.uuid4().hex} | request.pop("headers", {})
        while True:
            try:
                answer = await self._http.request(method, path, headers=headers, **request)
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code not in (409, 503) or (answer.status_code == 409 and "location" in answer.headers):
                    return answer
            await asyncio.sleep(AGAIN_S)

    async def generate(self, agent: str, **profile: Any) -> str:
        """The id of the run that was started or joined."""
        answer = await self.ask("POST", "/api/avatars/generate", json={"agentId": agent, "name": agent, **profile})
        answer.raise_for_status()
        return str(answer.json()["runId"])

    async def customize(self, agent: str, patch: dict[str, Any]) -> str:
        """The id of the run that makes the change."""
        answer = await self.ask("PATCH", f"/api/avatars/{agent}/customization", json=patch)
        answer.raise_for_status()
        return str(answer.json()["runId"])

    async def status(self, agent: str) -> GenerationStatus:
        answer = await self.ask("GET", f"/api/avatars/{agent}/status")
        answer.raise_for_status()
        return GenerationStatus.model_validate_json(answer.content)

    async def ended(self, agent: str, run_id: str) -> GenerationStatus:
        """The status once that run has ended, by long polls."""
        etag = ""
        while True:
            headers = {"If-None-Match": etag} if etag else {}
            answer = await self.ask("GET", f"/api/avatars/{agent}/status", params={"wait": WAIT_S}, headers=headers)
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                continue
            answer.raise_for_status()
            etag = answer.headers["etag"]
            status = GenerationStatus.model_validate_json(answer.content)
            if status.run_id == run_id and status.status is not RunStatus.RUNNING:
                return status

    async def manifest(self, agent: str) -> Manifest | None:
        """What is served now; None before the first version."""
        answer = await self.ask("GET", f"/api/avatars/{agent}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return Manifest.model_validate_json(answer.content)

    async def check_files(self, manifest: Manifest) -> list[str]:
        """What is wrong with the files that a manifest names."""
        wrong = []
        files = [(lod.url, lod.sha256) for lod in manifest.lods]
        files += [(manifest.picture.url, manifest.picture.sha256)] if manifest.picture else []
        for url, sha256 in files:
            answer = await self.ask("GET", url)
            if answer.status_code != httpx.codes.OK:
                wrong.append(f"{url}: {answer.status_code}")
            elif name_bytes(answer.content, "").sha256 != sha256:
                wrong.append(f"{url}: not the bytes it should be")
        return wrong
