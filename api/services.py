"""How routes reach the services of their process."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from runtime.services import Services


def services_of(request: Request) -> Services:
    """The services that the application was started with."""
    services: Services = request.app.state.services
    return services


CurrentServices = Annotated[Services, Depends(services_of)]
