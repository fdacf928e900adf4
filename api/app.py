"""The application: routes, problems, observation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from api import problems
from api.observe import Observe
from api.routes import avatars, files, health
from avatar.profile import AgentProfile
from runtime.services import open_services
from runtime.settings import Settings

ROUTERS = (avatars.router, files.router, health.router)

DESCRIPTION = """
An agent profile goes in; a rigged, textured avatar with 52 ARKit blendshapes and 15 visemes comes out, in three levels
of detail. Errors are `application/problem+json` (RFC 9457).
"""


def create_app(settings: Settings) -> FastAPI:
    """The API over what ``settings`` names; connections open when the application starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="AR Avatar", version=version("ar-avatar"), description=DESCRIPTION, lifespan=lifespan, redoc_url=None
    )
    problems.install(app)
    app.add_middleware(Observe)
    for router in ROUTERS:
        app.include_router(router)
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
