"""avatar variant, picture, precompile, variants: parameters as in the address, patience, bytes that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from avatar.errors import InvalidInput, TooManyRequests, Unavailable
from avatar.storage.blob import name_bytes
from avatar.wish import VariantList, VariantStatus, WishFailure, WishState
from cli import variants
from cli.client import ApiClient
from cli.main import app

FILE = b"glTF and so on"


class Api:
    """Gives its answers one after the other; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    answers = Api()

    @contextmanager
    def open_api(given: str | None) -> Iterator[ApiClient]:
        yield ApiClient(httpx.Client(transport=httpx.MockTransport(answers), base_url="http://api"))

    monkeypatch.setattr(variants, "open_api", open_api)
    return answers


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def sent(data: bytes = FILE, promised: bytes = FILE) -> httpx.Response:
    return httpx.Response(200, content=data, headers={"ETag": f'"{name_bytes(promised, "").sha256}"'})


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    document = {"code": code, "detail": "so it is", "errors": []}
    return httpx.Response(status, json=document, headers=headers)


def test_options_become_the_parameters_of_the_address(api: Api, tmp_path: Path) -> None:
    api.answers = [sent()]
    out = tmp_path / "new" / "ada.glb"
    run(
        "variant", "ada", "--out", out, "--lod", "1", "--textures", "ktx2", "--morphs", "ARKit,Oculus Visemes",
        "--pose", "A", "--compression", "meshopt", "--version", "3",
    )  # fmt: skip
    assert out.read_bytes() == FILE
    assert api.asked[0].url.path == "/avatars/ada.glb"
    assert dict(api.asked[0].url.params) == {
        "lod": "1",
        "textureFormat": "ktx2",
        "morphTargets": "ARKit,Oculus Visemes",
        "pose": "A",
        "useMeshOptCompression": "true",
        "v": "3",
    }


def test_a_pictures_options_become_the_parameters_of_the_address(api: Api, tmp_path: Path) -> None:
    api.answers = [sent(), sent()]
    out = tmp_path / "ada.png"
    run(
        "picture", "ada", "-o", out, "--camera", "fullbody", "--size", "512", "--expression", "happy", "--view", "side",
        "--pose", "thumbs-up", "--background", "144,89,156", "--blend", "jawOpen=0.3", "--blend", "tongueOut=1",
        "--version", "3",
    )  # fmt: skip
    assert out.read_bytes() == FILE and api.asked[0].url.path == "/avatars/ada.png"
    assert dict(api.asked[0].url.params) == {
        "camera": "fullbody",
        "size": "512",
        "expression": "happy",
        "view": "side",
        "pose": "thumbs-up",
        "background": "144,89,156",
        "blendShapes[jawOpen]": "0.3",
        "blendShapes[tongueOut]": "1",
        "v": "3",
    }
    run("picture", "ada", "-o", out)
    assert not api.asked[1].url.params, "the published one"


def test_it_waits_as_long_as_it_is_told_and_asks_again(api: Api, tmp_path: Path) -> None:
    later = {"Retry-After": "0"}
    api.answers = [problem(503, "unavailable", **later), problem(429, "too_many_requests", **later), sent()]
    run("variant", "ada", "--out", tmp_path / "ada.glb")
    assert len(api.asked) == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(503, "unavailable"), Unavailable),
        (problem(429, "too_many_requests", **{"Retry-After": "9999"}), TooManyRequests),
        (problem(400, "invalid_input"), InvalidInput),
        (sent(b"half of it"), Unavailable),
    ],
    ids=["away", "not in our time", "does not fit", "other bytes"],
)
def test_what_cannot_be_had_is_an_error_and_no_file(
    api: Api, tmp_path: Path, answer: httpx.Response, kind: type[Exception]
) -> None:
    api.answers = [answer]
    with pytest.raises(kind):
        run("variant", "ada", "--out", tmp_path / "ada.glb")
    assert not (tmp_path / "ada.glb").exists()


def listed(**changes: Any) -> httpx.Response:
    ready = VariantStatus(key="k", query="lod=1", url="http://api/1", state=WishState.READY, bytes=2048)
    failure = WishFailure(code="invalid_model", title="t", detail="two [skeletons]", retryable=False)
    failed = VariantStatus(key="f", query="pose=A", url="http://api/2", state=WishState.FAILED, failure=failure)
    found = VariantList(agent_id="ada", version=3, variants=(ready, failed))
    return httpx.Response(200, content=found.model_copy(update=changes).model_dump_json().encode())


def test_lists_for_people_and_for_programs(api: Api) -> None:
    api.answers = [listed(), listed(), listed(variants=())]
    told = run("precompile", "ada", "lod=1", "pose=A", "--version", "3")
    assert "2 KiB" in told and "two [skeletons]" in told
    assert api.asked[0].content == b'{"variants": ["lod=1", "pose=A"], "version": 3}'
    assert '"key": "k"' in run("variants", "ada", "--json")
    assert "nobody has asked" in run("variants", "ada")
