"""Fewer morph targets: those that a client asked for, on every mesh, and all that names them by number kept true."""

from __future__ import annotations

from collections.abc import Collection

from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.pose import target_names
from avatar.gltf.model.references import renumbered

_Kept = dict[int, list[int]]  # mesh number -> numbers of the targets that stay, in order; meshes that lose none lack


def prune_morphs(document: Document, names: Collection[str]) -> Change:
    """Keep the morph targets called ``names`` (as in ``mesh.extras.targetNames``; exact) on every mesh, in their order.

    Weights of meshes and nodes, animations of weights and the expressions of VRM 0.x and 1.0 follow. An animation
    channel that has no target left goes; so does a bind of an expression. Targets without a name go by their number
    and keep it as a name. What is no longer used stays in the binary chunk until ``compact``.
    """
    wanted = frozenset(names)
    kept: _Kept = {}
    gone: dict[str, None] = {}
    left: set[str] = set()
    for at, mesh in enumerate(document.list("meshes")):
        named = target_names(mesh)
        stay = [number for number, name in enumerate(named) if name in wanted]
        left.update(named[number] for number in stay)
        if len(stay) < len(named):
            kept[at] = stay
            gone.update(dict.fromkeys(name for name in named if name not in wanted))
    if not kept:
        return Change(document)
    numbers = {at: {old: new for new, old in enumerate(stay)} for at, stay in kept.items()}
    tree = dict(renumbered(document.tree, morphs=numbers))
    tree["meshes"] = [_cut_mesh(mesh, kept[at]) if at in kept else mesh for at, mesh in enumerate(tree["meshes"])]
    tree["nodes"] = [_cut_node(node, kept) for node in tree.get("nodes", [])]
    notes = [f"kept {len(left)} of {len(left) + len(gone)} morph targets on {len(kept)} meshes"]
    made = Document(tree, document.binary)
    if document.list("animations"):
        made, dropped = _cut_animations(document, made, kept)
        notes += [f"dropped {dropped} animation channels that moved none of them"] if dropped else []
    return Change(made, tuple(notes))


def _cut_mesh(mesh: Tree, stay: list[int]) -> Tree:
    names = target_names(mesh)
    primitives: list[Tree] = []
    for primitive in mesh["primitives"]:
        targets = [primitive["targets"][at] for at in stay if at < len(primitive.get("targets", ()))]
        made = without(_unnamed(primitive), "targets")
        primitives.append({**made, "targets": targets} if targets else made)
    pruned: Tree = {**without(_unnamed(mesh), "weights"), "primitives": primitives}
    if stay:
        extras = pruned.get("extras")
        said = extras if isinstance(extras, dict) else {}
        pruned["extras"] = {**said, "targetNames": [names[at] for at in stay]}
    return _with_weights(pruned, mesh.get("weights"), stay)


def _unnamed(owner: Tree) -> Tree:
    """A mesh or primitive whose extras name no targets."""
    extras = owner.get("extras")
    if not isinstance(extras, dict) or "targetNames" not in extras:
        return owner
    rest = without(extras, "targetNames")
    return {**without(owner, "extras"), **({"extras": rest} if rest else {})}


def _cut_node(node: Tree, kept: _Kept) -> Tree:
    if "weights" not in node or node.get("mesh") not in kept:
        return node
    return _with_weights(without(node, "weights"), node["weights"], kept[node["mesh"]])


def _with_weights(owner: Tree, weights: list[float] | None, stay: list[int]) -> Tree:
    if not weights or not stay:
        return owner
    return {**owner, "weights": [weights[at] if at < len(weights) else 0.0 for at in stay]}


def _cut_animations(source: Document, made: Document, kept: _Kept) -> tuple[Document, int]:
    """``made`` with its tracks of weights cut, and how many channels had nothing left to say.

    An output holds the weights of all targets for each key (for CUBICSPLINE: in-tangents, values, out-tangents).
    """
    appended = Appended(made)
    cuts: dict[tuple[int, int, tuple[int, ...]], int] = {}  # output, targets before, kept -> new accessor
    animations: list[Tree] = []
    dropped = 0
    for animation in made.list("animations"):
        samplers: list[Tree] = []
        places: dict[tuple[int, int], int] = {}  # sampler, its new output (-1: the old one) -> its new number
        channels: list[Tree] = []
        for channel in animation["channels"]:
            sampler, output = animation["samplers"][channel["sampler"]], -1
            mesh = _animated_mesh(source, channel["target"])
            if mesh in kept:
                count, stay = len(target_names(source.tree["meshes"][mesh])), kept[mesh]
                if not stay or source.tree["accessors"][sampler["output"]]["count"] % count:
                    dropped += 1
                    continue
                key = (sampler["output"], count, tuple(stay))
                if key not in cuts:
                    rows = read_raw(source, sampler["output"])[:, 0].reshape(-1, count)[:, stay]
                    normalized = bool(source.tree["accessors"][sampler["output"]].get("normalized"))
                    cuts[key] = appended.values(rows.reshape(-1, 1), "SCALAR", normalized=normalized)
                output = cuts[key]
            place = (channel["sampler"], output)
            if place not in places:
                places[place] = len(samplers)
                samplers.append(sampler if output < 0 else {**sampler, "output": output})
            channels.append({**channel, "sampler": places[place]})
        if channels or not animation["channels"]:
            animations.append({**animation, "samplers": samplers, "channels": channels})
    made = appended.document({"animations": animations})
    return (made if animations else Document(without(made.tree, "animations"), made.binary)), dropped


def _animated_mesh(document: Document, target: Tree) -> int:
    """The mesh whose weights a channel moves, -1 for other channels."""
    if target.get("path") != "weights" or "node" not in target:
        return -1
    mesh: int = document.tree["nodes"][target["node"]].get("mesh", -1)
    return mesh
