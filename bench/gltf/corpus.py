"""The avatars that the bench measures: four and more of other makers, from public repositories, and two of ours.

The foreign ones lie in a folder outside the repository (AVATAR_BENCH_CORPUS, else the user's cache), known by their
sha256; what is missing there is downloaded. Their licences let anyone measure them, not everyone pass them on.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from avatar.describe.offline import describe_offline
from avatar.human.human import make_human
from avatar.profile import AgentProfile

OURS = ("ada", "henrik")  # examples/*.json
SECONDS = 60.0  # to wait for a download


@dataclass(frozen=True, slots=True)
class Foreign:
    """An avatar that somebody else made with some other tool."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str
    licence: str
    stands_for: str

    @property
    def address(self) -> str:
        """Where the file can be had."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"


FOREIGN = (
    Foreign(
        "readyplayerme",
        "met4citizen/TalkingHead",
        "971e1a93a0726561d1966c4b21d06a3abddbf198",
        "avatars/brunette-t.glb",
        "3ca13a1e3ad8f57e50266294b823641680dd3f3f174eb4be908ddca7afc0c82a",
        "CC BY-NC 4.0 (Ready Player Me)",
        "Ready Player Me: 10 meshes, 67 morphs",
    ),
    Foreign(
        "vroid",
        "met4citizen/TalkingHead",
        "971e1a93a0726561d1966c4b21d06a3abddbf198",
        "avatars/vroid.glb",
        "8c4226b6d455977ce6dcf5d83b6b7a7354cdad7fab8edc5418b76f880f61558e",
        "made with VRoid Studio, for non-commercial use",
        "VRoid Studio, through glTF-Transform: meshopt and WebP input, 3 skins of 244 joints, 124 morphs, hair strands",
    ),
    Foreign(
        "valid",
        "c-frame/valid-avatars-glb",
        "c4719df7a2b60a96cc7f56d67e247674b68c4ea7",
        "avatars/AIAN/AIAN_F_1_Casual.glb",
        "42f5db5ba8279da08a6bee32848578a7ed9a9c7cb9fcda7197736581c0db1e36",
        "MIT (T. Do)",
        "VALID, from Autodesk Character Generator: meshopt and WebP input, 8 skins, 65 morphs, 68K triangles",
    ),
    Foreign(
        "xbot",
        "runxaway/models",
        "50737ac393cbefa82b2def7f27a03553e6cedbf4",
        "Xbot.glb",
        "acc1566ba53cca1a2a527a3d36faa5d17be6689a2ebbd94eed4841c7bf46476a",
        "Adobe Mixamo's terms",
        "Mixamo through Blender: no morphs, no textures, an animation, hard edges",
    ),
    Foreign(
        "mannequin",
        "runxaway/models",
        "50737ac393cbefa82b2def7f27a03553e6cedbf4",
        "Mannequin.glb",
        "267a0443e5be565be4c340cb6cf02a4820227c3f368d091731b123d1e0a3cff1",
        "Adobe Mixamo's terms",
        "Mixamo through Blender: one mesh, no morphs, an animation",
    ),
    Foreign(
        "readyplayerme-man",
        "Gabo-Tech/Portfolio",
        "bd2d718b46dfd51cb7ebf75196d5ff00b6512a6b",
        "public/models/Soldier.glb",
        "4da1e4a784f1b780614aceb6359bfdc299e45486ce3ded8687c97e4ac3dc9f92",
        "CC BY-NC 4.0 (Ready Player Me)",
        "Ready Player Me as a client fetches it by default: two morphs",
    ),
)


def folder() -> Path:
    """Where foreign avatars are kept."""
    named = os.environ.get("AVATAR_BENCH_CORPUS")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "avatar-bench"


def foreign() -> tuple[dict[str, bytes], list[str]]:
    """What is in the folder or could be had, and a sentence for each avatar that is missing."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    known = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in sorted(place.glob("*.glb"))}
    found: dict[str, bytes] = {}
    missing: list[str] = []
    for each in FOREIGN:
        data = known[each.sha256].read_bytes() if each.sha256 in known else _downloaded(each)
        if data is None:
            missing.append(f"{each.name} is missing: put {each.address} (sha256 {each.sha256[:12]}...) into {place}")
        else:
            found[each.name] = data
    return found, missing


def _downloaded(each: Foreign) -> bytes | None:
    try:
        with urllib.request.urlopen(each.address, timeout=SECONDS) as answer:
            data: bytes = answer.read()
    except (urllib.error.URLError, TimeoutError):
        return None
    if hashlib.sha256(data).hexdigest() != each.sha256:
        return None
    (folder() / f"{each.name}.glb").write_bytes(data)
    return data


def ours() -> dict[str, bytes]:
    """Two people of the parametric human, made now."""
    examples = Path("examples")
    return {name: _human((examples / f"{name}.json").read_bytes()) for name in OURS}


def _human(profile: bytes) -> bytes:
    return make_human(describe_offline(AgentProfile.model_validate_json(profile)).character)
