"""Request ids, access logs and HTTP metrics, as one ASGI middleware."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import unexpected

log = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

REQUESTS = Counter("avatar_http_requests_total", "HTTP requests by route and status", ["method", "route", "status"])
SECONDS = Histogram(
    "avatar_http_request_seconds",
    "Time to the last byte of the answer by route",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
QUIET_ROUTES = {"/health/live", "/health/ready", "/metrics"}


class Observe:
    """Give each request an id (the caller's, when it sends a sane one), log it and count it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        began = time.perf_counter()
        status = 500
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except Exception as error:
                # Here and not in a handler: those run outside, where the request has no id any more.
                log.error("unexpected error", exc_info=error)
                if started:
                    raise
                await unexpected(Request(scope))(scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - began
                # The route's template, not the path: paths are unbounded, labels must not be.
                route = getattr(scope.get("route"), "path", "unmatched")
                REQUESTS.labels(scope["method"], route, status).inc()
                SECONDS.labels(scope["method"], route).observe(seconds)
                if route not in QUIET_ROUTES:
                    log.info(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        ms=round(seconds * 1000, 1),
                    )
