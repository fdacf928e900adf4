"""What OpenAPI shows: one profile and what the service answers to it. A test holds them to the models."""

from __future__ import annotations

from typing import Any

from avatar.errors import AvatarError

PROFILE: dict[str, Any] = {
    "agentId": "ada",
    "name": "Ada Lindqvist",
    "role": "museum guide",
    "personality": "warm, curious, a little ironic",
    "description": "A tall woman in her thirties with long auburn hair and green eyes, in a navy T-shirt and jeans.",
    "style": "realistic",
    "language": "en-GB",
}

STATUS: dict[str, Any] = {
    "agentId": "ada",
    "runId": "5f0c7c1e8d0b4f6c9a4e0d2b7f3a1c58",
    "kind": "generate",
    "status": "running",
    "paused": None,
    "stage": "optimize",
    "percent": 68,
    "version": None,
    "currentVersion": 3,
    "steps": [
        {"step": "describe", "stage": "describe", "attempts": 1, "seconds": 0.02, "lastError": None},
        {"step": "build_parametric", "stage": "model", "attempts": 1, "seconds": 1.31, "lastError": None},
        {"step": "inspect_model", "stage": "inspect", "attempts": 1, "seconds": 0.14, "lastError": None},
        {"step": "build_lod/0", "stage": "optimize", "attempts": 1, "seconds": None, "lastError": None},
    ],
    "elapsedSeconds": 2.4,
    "error": None,
    "startedAt": "2026-11-22T15:04:05.120000Z",
    "updatedAt": "2026-11-22T15:04:07.320000Z",
    "manifestUrl": "http://127.0.0.1:8700/api/avatars/ada",
    "workflowUrl": "http://127.0.0.1:8233/namespaces/default/workflows/generate%2Flocal%2Fada",
}

PUBLISHED: dict[str, Any] = {
    **STATUS,
    "kind": "customize",
    "status": "published",
    "stage": "done",
    "percent": 100,
    "version": 4,
    "currentVersion": 4,
    "steps": [
        {"step": "describe", "stage": "describe", "attempts": 0, "seconds": 0.0, "lastError": None, "reused": True},
        {"step": "repaint_parametric", "stage": "model", "attempts": 1, "seconds": 0.21, "lastError": None},
    ],
}

PAUSED: dict[str, Any] = {
    **STATUS,
    "paused": {"by": "local", "reason": "waiting for the new logo", "at": "2026-11-22T15:04:07.320000Z"},
}

CANCELLED: dict[str, Any] = {
    **STATUS,
    "status": "cancelled",
    "error": {
        "code": "cancelled",
        "title": "The run was cancelled",
        "detail": "cancelled by local: not needed any more",
        "stage": "optimize",
        "retryable": True,
    },
}

CUSTOMIZATION: dict[str, Any] = {
    "hair": {"colour": "#aa3311"},
    "outfit": {"top": {"kind": "long_sleeve"}},
}

PATCH: dict[str, Any] = {"hair": {"colour": "#223344"}, "outfit": None}

REGENERATION: dict[str, Any] = {"note": "a little older, with a friendlier face", "fromStage": None}

RETRY: dict[str, Any] = {"fromStage": "optimize"}

STEERING: dict[str, Any] = {"reason": "waiting for the new logo"}

MANIFEST: dict[str, Any] = {
    "agentId": "ada",
    "name": "Ada Lindqvist",
    "version": 3,
    "etag": "9b6f3d0b6a1f4f4e8f9f5a7c2e1d0c3b9b6f3d0b6a1f4f4e8f9f5a7c2e1d0c3b",
    "style": "realistic",
    "provider": "parametric",
    "degraded": False,
    "summary": "A tall woman of 34 with long auburn hair and green eyes, wearing a navy T-shirt, jeans and sneakers.",
    "lods": [
        {
            "level": 0,
            "triangles": 15000,
            "vertices": 11250,
            "drawCalls": 11,
            "textures": [{"width": 1024, "height": 1024, "mediaType": "image/jpeg", "bytes": 181204}],
            "url": "http://127.0.0.1:8700/avatars/ada/versions/3/lod0.glb",
            "bytes": 3723196,
            "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        }
    ],
    "morphs": ["browInnerUp", "jawOpen", "viseme_aa"],
    "skeleton": {"convention": "ready-player-me", "joints": ["Hips", "Spine", "Head"]},
    "bounds": {"min": [-0.84, 0.0, -0.13], "max": [0.84, 1.75, 0.22]},
    "picture": {
        "url": "http://127.0.0.1:8700/avatars/ada/versions/3/picture.png",
        "width": 768,
        "height": 1024,
        "bytes": 181613,
        "sha256": "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
        "alt": "A tall woman of 34 with long auburn hair and green eyes.",
    },
    "pictureMissing": None,
    "variantsUrl": "http://127.0.0.1:8700/avatars/ada.glb?v=3{&quality,lod,textureSizeLimit,textureFormat,morphTargets}",
    "updatedAt": "2026-11-22T15:04:09.870000Z",
}

PROBLEM: dict[str, Any] = {
    "type": "urn:ar-avatar:problem:conflict",
    "title": "In conflict with what is under way",
    "status": 409,
    "detail": "a different request for agent 'ada' is under way (run 5f0c7c1e8d0b4f6c9a4e0d2b7f3a1c58)",
    "instance": "/api/avatars/generate",
    "code": "conflict",
    "retryable": False,
    "mend": "Wait until it is done, then ask again",
    "requestId": "0c9a4e0d2b7f3a1c585f0c7c1e8d0b4f",
}


def problem(kind: type[AvatarError]) -> dict[str, Any]:
    """A problem of that kind."""
    if kind.code == PROBLEM["code"]:
        return PROBLEM
    return {
        **PROBLEM,
        "type": f"urn:ar-avatar:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": "what is wrong, and where",
        "code": kind.code,
        "retryable": kind.retryable,
        "mend": "how to mend it",
    }


def answer(example: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI content of a JSON answer that looks like ``example``."""
    return {"content": {"application/json": {"example": example}}}
