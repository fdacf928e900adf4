"""The API as the CLI calls it: typed answers, problems raised as the errors they are."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal

import httpx
import typer
from httpx import codes
from pydantic import ValidationError

from avatar.errors import AvatarError, TooManyRequests, Unavailable, error_kinds
from avatar.manifest import GenerationStatus, Manifest
from avatar.request import Customization, Urgency
from avatar.retention import Housekeeping
from avatar.stage import Stage
from avatar.storage.blob import name_bytes
from avatar.version import AvatarSummary, Page, VersionDiff, VersionSummary
from avatar.wish import VariantList, WishKind
from runtime.embedded.state import running_stack
from runtime.settings import Settings, load_settings

ApiOption = Annotated[
    str | None,
    typer.Option("--api", envvar="AVATAR_API", help="Address of the API; the running stack's when left out."),
]
TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # longer than the API lets anybody wait by itself
PATIENCE_SECONDS = 300.0  # for a variant or a picture that takes long, or whose turn has not come
PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)  # seconds between attempts: long enough for an API that is started again
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
"""What breaks a connection that was there. A refused one means at first that nobody is there at all."""


def api_address(given: str | None, settings: Settings | None = None) -> str:
    """Where the API is: as given, or the stack that runs on the data folder, or where settings would put it."""
    if given:
        return given.rstrip("/")
    settings = settings or load_settings()
    running = running_stack(settings.data_dir)
    return running.api_url if running else settings.api_url


@dataclass(frozen=True, slots=True)
class Ordered:
    """``started`` is False when all was so already and no run was needed: then ``status`` is the latest run's."""

    status: GenerationStatus
    started: bool


@dataclass(frozen=True, slots=True)
class News:
    """A status, and what the API calls it: sent back, the next answer can wait until there is another."""

    status: GenerationStatus
    etag: str


class ApiClient:
    """A connection to one API."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def generate(
        self, profile: bytes, *, supersede: bool = False, urgency: Urgency = Urgency.NORMAL
    ) -> GenerationStatus:
        """Ask for an avatar; ``profile`` is JSON as its owner wrote it."""
        return self._order("POST", "/api/avatars/generate", profile, supersede=supersede, urgency=urgency).status

    def customize(
        self, agent_id: str, patch: Customization, *, supersede: bool = False, urgency: Urgency = Urgency.NORMAL
    ) -> Ordered:
        """Merge ``patch`` (nulls take back) into what the agent's owner has set."""
        address = f"/api/avatars/{agent_id}/customization"
        return self._order("PATCH", address, json.dumps(patch).encode(), supersede=supersede, urgency=urgency)

    def reset_customization(
        self, agent_id: str, *, supersede: bool = False, urgency: Urgency = Urgency.NORMAL
    ) -> Ordered:
        """Take back all that the agent's owner has set."""
        return self._order(
            "DELETE", f"/api/avatars/{agent_id}/customization", None, supersede=supersede, urgency=urgency
        )

    def regenerate(
        self,
        agent_id: str,
        *,
        note: str | None = None,
        from_stage: Stage | None = None,
        supersede: bool = False,
        urgency: Urgency = Urgency.NORMAL,
    ) -> Ordered:
        """Ask for the avatar again: with a wish more, anew from a stage, or without either wholly anew."""
        body = json.dumps({"note": note, "fromStage": from_stage}).encode()
        address = f"/api/avatars/{agent_id}/regenerate"
        return self._order("POST", address, body, supersede=supersede, urgency=urgency)

    def retry(self, agent_id: str, *, from_stage: Stage | None = None) -> Ordered:
        """Try the latest run again."""
        return self._order("POST", f"/api/avatars/{agent_id}/retry", json.dumps({"fromStage": from_stage}).encode())

    def steer(self, agent_id: str, what: Literal["cancel", "pause", "resume"], reason: str = "") -> GenerationStatus:
        """Cancel, pause or resume the run under way; its status after that."""
        answer = self._ask("POST", f"/api/avatars/{agent_id}/{what}", json.dumps({"reason": reason}).encode())
        return GenerationStatus.model_validate_json(answer.content)

    def version(self, agent_id: str, number: int) -> VersionSummary | None:
        """One of the agent's latest versions; None when it is not among them any more."""
        answer = self._ask("GET", f"/api/avatars/{agent_id}/versions")
        found = Page[VersionSummary].model_validate_json(answer.content).items
        return next((version for version in found if version.number == number), None)

    def avatars(
        self,
        text: str = "",
        *,
        style: str | None = None,
        tag: str | None = None,
        provider: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page[AvatarSummary]:
        """Published avatars, newest first."""
        asked = {"q": text, "style": style, "tag": tag, "provider": provider, "cursor": cursor, "limit": str(limit)}
        answer = self._ask("GET", "/api/avatars", query={name: value for name, value in asked.items() if value})
        return Page[AvatarSummary].model_validate_json(answer.content)

    def versions(self, agent_id: str, *, limit: int = 20, cursor: str | None = None) -> Page[VersionSummary]:
        """The agent's versions, newest first."""
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = self._ask("GET", f"/api/avatars/{agent_id}/versions", query=query)
        return Page[VersionSummary].model_validate_json(answer.content)

    def diff(self, agent_id: str, before: int, after: int) -> VersionDiff:
        """What differs between two versions."""
        answer = self._ask("GET", f"/api/avatars/{agent_id}/versions/{before}/diff/{after}")
        return VersionDiff.model_validate_json(answer.content)

    def rollback(self, agent_id: str, number: int) -> Manifest:
        """Serve that version; its manifest."""
        answer = self._ask("POST", f"/api/avatars/{agent_id}/versions/{number}/rollback")
        return Manifest.model_validate_json(answer.content)

    def delete(self, agent_id: str, number: int | None = None) -> None:
        """Delete one version, or with None all that is kept of the agent."""
        self._ask("DELETE", f"/api/avatars/{agent_id}" + (f"/versions/{number}" if number else ""))

    def housekeeping(self, *, dry_run: bool) -> Housekeeping:
        """Keep house now; ``kept`` is None when that takes longer than the API waits."""
        query = {"dryRun": "true"} if dry_run else None
        return Housekeeping.model_validate_json(self._ask("POST", "/api/housekeeping", query=query).content)

    def status(self, agent_id: str) -> GenerationStatus:
        """Where the agent's latest run is."""
        return GenerationStatus.model_validate_json(self._ask("GET", f"/api/avatars/{agent_id}/status").content)

    def news(self, agent_id: str, known: str, wait: float) -> News | None:
        """The status as soon as it is not the ``known`` one ("" for none); None when ``wait`` seconds brought none."""
        answer = self._ask("GET", f"/api/avatars/{agent_id}/status", query={"wait": f"{wait:g}"}, known=known)
        if answer.status_code == codes.NOT_MODIFIED:
            return None
        return News(GenerationStatus.model_validate_json(answer.content), answer.headers.get("etag", ""))

    def manifest(self, agent_id: str) -> Manifest:
        """The agent's published avatar."""
        return Manifest.model_validate_json(self._ask("GET", f"/api/avatars/{agent_id}").content)

    def fetch(self, url: str) -> bytes:
        """The bytes at an address that the API named."""
        return self._ask("GET", url).content

    def file(self, agent_id: str, kind: WishKind, query: Mapping[str, str]) -> tuple[bytes, str]:
        """The model or the picture as ``query`` asks for it, and its sha256; waits until it has been made."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._ask("GET", f"/avatars/{agent_id}.{kind.ending}", query=query)
            except (Unavailable, TooManyRequests) as error:
                pause = str(error.context.get("retry_after", ""))
                if not pause.isdecimal() or time.monotonic() + int(pause) > patience:
                    raise
                time.sleep(int(pause))
            else:
                break
        sha256 = name_bytes(answer.content, "").sha256
        if answer.headers.get("etag", "").strip('"') not in ("", sha256):
            raise Unavailable(f"the bytes from {answer.url} are not what their ETag names", mend="Try again")
        return answer.content, sha256

    def precompile(self, agent_id: str, queries: Sequence[str], version: int | None = None) -> VariantList:
        """Begin to make variants; how they stand."""
        body = json.dumps({"variants": list(queries), "version": version}).encode()
        return VariantList.model_validate_json(self._ask("POST", f"/api/avatars/{agent_id}/precompile", body).content)

    def variants(self, agent_id: str, version: int | None = None) -> VariantList:
        """Which variants there are of the version's model."""
        query = {"version": str(version)} if version else None
        return VariantList.model_validate_json(
            self._ask("GET", f"/api/avatars/{agent_id}/variants", query=query).content
        )

    def _order(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        supersede: bool = False,
        urgency: Urgency = Urgency.NORMAL,
    ) -> Ordered:
        """Send what starts a run, under a key of its own: however often it must be sent, one run is started."""
        query = {"supersede": "true"} if supersede else {}
        if urgency is not Urgency.NORMAL:
            query["urgency"] = urgency.value
        answer = self._ask(method, url, body, query=query, key=uuid.uuid4().hex)
        status = GenerationStatus.model_validate_json(answer.content)
        return Ordered(status, started=answer.status_code == codes.ACCEPTED)

    def _ask(
        self,
        method: str,
        url: str,
        json_body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
        known: str = "",
    ) -> httpx.Response:
        """The answer to a request. One that may be sent twice is, when the connection breaks in the middle.

        With an ETag that is ``known`` the answer may be a 304.
        """
        headers = {"Content-Type": "application/json"} if json_body is not None else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        if known:
            headers["If-None-Match"] = known
        pauses = iter(PAUSES if key is not None or method == "GET" else ())
        sent = False
        while True:
            pause = next(pauses, None)
            try:
                answer = self._http.request(method, url, content=json_body, headers=headers, params=query or None)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                sent = sent or isinstance(error, BROKEN)
                again = sent and isinstance(error, (*BROKEN, httpx.ConnectError))
                if pause is None or not again:
                    raise Unavailable(
                        f"no API answers at {self._http.base_url}: {error}",
                        mend="Start one with `avatar up` or name one with --api",
                    ) from error
            else:
                if answer.is_success or (known and answer.status_code == codes.NOT_MODIFIED):
                    return answer
                # Our first attempt is still being worked on; its answer will be ours.
                if pause is None or key is None or answer.status_code != codes.CONFLICT:
                    raise problem_error(answer)
                if "retry-after" not in answer.headers:
                    raise problem_error(answer)
            time.sleep(pause)


def problem_error(answer: httpx.Response) -> AvatarError:
    """The error that an unsuccessful answer describes."""
    try:
        problem = answer.json()
        kind = error_kinds().get(problem["code"], AvatarError)
        return kind(
            problem["detail"],
            mend=problem.get("mend"),
            errors=problem.get("errors", ()),
            **({"retry_after": again} if (again := answer.headers.get("retry-after")) else {}),
        )
    except (ValueError, KeyError, TypeError, ValidationError):
        return AvatarError(f"{answer.request.url} answered {answer.status_code}: {answer.text[:200]}")


@contextmanager
def open_api(given: str | None) -> Iterator[ApiClient]:
    """A client of the API at ``given``, or of the one that is found."""
    with httpx.Client(base_url=api_address(given), timeout=TIMEOUT, trust_env=False, follow_redirects=True) as http:
        yield ApiClient(http)
