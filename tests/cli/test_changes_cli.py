"""Orders from the command line: what is sent, what a broken connection costs, what is told afterwards."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from test_client import a_status
from typer.testing import CliRunner, Result

from avatar.errors import Conflict, InvalidInput, NotFound, Unavailable
from avatar.manifest import FieldChange
from avatar.profile import AvatarStyle
from avatar.request import OrderKind
from avatar.run import Pause, RunStatus
from avatar.stage import Stage
from avatar.version import Page, VersionSummary
from cli import client
from cli.main import app


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    body: Any
    key: str | None


Answer = tuple[int, str, dict[str, str]] | None  # None: the connection breaks without a word
DONE = a_status(status=RunStatus.PUBLISHED, stage=Stage.DONE, percent=100, version=4, current_version=4)


def made(**changes: Any) -> VersionSummary:
    summary = VersionSummary(
        agent_id="ada",
        number=4,
        current=True,
        kind=OrderKind.CUSTOMIZE,
        by="local",
        notes=(),
        customization={},
        based_on=3,
        changes=(FieldChange(path="hair.colour", before="#6a2e1f", after="#aa3311"),),
        reused=("describe", "geometry"),
        cost_micros=0,
        seconds=1.0,
        name="Ada",
        style=AvatarStyle.REALISTIC,
        provider="parametric",
        degraded=False,
        published_at=DONE.updated_at,
        manifest_url="http://api/api/avatars/ada/versions/4",
        picture_url=None,
    )
    return summary.model_copy(update=changes)


@dataclass
class Api:
    """A server that takes any order; ``orders`` are its next answers to them."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    orders: list[Answer] = field(default_factory=list)
    made: VersionSummary = field(default_factory=made)

    def answer(self, asked: Asked) -> Answer:
        if asked.method != "GET":
            self.asked.append(asked)
            return self.orders.pop(0) if self.orders else (202, a_status().model_dump_json(), {})
        if asked.path.partition("?")[0].endswith("/status"):
            return 200, DONE.model_dump_json(), {}
        return 200, Page[VersionSummary](items=(self.made,), next=None).model_dump_json(), {}


def handler_of(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            key = self.headers.get("Idempotency-Key")
            answer = api.answer(Asked(self.command, self.path, json.loads(body) if body else None, key))
            if answer is None:
                self.close_connection = True
                return
            status, text, headers = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    return Handler


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    found = Api()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(found)) as server:
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


Avatar = Callable[..., Result]


@pytest.fixture
def avatar(api: Api) -> Avatar:
    """The command, on that API."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--api", api.address])

    return run


def test_settings_become_one_merge_patch(api: Api, avatar: Avatar, tmp_path: Path) -> None:
    file = tmp_path / "patch.json"
    file.write_text('{"hair": {"style": "bob", "colour": "black"}, "eyes": {"colour": "green"}}')
    words = ["--set", "hair.color=#aa3311", "--set", "outfit.top.kind=long_sleeve", "--unset", "eyes"]
    result = avatar("customize", "ada", *words, "--file", str(file), "--supersede", "--urgency", "high")
    assert result.exit_code == 0, result.output
    asked = api.asked[0]
    assert (asked.method, asked.path) == ("PATCH", "/api/avatars/ada/customization?supersede=true&urgency=high")
    assert asked.body == {
        "hair": {"style": "bob", "colour": "#aa3311"},
        "eyes": None,
        "outfit": {"top": {"kind": "long_sleeve"}},
    }


def test_what_changed_and_what_was_reused_is_told(api: Api, avatar: Avatar) -> None:
    told = avatar("customize", "ada", "--set", "hair.colour=#aa3311").output
    assert "version 4 published" in told
    assert "hair.colour: #6a2e1f -> #aa3311" in told
    assert "describe, geometry" in told
    document = json.loads(avatar("regenerate", "ada", "--json").stdout)
    assert (document["version"], document["reused"]) == (4, ["describe", "geometry"])
    assert document["changes"] == [{"path": "hair.colour", "before": "#6a2e1f", "after": "#aa3311"}]
    api.made = made(changes=(), reused=())
    assert "nothing of the character of version 3" in avatar("regenerate", "ada").output


def test_without_waiting_only_the_start_is_told(api: Api, avatar: Avatar) -> None:
    result = avatar("regenerate", "ada", "--note", "older", "--from-stage", "model", "--no-wait")
    assert "under way" in result.output and "avatar status ada" in result.output
    assert api.asked[0].body == {"note": "older", "fromStage": "model"}


def test_what_is_so_already_is_said_to_be(api: Api, avatar: Avatar) -> None:
    api.orders = [(200, DONE.model_dump_json(), {})]
    result = avatar("customize", "ada", "--reset")
    assert (result.exit_code, api.asked[0].method) == (0, "DELETE")
    assert "so already" in result.output and "version 4" in result.output


ORDERS = [
    ("customize", "ada", "--set", "hair.colour=black"),
    ("customize", "ada", "--reset"),
    ("regenerate", "ada"),
    ("retry", "ada"),
    ("generate", "examples/ada.json"),
]


@pytest.mark.parametrize("words", ORDERS, ids=lambda words: " ".join(words[:3]))
def test_a_connection_that_breaks_is_tried_again_under_the_same_key(
    api: Api, avatar: Avatar, words: tuple[str, ...]
) -> None:
    api.orders = [None, None]
    result = avatar(*words)
    assert result.exit_code == 0, result.output
    first, *others = api.asked
    assert len(others) == 2 and first.key
    assert others == [first, first], "the same request, under the same key"
    avatar(*words)
    assert api.asked[-1].key != first.key, "a new order has a new key"


def test_trying_again_has_an_end(api: Api, avatar: Avatar) -> None:
    api.orders = [None] * 50
    assert isinstance(avatar("regenerate", "ada").exception, Unavailable)
    assert len(api.asked) == len(client.PAUSES) + 1


def test_what_must_not_be_done_twice_is_sent_once(api: Api, avatar: Avatar) -> None:
    api.orders = [None]
    assert isinstance(avatar("pause", "ada").exception, Unavailable)
    assert len(api.asked) == 1


PROBLEM = {"code": "conflict", "detail": "still being worked on"}


def test_an_attempt_that_is_still_being_worked_on_is_asked_for_again(api: Api, avatar: Avatar) -> None:
    api.orders = [(409, json.dumps(PROBLEM), {"Retry-After": "1"})]
    assert avatar("regenerate", "ada").exit_code == 0
    api.orders = [(409, json.dumps(PROBLEM), {})]
    assert isinstance(avatar("regenerate", "ada").exception, Conflict)


def test_steering_says_what_came_of_it(api: Api, avatar: Avatar) -> None:
    pause = Pause(by="local", reason="late", at=DONE.updated_at)
    api.orders = [(200, a_status(paused=pause).model_dump_json(), {})]
    assert "stops after model" in avatar("pause", "ada", "--reason", "late").output
    assert (api.asked[-1].path, api.asked[-1].body) == ("/api/avatars/ada/pause", {"reason": "late"})
    api.orders = [(200, a_status(status=RunStatus.CANCELLED).model_dump_json(), {})]
    assert "version 3 is still served" in avatar("cancel", "ada").output
    api.orders = [(200, DONE.model_dump_json(), {})]
    assert "too late" in avatar("cancel", "ada").output
    api.orders = [(200, a_status().model_dump_json(), {})]
    assert json.loads(avatar("resume", "ada", "--json").stdout)["paused"] is None
    assert avatar("retry", "ada", "--from-stage", "inspect").exit_code == 0
    assert api.asked[-1].body == {"fromStage": "inspect"}


def test_what_does_not_fit_is_refused_before_anything_is_sent(api: Api, avatar: Avatar, tmp_path: Path) -> None:
    for words in (
        ["--set", "hair.colr=red"],
        ["--set", "hair"],
        ["--unset", "hare"],
        ["--set", "hair.colour=black", "--unset", "hair.colour"],
        ["--reset", "--set", "hair.colour=black"],
        [],
    ):
        assert isinstance(avatar("customize", "ada", *words).exception, InvalidInput), words
    assert isinstance(avatar("customize", "ada", "--file", str(tmp_path / "none")).exception, NotFound)
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    assert isinstance(avatar("customize", "ada", "--file", str(bad)).exception, InvalidInput)
    assert avatar("retry", "ada", "--from-stage", "publish").exit_code == 2
    assert avatar("generate", "examples/ada.json", "--urgency", "yesterday").exit_code == 2
    assert api.asked == []
