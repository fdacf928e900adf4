"""What holds for every route: a principal, documented problems, ids, metrics, a truthful OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from gateways import Gateway

from api import examples
from api.app import ROUTERS
from api.principal import current_principal
from api.problems import Problem
from avatar.errors import error_kinds
from avatar.manifest import GenerationStatus, Manifest
from avatar.profile import AgentProfile


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


async def test_every_route_asks_who_is_calling(gateway: Gateway) -> None:
    document = gateway.app.openapi()
    found = {route.path: route for route in routes()}
    assert set(found) == set(document["paths"])
    for path, route in found.items():
        calls = [dependency.call for dependency in route.dependant.dependencies]
        assert current_principal in calls, f"{path} has no principal"


async def test_every_reference_in_openapi_leads_somewhere(gateway: Gateway) -> None:
    document = gateway.app.openapi()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(reference := node.get("$ref"), str):
                target: Any = document
                for step in reference.removeprefix("#/").split("/"):
                    target = target[step]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    schemas = document["components"]["schemas"]
    assert {"AgentProfile", "Problem", "Manifest", "GenerationStatus"} <= set(schemas)
    assert set(schemas["AgentProfile"]["required"]) == {"agentId", "name"}
    generate = document["paths"]["/api/avatars/generate"]["post"]
    assert {"202", "409", "413", "422", "503"} <= set(generate["responses"])
    assert generate["requestBody"]["content"]["application/json"]["example"]["agentId"]


async def test_request_ids_are_kept_when_sane_and_made_when_not(gateway: Gateway) -> None:
    kept = await gateway.http.get("/health/live", headers={"X-Request-Id": "abc-123"})
    assert kept.headers["x-request-id"] == "abc-123"
    made = await gateway.http.get("/health/live", headers={"X-Request-Id": "evil\tvalue" + "x" * 99})
    assert made.headers["x-request-id"] != "evil" and len(made.headers["x-request-id"]) == 32


async def test_health_and_metrics(gateway: Gateway) -> None:
    ready = await gateway.http.get("/health/ready")
    assert ready.status_code == 200, ready.text
    assert {part["name"]: part["ok"] for part in ready.json()["parts"]} == {
        "mongodb": True,
        "temporal": True,
        "storage": True,
    }
    await gateway.http.get("/api/avatars/nobody")
    text = (await gateway.http.get("/metrics")).text
    line = 'avatar_http_requests_total{method="GET",route="/api/avatars/{agentId}",status="404"}'
    assert line in text
    assert "nobody" not in text, "labels must stay bounded"


async def test_storage_that_cannot_be_written_is_not_ready(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    root = gateway.services.settings.blobs
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text("a file in the way") if not root.exists() else None
    answer = await gateway.http.get("/health/ready")
    assert answer.status_code == 503
    assert [part["name"] for part in answer.json()["parts"] if not part["ok"]] == ["storage"]


def test_examples_are_what_the_models_say() -> None:
    for model, example in (
        (AgentProfile, examples.PROFILE),
        (GenerationStatus, examples.STATUS),
        (Manifest, examples.MANIFEST),
    ):
        assert model.model_validate(example).model_dump(mode="json").keys() >= example.keys()
    shown = Problem.model_validate(examples.PROBLEM)
    assert shown.title == error_kinds()[shown.code].title


async def test_the_docs_page_needs_nobody_else(gateway: Gateway) -> None:
    page = (await gateway.http.get("/docs")).text
    addresses = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)""", page)
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith("/"), "offline, only our own addresses answer"
        assert (await gateway.http.get(address)).status_code == 200, address
