"""The API as the CLI calls it: typed answers, problems raised as the errors they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer
from pydantic import ValidationError

from avatar.errors import AvatarError, Unavailable, error_kinds
from avatar.manifest import GenerationStatus, Manifest
from runtime.embedded.state import running_stack
from runtime.settings import Settings, load_settings

ApiOption = Annotated[
    str | None,
    typer.Option("--api", envvar="AVATAR_API", help="Address of the API; the running stack's when left out."),
]
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def api_address(given: str | None, settings: Settings | None = None) -> str:
    """Where the API is: as given, or the stack that runs on the data folder, or where settings would put it."""
    if given:
        return given.rstrip("/")
    settings = settings or load_settings()
    running = running_stack(settings.data_dir)
    return running.api_url if running else settings.api_url


class ApiClient:
    """A connection to one API."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def generate(self, profile: bytes) -> GenerationStatus:
        """Ask for an avatar; ``profile`` is JSON as its owner wrote it."""
        answer = self._ask("POST", "/api/avatars/generate", profile)
        return GenerationStatus.model_validate_json(answer.content)

    def status(self, agent_id: str) -> GenerationStatus:
        """Where the agent's latest run is."""
        return GenerationStatus.model_validate_json(self._ask("GET", f"/api/avatars/{agent_id}/status").content)

    def manifest(self, agent_id: str) -> Manifest:
        """The agent's published avatar."""
        return Manifest.model_validate_json(self._ask("GET", f"/api/avatars/{agent_id}").content)

    def fetch(self, url: str) -> bytes:
        """The bytes at an address that the API named."""
        return self._ask("GET", url).content

    def _ask(self, method: str, url: str, json_body: bytes | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/json"} if json_body is not None else None
        try:
            answer = self._http.request(method, url, content=json_body, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"no API answers at {self._http.base_url}: {error}",
                mend="Start one with `avatar up` or name one with --api",
            ) from error
        if answer.is_success:
            return answer
        raise problem_error(answer)


def problem_error(answer: httpx.Response) -> AvatarError:
    """The error that an unsuccessful answer describes."""
    try:
        problem = answer.json()
        kind = error_kinds().get(problem["code"], AvatarError)
        return kind(problem["detail"], mend=problem.get("mend"), errors=problem.get("errors", ()))
    except (ValueError, KeyError, TypeError, ValidationError):
        return AvatarError(f"{answer.request.url} answered {answer.status_code}: {answer.text[:200]}")


@contextmanager
def open_api(given: str | None) -> Iterator[ApiClient]:
    """A client of the API at ``given``, or of the one that is found."""
    with httpx.Client(base_url=api_address(given), timeout=TIMEOUT, trust_env=False, follow_redirects=True) as http:
        yield ApiClient(http)
