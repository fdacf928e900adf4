"""The command line's side of the API: problems become errors again, downloads are checked, waiting is patient."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from avatar.errors import AvatarError, Cancelled, Conflict, InvalidInput, StorageFull, Unavailable
from avatar.manifest import GenerationStatus
from avatar.request import OrderKind
from avatar.run import RunError, RunStatus
from avatar.stage import Stage
from avatar.storage.blob import name_bytes
from cli import progress
from cli.avatars import save
from cli.client import ApiClient, api_address
from cli.output import print_error, size
from runtime.settings import load_settings

Answer = Callable[[httpx.Request], httpx.Response]


def a_client(answer: Answer) -> ApiClient:
    return ApiClient(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api"))


def a_status(**changes: Any) -> GenerationStatus:
    now = datetime.now(UTC)
    status = GenerationStatus(
        agent_id="ada",
        run_id="r1",
        kind=OrderKind.GENERATE,
        status=RunStatus.RUNNING,
        stage=Stage.MODEL,
        percent=40,
        version=None,
        current_version=3,
        steps=(),
        elapsed_seconds=1.0,
        error=None,
        started_at=now,
        updated_at=now,
        manifest_url="http://api/api/avatars/ada",
    )
    return status.model_copy(update=changes)


def test_a_problem_is_raised_as_what_it_is() -> None:
    problem = {
        "code": "conflict",
        "title": "t",
        "status": 409,
        "detail": "a run is under way",
        "mend": "Wait",
        "errors": [{"field": "name", "message": "missing"}],
    }
    with pytest.raises(Conflict) as raised:
        a_client(lambda request: httpx.Response(409, json=problem)).status("ada")
    assert str(raised.value) == "a run is under way. Wait."
    assert raised.value.context["errors"] == problem["errors"]


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'"text"', b"{}", b""])
def test_an_answer_that_is_no_problem_document_is_still_told(body: bytes) -> None:
    with pytest.raises(AvatarError, match="502"):
        a_client(lambda request: httpx.Response(502, content=body)).manifest("ada")


def test_nobody_there() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Unavailable, match="avatar up"):
        a_client(refuse).status("ada")


def test_a_download_that_is_not_what_was_promised_is_not_kept(tmp_path: Path) -> None:
    out = tmp_path / "lod0.glb"
    out.write_bytes(b"the old one")
    promised = name_bytes(b"good", "").sha256
    with pytest.raises(Unavailable):
        save(a_client(lambda request: httpx.Response(200, content=b"bad")), "http://api/x", promised, out)
    assert out.read_bytes() == b"the old one"
    save(a_client(lambda request: httpx.Response(200, content=b"good")), "http://api/x", promised, out)
    assert out.read_bytes() == b"good"


def watch(answers: list[Any], monkeypatch: pytest.MonkeyPatch) -> GenerationStatus:
    monkeypatch.setattr(progress.threading.Event, "wait", lambda self, seconds: False)
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        following = next(left)
        if isinstance(following, Exception):
            raise following
        return httpx.Response(200, content=following.model_dump_json())

    return progress.watch(a_client(answer), a_status(), quiet=True)


def test_waiting_survives_an_api_that_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    away = httpx.ConnectError("refused")
    done = a_status(status=RunStatus.PUBLISHED, stage=Stage.DONE, percent=100, version=4)
    assert watch([a_status(), away, away, a_status(percent=60), done], monkeypatch).version == 4


def test_waiting_asks_only_for_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.threading.Event, "wait", lambda self, seconds: False)
    asked: list[tuple[str | None, str]] = []
    done = a_status(status=RunStatus.PUBLISHED, stage=Stage.DONE, percent=100, version=4)
    answers = iter(
        [
            httpx.Response(200, content=a_status().model_dump_json(), headers={"ETag": 'W/"1"'}),
            httpx.Response(304, headers={"ETag": 'W/"1"'}),
            httpx.Response(200, content=done.model_dump_json(), headers={"ETag": 'W/"2"'}),
        ]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.headers.get("if-none-match"), request.url.params["wait"]))
        return next(answers)

    assert progress.watch(a_client(answer), a_status(), quiet=True).version == 4
    assert asked == [(None, "5"), ('W/"1"', "5"), ('W/"1"', "5")]


def test_a_failed_run_is_an_error_that_says_what_is_still_served(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RunError(code="storage_full", title="t", detail="no room", stage=Stage.OPTIMIZE, retryable=True)
    with pytest.raises(StorageFull) as raised:
        watch([a_status(status=RunStatus.FAILED, error=error)], monkeypatch)
    assert "no room" in str(raised.value) and "version 3 is still served" in str(raised.value)
    assert raised.value.where == "ada, stage optimize"


def test_a_cancelled_run_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = a_status(status=RunStatus.CANCELLED)
    with pytest.raises(AvatarError, match="cancelled"):
        watch([cancelled], monkeypatch)


def test_another_run_in_its_place_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for status in (a_status(run_id="r2"), a_status(run_id="r2", status=RunStatus.PUBLISHED, version=4)):
        with pytest.raises(Conflict, match="r2"):
            watch([status], monkeypatch)


def test_waiting_can_be_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        progress.watch(a_client(lambda request: httpx.Response(500)), a_status(), quiet=True, stop=stop)


def test_where_the_api_is(tmp_path: Path) -> None:
    settings = load_settings({"AVATAR_API_PORT": "9911"}, data=tmp_path)
    assert api_address("http://there:1/", settings) == "http://there:1"
    assert api_address(None, settings) == "http://127.0.0.1:9911"


def test_errors_are_one_line_for_people_and_one_document_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidInput("2 problems", errors=[{"field": "name", "message": "missing"}])
    print_error(error, as_json=False)
    told = capsys.readouterr().err
    assert told.splitlines()[0] == "The input does not fit. 2 problems."
    assert "name: missing" in told
    print_error(error, as_json=True)
    document = json.loads(capsys.readouterr().err)
    assert (document["code"], document["errors"][0]["field"]) == ("invalid_input", "name")


@pytest.mark.parametrize(
    ("count", "told"), [(10, "0 KiB"), (2048, "2 KiB"), (999_999, "977 KiB"), (3_386_024, "3.4 MB")]
)
def test_sizes_for_people(count: int, told: str) -> None:
    assert size(count) == told
