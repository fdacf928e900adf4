"""Temporal's core in this process: its log lines become ours, its metrics are served with ours.

The core serves Prometheus text itself, on a loopback port of its own; a scrape of ours reads it there. Its metric
buffer would have to be emptied in time and rebuilt into histograms here, at a price for every poll.
"""

from __future__ import annotations

import http.client
import logging

import structlog
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from runtime.embedded.ports import free_port
from runtime.settings import LOOPBACK

log = structlog.get_logger()
SCRAPE_SECONDS = 2.0
ATTEMPTS = 5  # another process may take the port between our choosing it and the core's binding it

_port: int | None = None


def set_up_temporal_core(*, measured: bool) -> None:
    """Configure the core for this process; call it once, before the first Temporal client.

    ``measured``: collect the SDK's metrics, for ``metrics()``.
    """
    global _port
    for _ in range(ATTEMPTS):
        port = free_port() if measured else None
        try:
            Runtime.set_default(Runtime(telemetry=_telemetry(port)))
        except ValueError as problem:
            log.warning("no port for the metrics of Temporal's core", error=str(problem))
            continue
        _port = port
        return
    Runtime.set_default(Runtime(telemetry=_telemetry(None)))


def metrics() -> bytes:
    """The SDK's metrics as Prometheus text; empty when they are not collected, or the core does not answer."""
    if _port is None:
        return b""
    connection = http.client.HTTPConnection(LOOPBACK, _port, timeout=SCRAPE_SECONDS)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.read() if answer.status == http.client.OK else b""
    except (OSError, http.client.HTTPException) as problem:
        log.warning("Temporal's core does not tell its metrics", error=str(problem))
        return b""
    finally:
        connection.close()


def _telemetry(port: int | None) -> TelemetryConfig:
    return TelemetryConfig(
        logging=LoggingConfig(
            TelemetryFilter(core_level="WARN", other_level="ERROR"),
            forwarding=LogForwardingConfig(logging.getLogger("temporal"), append_target_to_name=False),
        ),
        metrics=None
        if port is None
        else PrometheusConfig(
            f"{LOOPBACK}:{port}", counters_total_suffix=True, durations_as_seconds=True, unit_suffix=True
        ),
        attach_service_name=False,
    )
