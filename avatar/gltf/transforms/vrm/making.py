"""The extension that makes a GLB a VRM."""

from __future__ import annotations

from typing import Final

from avatar.gltf.model.document import Change, Document, without
from avatar.gltf.model.pose import world_matrices
from avatar.gltf.transforms.vrm.expressions import expressions_tree
from avatar.gltf.transforms.vrm.gaze import first_person_tree, look_at_tree
from avatar.gltf.transforms.vrm.humanoid import human_bones, humanoid_tree
from avatar.gltf.transforms.vrm.meta import meta_tree
from avatar.gltf.transforms.vrm.springs import EXTENSION as SPRINGS
from avatar.gltf.transforms.vrm.toon import EXTENSION as TOON
from avatar.gltf.transforms.vrm.toon import toon
from avatar.profile import AvatarStyle

EXTENSION: Final = "VRMC_vrm"
OLD: Final = "VRM"  # of VRM 0.x: a file has one of the two


def as_vrm(document: Document) -> Change:
    """``document``, in T-pose and facing +Z, as VRM 1.0; a VRM stays what its maker made of it.

    Anime avatars (``asset.extras.style``) get toon materials. Raises ``InvalidModel`` when it lacks a bone that VRM
    requires.
    """
    tree = document.tree
    if EXTENSION in tree.get("extensions", {}):
        return Change(document, ("it is a VRM already",))
    bones, worlds = human_bones(document), world_matrices(document)
    expressions = expressions_tree(document)
    made = {
        "specVersion": "1.0",
        "meta": meta_tree(document),
        "humanoid": humanoid_tree(bones),
        "firstPerson": first_person_tree(document, bones["head"]),
        "expressions": expressions,
        "lookAt": look_at_tree(bones, worlds, expressions),
    }
    extras = tree.get("asset", {}).get("extras")
    drawn = isinstance(extras, dict) and extras.get("style") == AvatarStyle.ANIME
    materials = [toon(material) for material in document.list("materials")] if drawn else document.list("materials")
    extensions = without(tree.get("extensions", {}), OLD) | {EXTENSION: made}
    used = {*tree.get("extensionsUsed", ()), EXTENSION} - {OLD} | ({TOON} if drawn and materials else set())
    out = {**tree, "extensions": extensions, "extensionsUsed": sorted(used)}
    if materials:
        out["materials"] = materials
    springs = len(extensions.get(SPRINGS, {}).get("springs", ()))
    note = (
        f"VRM 1.0 of {len(bones)} bones, {len(expressions['preset'])} presets and "
        f"{len(expressions.get('custom', ()))} more expressions, {springs} springs"
    )
    return Change(Document(out, document.binary), (note,))
