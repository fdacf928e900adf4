"""How routes reach the services of their process."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from runtime.services import Services


def services_of(request: Request) -> Services:
    """The services that the application was started with."""
    services: Services = request.app.state.services
    return services


async def current_services(request: Request) -> Services:
    """The same as a dependency; asynchronous, because FastAPI runs plain functions in a thread."""
    return services_of(request)


CurrentServices = Annotated[Services, Depends(current_services)]
