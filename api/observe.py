"""Request ids, traces, access logs and HTTP metrics, as one ASGI middleware."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import unexpected
from runtime.metrics import HTTP_REQUESTS, HTTP_SECONDS
from runtime.telemetry import request_span

log = structlog.get_logger()
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NOTHING_NEW = 304
HELD = "avatar.held"  # in the scope of an answer that waits for something to happen: its time says nothing of ours
QUIET_ROUTES = {"/health/live", "/health/ready", "/metrics"}


class Observe:
    """Give each request an id (the caller's, when it sends a sane one), trace it, log it and count it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        sent = headers.get("x-request-id", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        method = scope["method"] if scope["method"] in METHODS else "other"  # a client may send any word
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

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            request_span(method, headers, request_id, quiet=scope["path"] in QUIET_ROUTES) as traced,
        ):
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
                HTTP_REQUESTS.labels(method, route, status).inc()
                if not scope.get(HELD):
                    HTTP_SECONDS.labels(method, route).observe(seconds)
                if traced is not None:
                    traced.answered(method, route, status)
                if route not in QUIET_ROUTES:
                    # Polls that find nothing new come by the hundred and tell nothing.
                    tell = log.debug if status == NOTHING_NEW else log.info
                    tell(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        ms=round(seconds * 1000, 1),
                    )
