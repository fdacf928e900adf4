"""The guest: one process that draws GLBs with Filament, alone with its native code.

Started by path (``python -I child.py <address-space bytes>``), so it imports nothing of the house: standard library and
filly. It reads framed requests on standard input and answers on standard output; what native code prints goes
to standard error. A frame is two little-endian uint32 lengths, then a JSON object and raw bytes.

Requests: ``{"do": "probe"}``; ``{"do": "load"}`` + GLB; ``{"do": "draw", width, height, samples, toneMapping,
camera, lights, environment, rotations, morphs}`` + the environment as KTX on the guest's first draw.
Answers: ``{"ok": true, ...}`` + RGBA rows, or ``{"ok": false, "kind", "detail"}``.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import tempfile
from typing import Any, BinaryIO

FRAME = struct.Struct("<II")
SHADOW_MAP_PIXELS = 2048
KEPT_TARGETS = 2  # the one that finds the camera and one more: a large one takes hundreds of MB
CPU_SECONDS = 240  # a request; ends a guest that spins after its parent is gone

Json = dict[str, Any]


class Stage:
    """The renderer, the one avatar on it, and render targets by size."""

    def __init__(self) -> None:
        import filly  # here, so that a missing library is an answer and not a death

        self.renderer = filly.Renderer()
        self.targets: dict[tuple[int, int], Any] = {}
        self.scene: Any = None
        self.nodes: dict[int, Any] = {}
        self.rest: dict[int, list[float]] = {}
        self.lights: list[Any] = []
        self.environment: Any = None

    def load(self, glb: bytes) -> Json:
        """Put one avatar on the stage, in the place of the one before."""
        if self.scene is not None:
            self.scene.close()
        self.scene = self.renderer.create_scene()
        self.scene.camera = self.renderer.create_camera()
        self.lights, self.rest, self.nodes = [], {}, {}
        model = self.scene.load(glb)
        self.nodes = {node.index: node for node in model.nodes}
        if self.environment is not None:
            self.scene.environment = self.environment
        return {"bounds": [list(corner) for corner in model.bounds], "lit": self.environment is not None}

    def draw(self, request: Json, ktx: bytes) -> tuple[Json, bytes]:
        """Pose, light, aim, render: sRGB rows from the top, multiplied by their alpha."""
        self.pose(request["rotations"], request["morphs"])
        self.light(request["lights"], request["environment"], ktx)
        self.aim(request["camera"])
        scene = self.scene
        scene.background = (0.0, 0.0, 0.0, 0.0)
        scene.transparent = True
        scene.tone_mapping = request["toneMapping"]
        scene.msaa = request["samples"]
        size = request["width"], request["height"]
        target = self.target(size)
        self.renderer.render(scene, target)
        return {"width": size[0], "height": size[1]}, target.read().tobytes()

    def target(self, size: tuple[int, int]) -> Any:
        """What a picture of that size is drawn into. The latest few are kept, whatever sizes are asked for."""
        target = self.targets.pop(size, None)
        if target is None:
            while len(self.targets) >= KEPT_TARGETS:
                self.targets.pop(next(iter(self.targets))).close()
            target = self.renderer.create_render_target(width=size[0], height=size[1])
        self.targets[size] = target
        return target

    def pose(self, rotations: Json, morphs: Json) -> None:
        for index, quaternion in self.rest.items():
            self.nodes[index].quaternion = quaternion
        for key, quaternion in rotations.items():
            node = self.nodes[int(key)]
            self.rest.setdefault(int(key), list(node.quaternion))
            node.quaternion = quaternion
        for key, weights in morphs.items():
            node = self.nodes[int(key)]
            if node.morph_target_count == len(weights):
                node.set_morph_weights(weights)

    def light(self, lights: list[Json], environment: Json, ktx: bytes) -> None:
        for light in self.lights:
            light.close()
        self.lights = []
        self.scene.shadows = any(light["shadow"] for light in lights)
        for light in lights:
            made = self.scene.add_directional_light(
                direction=light["direction"], intensity=light["lux"], color=light["colour"]
            )
            made.casts_shadows = light["shadow"]
            if light["shadow"]:
                made.shadow_map_size = SHADOW_MAP_PIXELS
            self.lights.append(made)
        if ktx:
            with tempfile.NamedTemporaryFile(suffix=".ktx") as file:
                file.write(ktx)
                file.flush()
                self.environment = self.scene.environment = self.renderer.load_environment_ktx(file.name)
        self.scene.environment_intensity = environment["lux"]
        self.scene.environment_rotation_deg = environment["rotation"]

    def aim(self, camera: Json) -> None:
        eye = self.scene.camera
        if "height" in camera:
            eye.set_orthographic(height=camera["height"], near=camera["near"], far=camera["far"])
        else:
            eye.set_perspective(fov_y_deg=camera["fov"], near=camera["near"], far=camera["far"])
        eye.position = camera["position"]
        eye.look_at(camera["target"])


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


def answer(stage: Stage | None, request: Json, payload: bytes) -> tuple[Stage | None, Json, bytes]:
    """Do one request; every failure that Python sees becomes an answer."""
    if stage is None:
        try:
            stage = Stage()
        except Exception as error:
            return None, {"ok": False, "kind": "unavailable", "detail": f"{type(error).__name__}: {error}"}, b""
    try:
        if request["do"] == "probe":
            return stage, {"ok": True}, b""
        if request["do"] == "load":
            return stage, {"ok": True} | stage.load(payload), b""
        reply, image = stage.draw(request, payload)
        return stage, {"ok": True} | reply, image
    except Exception as error:
        return stage, {"ok": False, "kind": type(error).__name__, "detail": f"{error}"}, b""


def main() -> None:
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stage: Stage | None = None
    while True:
        try:
            head, body = FRAME.unpack(read_exactly(requests, FRAME.size))
            request = json.loads(read_exactly(requests, head))
            payload = read_exactly(requests, body)
        except EOFError:
            os._exit(0)  # nothing to save, and the driver's exit handlers take their time
        spent = resource.getrusage(resource.RUSAGE_SELF)
        budget = int(spent.ru_utime + spent.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (budget, resource.RLIM_INFINITY))
        stage, reply, image = answer(stage, request, payload)
        text = json.dumps(reply).encode()
        answers.write(FRAME.pack(len(text), len(image)) + text + image)
        answers.flush()


if __name__ == "__main__":
    main()
