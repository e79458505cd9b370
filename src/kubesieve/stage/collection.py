"""What an apiserver lists, page by page, and watches; it may be changed while it is watched."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping

from kubesieve.stage import seeds
from kubesieve.stage.http_values import Answer
from kubesieve.stage.reviews import Json, failure

MOST_SECONDS = 30.0


class Collection:
    """``put`` and ``remove`` change it; a watch that waits is answered with what changed since its version. ``kind`` is
    that of its objects, whose names are the cluster's.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._changed = threading.Condition()
        self._objects: dict[str, tuple[Json, Json]] = {}
        self._events: list[tuple[int, str, Json]] = []
        self._version, self._oldest = 1, 1

    def put_object(self, name: str, labels: Mapping[str, str], *, uid: str = "", **more: object) -> None:
        """Adds it, or puts it in the place of the one of that name."""
        with self._changed:
            kind = "MODIFIED" if name in self._objects else "ADDED"
            metadata: Json = {"name": name, **({"uid": uid} if uid else {}), "labels": dict(labels)}
            self._objects[name] = metadata, more
            self._tell(kind, name)

    def remove(self, name: str) -> None:
        with self._changed:
            self._tell("DELETED", name)
            del self._objects[name]

    def forget(self) -> None:
        """Nothing older can be watched, or listed on, from any more: 410."""
        with self._changed:
            self._events.clear()
            self._version += 1
            self._oldest = self._version
            self._changed.notify_all()

    def list(self, most: int = 0, mark: str = "") -> Answer:
        """Those behind the mark, all where ``most`` is 0. A mark has the version it is of, and the last name before."""
        with self._changed:
            version, _, after = mark.partition(":") if mark else (str(self._version), "", "")
            if not version.isdigit() or int(version) < self._oldest:
                return failure(410, "Expired", "The provided continue parameter is too old")
            names = [name for name in sorted(self._objects) if name > after]
            shown = names[: most or len(names)]
            more = {"continue": f"{version}:{shown[-1]}"} if len(shown) < len(names) else {}
            head: Json = {"kind": f"{self._kind}List", "apiVersion": "v1"}
            metadata = {"resourceVersion": version, **more}
            return _ok(json.dumps({**head, "metadata": metadata, "items": [self._object(name) for name in shown]}))

    def watch(self, since: str, seconds: float) -> Answer:
        """One event a line; ends at the first changes, or after so many seconds: clients watch again."""
        with self._changed:
            version = int(since) if since.isdigit() else 0
            if version >= self._oldest:
                self._changed.wait_for(lambda: self._version > version, min(seconds, MOST_SECONDS))
            if version < self._oldest:
                return failure(410, "Expired", f"too old resource version: {version} ({self._oldest})")
            lines = [json.dumps({"type": kind, "object": item}) for at, kind, item in self._events if at > version]
            return _ok("".join(f"{line}\n" for line in lines))

    def _tell(self, kind: str, name: str) -> None:
        self._version += 1
        metadata, more = self._objects[name]
        self._objects[name] = {**metadata, "resourceVersion": str(self._version)}, more
        self._events.append((self._version, kind, self._object(name)))
        self._changed.notify_all()

    def _object(self, name: str) -> Json:
        metadata, more = self._objects[name]
        return {"kind": self._kind, "apiVersion": "v1", "metadata": metadata, **more}


class Namespaces(Collection):
    """The cluster's namespaces, with their labels."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__("Namespace")
        for name in names:
            self.put(name, {})

    def put(self, name: str, labels: Mapping[str, str]) -> None:
        self.put_object(name, {"kubernetes.io/metadata.name": name, **labels})


class Nodes(Collection):
    """The cluster's nodes, as their kubelets tell of themselves. A node made anew has another ``uid``."""

    def __init__(self) -> None:
        super().__init__("Node")

    def put(
        self,
        name: str,
        port: int,
        addresses: Iterable[tuple[str, str]] = (("InternalIP", "127.0.0.1"),),
        labels: Mapping[str, str] | None = None,
        uid: str = "",
    ) -> None:
        """``addresses`` are pairs of a type and an address, ``port`` is the kubelet's."""
        shown = {"kubernetes.io/hostname": name, **(labels or {})}
        status = {
            "addresses": [{"type": kind, "address": address} for kind, address in addresses],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        }
        self.put_object(name, shown, uid=uid or seeds.uuid("node", name), status=status)


def _ok(text: str) -> Answer:
    return Answer(200, text.encode(), "application/json")
