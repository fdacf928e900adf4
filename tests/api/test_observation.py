"""What the gateway tells of itself, and what it hands on to Temporal."""

from __future__ import annotations

import json

from gateways import Gateway
from prometheus_client.parser import text_string_to_metric_families


async def labels(gateway: Gateway, name: str) -> list[dict[str, str]]:
    """The label sets under which ``name`` is counted; the whole text must parse."""
    answer = await gateway.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in families}) == len(families)
    return [sample.labels for family in families for sample in family.samples if sample.name == name]


async def test_requests_are_counted_by_route_not_by_path(gateway: Gateway) -> None:
    for agent in ("one", "two", "three"):
        assert (await gateway.http.get(f"/api/avatars/{agent}")).status_code == 404
    counted = await labels(gateway, "avatar_http_requests_total")
    assert {"method": "GET", "route": "/api/avatars/{agentId}", "status": "404"} in counted
    assert not any("three" in str(counts) for counts in counted)
    assert await labels(gateway, "avatar_http_request_seconds_count")


async def test_a_method_nobody_knows_gets_no_label_of_its_own(gateway: Gateway) -> None:
    assert (await gateway.http.request("BREW", "/api/avatars/tea")).status_code == 405
    methods = {counts["method"] for counts in await labels(gateway, "avatar_http_requests_total")}
    assert "other" in methods
    assert "BREW" not in methods


async def test_the_id_of_the_request_goes_into_the_workflow_it_starts(gateway: Gateway) -> None:
    answer = await gateway.http.post(
        "/api/avatars/generate", json={"agentId": "ida", "name": "Ida"}, headers={"x-request-id": "req-11"}
    )
    assert answer.status_code == 202, answer.text
    history = await gateway.services.temporal.get_workflow_handle("generate/local/ida").fetch_history()
    headers = history.events[0].workflow_execution_started_event_attributes.header.fields
    assert json.loads(headers["avatar-request-id"].data) == "req-11"
    await gateway.terminate("ida")
