"""GET /api/catalogue: what can be chosen, and the pictures of it."""

from __future__ import annotations

import httpx
from gateways import Gateway

from avatar.choices.catalogue import Catalogue
from avatar.choices.thumbnails import thumbnails


async def test_the_catalogue_is_told_with_its_version(gateway: Gateway) -> None:
    answer = await gateway.http.get("/api/catalogue")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "public, max-age=300"
    made = Catalogue.model_validate(answer.json())
    assert answer.headers["etag"] == f'"{made.version}"'
    style = next(each for group in made.groups for each in group.fields if each.path == "hair.style")
    bob = next(option for option in style.options if option.value == "bob")
    assert bob.label == "Bob" and bob.patch == {"hair": {"style": "bob"}}
    again = await gateway.http.get("/api/catalogue", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == answer.headers["etag"]


async def test_thumbnails_are_where_the_catalogue_says_for_ever(gateway: Gateway) -> None:
    made = Catalogue.model_validate((await gateway.http.get("/api/catalogue")).json())
    addresses = [option.thumbnail for group in made.groups for each in group.fields for option in each.options]
    assert len(addresses) == len(thumbnails())
    for address in addresses[:3]:
        assert address is not None
        answer = await gateway.http.get(httpx.URL(address).path)
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert not answer.headers["etag"].startswith("W/")
        same = await gateway.http.get(httpx.URL(address).path, headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304 and not same.content


async def test_other_names_are_not_found(gateway: Gateway) -> None:
    for name in ("hair.style.bob.webp", "hair.style.bob.0123456789abcdef.webp", "..%2Fcatalogue.py"):
        answer = await gateway.http.get(f"/api/catalogue/thumbnails/{name}")
        assert answer.status_code == 404, name
        assert answer.headers["content-type"] == "application/problem+json"
