"""The application: routes, problems, observation."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from api import problems
from api.following import new_feed, on_stop
from api.hot import new_hot
from api.observe import Observe
from api.routes import (
    avatars,
    catalogue,
    changes,
    control,
    events,
    files,
    health,
    housekeeping,
    listing,
    status,
    variants,
    versions,
)
from avatar.profile import AgentProfile
from runtime.services import open_services
from runtime.settings import Settings
from runtime.telemetry import tracing
from runtime.toolchain import npm_package

ROUTERS = (
    avatars.router,
    status.router,
    events.router,
    changes.router,
    control.router,
    versions.router,
    listing.router,
    files.router,
    variants.router,
    housekeeping.router,
    catalogue.router,
    health.router,
)

TITLE = "AR Avatar"
ASSETS = "/docs/assets"
DESCRIPTION = """
An agent profile goes in; a rigged, textured avatar with 52 ARKit blendshapes and 15 visemes comes out, in three levels
of detail. Errors are `application/problem+json` (RFC 9457).
"""


def create_app(settings: Settings) -> FastAPI:
    """The API over what ``settings`` names; connections open when the application starts."""
    feed = new_feed(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Here and not around the server: once stopped, that ends the process by the signal it was sent.
        with tracing(settings.traces, "ar-avatar-api"):
            async with open_services(settings) as services:
                app.state.services = services
                with on_stop(feed.end):
                    async with feed.running():
                        # What is loaded by now stays: the collector need not look at it again while clients wait.
                        gc.collect()
                        gc.freeze()
                        yield

    app = FastAPI(
        title=TITLE,
        version=version("ar-avatar"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # FastAPI's own spans carry query strings; api.observe writes ours, and the metrics.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.feed = feed
    app.state.hot = new_hot(feed)
    problems.install(app)
    app.add_middleware(Observe)
    for router in ROUTERS:
        app.include_router(router)
    # FastAPI's own page loads its script from a CDN; ours works without a network.
    app.mount(ASSETS, StaticFiles(directory=npm_package("swagger-ui-dist"), check_dir=False))
    app.add_api_route("/docs", docs_page, include_in_schema=False)
    plain_schema = app.openapi

    def with_shared_schemas() -> dict[str, Any]:
        # Two models that no signature names: the profile is parsed from the raw body, problems come from handlers.
        document = plain_schema()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (AgentProfile, problems.Problem):
            shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(shape.pop("$defs", {}))
            schemas[model.__name__] = shape
        return document

    app.openapi = with_shared_schemas  # type: ignore[method-assign]  # FastAPI documents this way of extending it
    return app


async def docs_page() -> HTMLResponse:
    """The OpenAPI document, to read and to try."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=TITLE,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon-32x32.png",
    )
