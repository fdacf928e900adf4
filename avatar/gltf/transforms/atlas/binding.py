"""One skin for all parts: which joint each vertex follows, and what takes it into the space of the shared bind pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import F64, I64, Placement, placements, skin_weights, world_matrices

AGREE = 2e-4  # two binds are one when their matrices differ by less, relative to their size


@dataclass(frozen=True, slots=True)
class Binding:
    """How a part hangs on the shared skin. ``joints`` gives numbers in it for those of the part's own skin, or the one
    joint that a rigid part follows; ``matrix`` (4, 4) takes positions into the shared bind space."""

    matrix: F64
    joints: I64
    rigid: bool


class SharedSkin:
    """The joints and inverse bind matrices that all merged parts share; grows as parts are bound.

    It starts as the skin of the most vertices. In a document without skins parts are bound to the world.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._worlds = world_matrices(document)
        nodes = document.list("nodes")
        self._parents = {child: at for at, node in enumerate(nodes) for child in node.get("children", ())}
        self._moving = {
            channel["target"].get("node")
            for animation in document.list("animations")
            for channel in animation["channels"]
            if channel["target"]["path"] != "weights"
        }
        self.lead = self._largest()
        self.joints: list[int] = []
        self.inverse: list[F64] = []
        if self.lead is not None:
            self.joints = list(document.tree["skins"][self.lead]["joints"])
            self.inverse = list(self._inverse(self.lead))

    @property
    def grown(self) -> bool:
        """True when parts brought joints of their own."""
        return self.lead is not None and len(self.joints) > len(self.document_joints)

    @property
    def document_joints(self) -> list[int]:
        """The joints that the leading skin had at first."""
        return [] if self.lead is None else list(self._document.tree["skins"][self.lead]["joints"])

    def bind(self, placement: Placement) -> Binding | str:
        """The binding of a part, or why it cannot share the skin."""
        skin = self._document.tree["nodes"][placement.node].get("skin")
        influences = skin_weights(self._document, placement.tree(self._document)) if skin is not None else None
        if skin is not None and influences is not None:
            if skin == self.lead:
                return Binding(np.eye(4), np.arange(len(self.document_joints)), False)
            joints, weights = influences
            return self._rebound(skin, np.unique(joints[weights > 0]))
        if self.lead is None:
            return self._placed(placement.node)
        return self._hung(placement.node)

    def _largest(self) -> int | None:
        counts: dict[int, int] = {}
        for placement in placements(self._document):
            skin = self._document.tree["nodes"][placement.node].get("skin")
            if skin is not None:
                at = placement.tree(self._document)["attributes"]["POSITION"]
                counts[skin] = counts.get(skin, 0) + int(self._document.tree["accessors"][at]["count"])
        return max(counts, key=lambda skin: (counts[skin], -skin)) if counts else None

    def _inverse(self, skin: int) -> F64:
        tree = self._document.tree["skins"][skin]
        count = len(tree["joints"])
        if "inverseBindMatrices" not in tree:
            return np.tile(np.eye(4), (count, 1, 1))
        rows = read_floats(self._document, tree["inverseBindMatrices"])[:count].astype(float)
        return rows.reshape(-1, 4, 4).transpose(0, 2, 1)

    def _rebound(self, skin: int, used: I64) -> Binding | str:
        """Another skin: where it binds the same joints, it must do so from one other space."""
        joints, inverse = self._document.tree["skins"][skin]["joints"], self._inverse(skin)
        places = {joint: at for at, joint in enumerate(self.joints)}
        shared = [int(at) for at in used if joints[at] in places]
        try:
            spaces = [np.linalg.inv(self.inverse[places[joints[at]]]) @ inverse[at] for at in shared]
        except np.linalg.LinAlgError:
            return "its joints are bound by matrices that cannot be inverted"
        matrix = spaces[0] if spaces else np.eye(4)
        if any(np.abs(space - matrix).max() > AGREE * max(1.0, np.abs(matrix).max()) for space in spaces):
            return "its skin binds the same joints in another pose"
        if abs(np.linalg.det(matrix)) < 1e-12:
            return "its bind space is flat"
        if shared and any(self._root(joints[at]) != self._root(self.joints[0]) for at in used):
            return "its joints hang on another root"
        numbers = np.zeros(len(joints), np.int64)
        for at in used:
            if joints[at] not in places:
                places[joints[at]] = len(self.joints)
                self.joints.append(joints[at])
                self.inverse.append(inverse[at] @ np.linalg.inv(matrix))
            numbers[at] = places[joints[at]]
        return Binding(np.eye(4) if np.abs(matrix - np.eye(4)).max() < 1e-7 else matrix, numbers, False)

    def _hung(self, node: int) -> Binding | str:
        """A part without a skin follows the nearest joint above it, or its own node where that moves by itself."""
        if self._root(node) != self._root(self.joints[0]):
            return "it hangs on another root than the skeleton"
        places = {joint: at for at, joint in enumerate(self.joints)}
        at: int | None = node
        while at is not None and at not in places and at not in self._moving:
            at = self._parents.get(at)
        if at is None or at not in places:
            places[node] = len(self.joints)
            self.joints.append(node)
            self.inverse.append(np.eye(4))
            return Binding(np.eye(4), np.array([places[node]]), True)
        try:
            local = np.linalg.inv(self._worlds[at]) @ self._worlds[node]
            matrix = np.linalg.inv(self.inverse[places[at]]) @ local
        except np.linalg.LinAlgError:
            return "its joint cannot be inverted"
        if abs(np.linalg.det(matrix)) < 1e-12:
            return "its node is flat"
        return Binding(matrix, np.array([places[at]]), True)

    def _placed(self, node: int) -> Binding | str:
        at: int | None = node
        while at is not None:
            if at in self._moving:
                return "an animation moves its node"
            at = self._parents.get(at)
        if abs(np.linalg.det(self._worlds[node])) < 1e-12:
            return "its node is flat"
        return Binding(self._worlds[node], np.zeros(1, np.int64), True)

    def _root(self, node: int) -> int:
        while node in self._parents:
            node = self._parents[node]
        return node
