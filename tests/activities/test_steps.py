"""The promise between workflows and activities: every step is implemented exactly once, with its own types."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.describing import Describing
from activities.housekeeping import Housekeeping
from activities.implement import STEP_ATTRIBUTE, steps_of
from activities.journal import again_in, as_application_error, step_label
from activities.modelling import Modelling
from activities.publishing import Publishing
from activities.recalling import Recalling
from activities.wishes import Granting, WishRecords
from avatar.errors import AvatarError, CodecFailed, InvalidModel, Unavailable, error_kinds
from avatar.manifest import LodFacts, PublishedLod
from avatar.run import STANDS_FOR, STEP_WEIGHTS, RunKey
from avatar.stage import Stage
from avatar.storage.blob import name_bytes
from workflows import steps
from workflows.policies import POLICIES, Queue

OWNERS: tuple[tuple[Queue, type], ...] = (
    (Queue.PROVIDER, Describing),
    (Queue.MESH, Modelling),
    (Queue.CONTROL, Publishing),
    (Queue.CONTROL, Recalling),
    (Queue.CONTROL, Housekeeping),
    (Queue.MESH, Granting),
    (Queue.CONTROL, WishRecords),
)


def implementations() -> list[tuple[Queue, steps.Step[Any, Any], Any]]:
    found = []
    for queue, owner in OWNERS:
        for name in dir(owner):
            method = getattr(owner, name)
            if hasattr(method, STEP_ATTRIBUTE):
                found.append((queue, getattr(method, STEP_ATTRIBUTE), method))
    return found


def test_every_step_has_exactly_one_implementation() -> None:
    implemented = sorted(step.name for _, step, _ in implementations())
    assert implemented == sorted(step.name for step in steps.ALL_STEPS)


@pytest.mark.parametrize(("queue", "step", "method"), implementations(), ids=lambda value: getattr(value, "name", ""))
def test_an_implementation_has_the_types_and_the_queue_of_its_step(
    queue: Queue, step: steps.Step[Any, Any], method: Any
) -> None:
    hints = typing.get_type_hints(method)
    assert hints["given"] is step.takes
    assert hints["return"] is step.gives
    assert POLICIES[step.name].queue is queue


def test_long_steps_heartbeat_and_every_policy_is_for_a_step() -> None:
    assert set(POLICIES) == {step.name for step in steps.ALL_STEPS}
    for name, policy in POLICIES.items():
        assert policy.schedule_to_close > policy.start_to_close
        if policy.queue is not Queue.CONTROL:
            assert policy.heartbeat is not None, f"{name} may take longer than 5 s"


def test_the_progress_bar_knows_every_step_that_is_journalled() -> None:
    run = RunKey(tenant="local", agent_id="ada", run_id="r")
    blob = name_bytes(b"", "x")
    told = {step.name for step in steps.ALL_STEPS if step.stage not in (Stage.QUEUED, Stage.DONE)}
    labels = told - {"build_lod", "repaint_lod"}
    for level in (0, 1, 2):
        given = steps.LodInput(run=run, source=blob, level=level)
        kin = PublishedLod(facts=LodFacts(level=level, triangles=1, vertices=3, draw_calls=1, textures=()), blob=blob)
        again = steps.RepaintLodInput(run=run, source=blob, level=level, kin=kin)
        labels |= {step_label("build_lod", given), step_label("repaint_lod", again)}
    assert labels == STEP_WEIGHTS.keys() | STANDS_FOR.keys()
    assert set(STANDS_FOR.values()) <= STEP_WEIGHTS.keys()


def test_steps_of_an_object_are_bound_to_it(tmp_path: Path) -> None:
    assert set(steps_of(Describing())) == {"describe"}


@pytest.mark.parametrize("kind", error_kinds().values(), ids=lambda kind: kind.code)
def test_every_error_tells_temporal_its_code_and_whether_it_is_final(kind: type[AvatarError]) -> None:
    error = as_application_error(kind("it broke", where="lod0.glb", mend="Mend it"))
    assert error.type == kind.code
    assert error.non_retryable is not kind.retryable
    assert error.message == "lod0.glb: it broke. Mend it."


def test_a_server_that_is_away_gets_time_before_the_attempts_are_used_up() -> None:
    pauses = [again_in("build_lod", attempt) for attempt in (1, 2, 3, 4)]
    assert [pause.total_seconds() for pause in pauses if pause] == [3, 9, 27, 60]
    assert again_in("publish", 1) is None, "its attempts have no end; its policy's pauses are shorter"
    assert as_application_error(Unavailable("away"), pauses[1]).next_retry_delay == pauses[1]
    assert as_application_error(CodecFailed("died"), pauses[1]).next_retry_delay is None


def test_unknown_errors_may_be_tried_again_and_known_ones_pass_through() -> None:
    assert as_application_error(ValueError("odd")).non_retryable is False
    theirs = ApplicationError("x", type="y")
    assert as_application_error(theirs) is theirs
    assert as_application_error(InvalidModel("x")).non_retryable
    assert not as_application_error(CodecFailed("x")).non_retryable
