"""How workers run our workflows: in Temporal's sandbox, with the modules that are pure data passed through.

One list, here: a model that is loaded both inside and outside the sandbox would be two different classes.
"""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.generate import GenerateAvatar
from workflows.housekeeping import KeepHouse
from workflows.optimize import OptimizeAvatar
from workflows.wish import GrantWish

WORKFLOWS = (GenerateAvatar, OptimizeAvatar, KeepHouse, GrantWish)
PURE_DATA = ("avatar", "workflows.steps", "workflows.policies", "workflows.control")

RUNNER = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PURE_DATA))
