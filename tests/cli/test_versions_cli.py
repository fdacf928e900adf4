"""The commands about versions: tables for people, documents for programs, and deleting only when it is meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from people import a_character, a_version, an_order
from publications import a_key, a_lod
from typer.testing import CliRunner

from api.examples import MANIFEST
from api.routes.versions import summary_of
from avatar.errors import Conflict, InvalidInput
from avatar.manifest import FieldChange
from avatar.profile import AvatarStyle
from avatar.retention import Housekeeping, HouseKept
from avatar.storage.blob import name_bytes
from avatar.version import AvatarSummary, Page, VersionSummary, diff_versions
from cli import versions
from cli.client import ApiClient
from cli.main import app
from runtime.settings import load_settings

NOW = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)
Run = Callable[..., Any]


def a_summary(number: int, current: int = 2, **changes: Any) -> VersionSummary:
    version = a_version(a_key(), number, NOW, order=an_order(kind="customize", by="eve"), **changes)
    return summary_of(load_settings({}), version, current)


ADA = AvatarSummary(
    agent_id="ada",
    name="Ada [bold]",
    style=AvatarStyle.REALISTIC,
    provider="parametric",
    summary="A woman of 34.",
    tags=(),
    version=2,
    created_at=NOW,
    updated_at=NOW,
    manifest_url="http://api/api/avatars/ada",
    picture_url=None,
)


class Api:
    """Answers from a table of paths; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx.Response] = {}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers[f"{request.method} {request.url.path}"]

    def give(self, what: str, model: Any, status: int = 200) -> None:
        content = model if isinstance(model, bytes) else model.model_dump_json().encode()
        self.answers[what] = httpx.Response(status, content=content)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()

    @contextmanager
    def open_api(given: str | None) -> Iterator[ApiClient]:
        yield ApiClient(httpx.Client(transport=httpx.MockTransport(answers), base_url="http://api"))

    monkeypatch.setattr(versions, "open_api", open_api)
    return answers


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    # A console that writes to whatever stdout is now, wide enough for a row on one line.
    monkeypatch.setattr(versions.people, "width", 200)

    def invoke(*words: str, **how: Any) -> Any:
        result = CliRunner().invoke(app, words, **how)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_versions_as_a_table_and_as_a_document(api: Api, run: Run) -> None:
    changes = tuple(FieldChange(path=f"hair.f{number}", before=None, after="#aa3311") for number in range(5))
    page = Page[VersionSummary](items=(a_summary(2, changes=changes, cost_micros=1_250_000), a_summary(1)), next="abc")
    api.give("GET /api/avatars/ada/versions", page)
    told = run("versions", "ada", "--limit", "2").stdout
    newest, oldest = (line for line in told.splitlines() if "customize" in line)
    assert newest.split()[:2] == ["*", "2"] and oldest.split()[0] == "1"
    assert "$1.25" in newest and 'hair.f0: null -> "#aa3311"' in told and "and 2 more" in told and "eve" in oldest
    assert "--cursor abc" in told
    assert dict(api.asked[-1].url.params) == {"limit": "2"}
    assert json.loads(run("versions", "ada", "--json", "--cursor", "xyz").stdout) == page.model_dump(mode="json")
    assert api.asked[-1].url.params["cursor"] == "xyz"


def test_lists_show_names_as_they_are(api: Api, run: Run) -> None:
    api.give("GET /api/avatars", Page[AvatarSummary](items=(ADA,), next=None))
    told = run("list", "ada", "--style", "anime", "--tag", "front desk", "--limit", "5").stdout
    assert "Ada [bold]" in told and "A woman of 34." in told and "--cursor" not in told
    assert dict(api.asked[-1].url.params) == {"q": "ada", "style": "anime", "tag": "front desk", "limit": "5"}
    assert json.loads(run("list", "--json").stdout)["items"][0]["agentId"] == "ada"
    api.give("GET /api/avatars", Page[AvatarSummary](items=(), next=None))
    assert "no avatar fits" in run("list", "nobody").stdout
    assert "no avatar yet" in run("list").stdout


def test_a_diff_in_words(api: Api, run: Run) -> None:
    before = a_version(a_key(), 1, NOW, lods=(a_lod(), a_lod(level=1), a_lod(level=2)))
    other = name_bytes(b"other", "model/gltf-binary")
    after = a_version(
        a_key(), 2, NOW,
        character=a_character(eyes={"colour": "#112233"}),
        order=an_order(request={"notes": ["a hat"]}),
        lods=(a_lod(other, triangles=14_000), a_lod(other, level=1)),
    )  # fmt: skip
    api.give("GET /api/avatars/ada/versions/1/diff/2", diff_versions(before, after))
    told = run("diff", "ada", "1", "2").stdout
    assert 'eyes.colour: "#4a7a4f" -> "#112233"' in told and 'notes: [] -> ["a hat"]' in told
    assert "LOD0: triangles 15,000 -> 14,000" in told
    assert "LOD1: other bytes, same size of mesh" in told and "LOD2: gone" in told
    assert "model the same, picture the same" in told
    assert json.loads(run("diff", "ada", "1", "2", "--json").stdout)["sameSource"] is True


def test_rollback(api: Api, run: Run) -> None:
    api.give("POST /api/avatars/ada/versions/3/rollback", json.dumps(MANIFEST).encode())
    assert "version 3 is served" in run("rollback", "ada", "3").stdout
    assert json.loads(run("rollback", "ada", "3", "--json").stdout)["version"] == 3
    assert run("rollback", "ada", "0").exit_code == 2


def test_deleting_is_meant_or_nothing_happens(api: Api, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    api.give("DELETE /api/avatars/ada", b"", 204)
    api.give("DELETE /api/avatars/ada/versions/1", b"", 204)
    with pytest.raises(InvalidInput, match="--yes"):
        run("delete", "ada")
    assert api.asked == []
    assert "version 1 of 'ada': deleted" in run("delete", "ada", "--version", "1", "--yes").stdout
    assert json.loads(run("delete", "ada", "--yes", "--json").stdout) == {
        "agentId": "ada", "version": None, "deleted": True
    }  # fmt: skip
    assert [request.url.path for request in api.asked] == ["/api/avatars/ada/versions/1", "/api/avatars/ada"]


def test_a_refusal_is_raised_as_what_it_is(api: Api, run: Run) -> None:
    problem = {"code": "conflict", "detail": "version 2 is the one that is served", "mend": "Roll back first"}
    api.give("DELETE /api/avatars/ada/versions/2", json.dumps(problem).encode(), 409)
    with pytest.raises(Conflict, match="Roll back"):
        run("delete", "ada", "--version", "2", "--yes")


def test_housekeeping(api: Api, run: Run) -> None:
    kept = HouseKept(dry_run=True, results=1_203, blobs=2, bytes=3_000_000, blobs_seen=40)
    api.give("POST /api/housekeeping", Housekeeping(done=True, kept=kept, workflow_id="housekeeping/dry-run"))
    told = run("housekeeping", "--dry-run").stdout
    assert "would be deleted" in told and "1,203" in told and "2 of 40, 3.0 MB" in told
    assert dict(api.asked[-1].url.params) == {"dryRun": "true"}
    api.give("POST /api/housekeeping", Housekeeping(done=False, workflow_id="housekeeping/asked-for"), 202)
    assert "still at it" in run("housekeeping").stdout
    assert json.loads(run("housekeeping", "--json").stdout)["done"] is False
