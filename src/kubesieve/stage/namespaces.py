"""The cluster's namespaces as an apiserver lists and watches them; labels may be changed while it is watched."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping

from kubesieve.stage.http_values import Answer
from kubesieve.stage.reviews import Json, failure

MOST_SECONDS = 30.0


class Namespaces:
    """``put`` and ``remove`` change them; a watch that waits is answered with what changed since its version."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._changed = threading.Condition()
        self._labels: dict[str, dict[str, str]] = {name: {} for name in names}
        self._events: list[tuple[int, str, Json]] = []
        self._version, self._oldest = 1, 1

    def put(self, name: str, labels: Mapping[str, str]) -> None:
        with self._changed:
            kind = "MODIFIED" if name in self._labels else "ADDED"
            self._labels[name] = dict(labels)
            self._tell(kind, name)

    def remove(self, name: str) -> None:
        with self._changed:
            del self._labels[name]
            self._tell("DELETED", name)

    def forget(self) -> None:
        """Nothing older can be watched from any more: 410."""
        with self._changed:
            self._events.clear()
            self._version += 1
            self._oldest = self._version
            self._changed.notify_all()

    def list(self) -> Answer:
        with self._changed:
            items = [self._item(name, labels) for name, labels in sorted(self._labels.items())]
            head: Json = {"kind": "NamespaceList", "apiVersion": "v1"}
            return _ok(json.dumps({**head, "metadata": {"resourceVersion": str(self._version)}, "items": items}))

    def watch(self, since: str, seconds: float) -> Answer:
        """One event a line; ends at the first changes, or after so many seconds: clients watch again."""
        with self._changed:
            version = int(since) if since.isdigit() else 0
            if version < self._oldest:
                return failure(410, "Expired", f"too old resource version: {version} ({self._oldest})")
            self._changed.wait_for(lambda: self._version > version, min(seconds, MOST_SECONDS))
            if self._oldest > version:
                return failure(410, "Expired", f"too old resource version: {version} ({self._oldest})")
            lines = [json.dumps({"type": kind, "object": item}) for at, kind, item in self._events if at > version]
            return _ok("".join(f"{line}\n" for line in lines))

    def _tell(self, kind: str, name: str) -> None:
        self._version += 1
        self._events.append((self._version, kind, self._item(name, self._labels.get(name, {}))))
        self._changed.notify_all()

    def _item(self, name: str, labels: Mapping[str, str]) -> Json:
        shown = {"kubernetes.io/metadata.name": name, **labels}
        return {"metadata": {"name": name, "resourceVersion": str(self._version), "labels": shown}}


def _ok(text: str) -> Answer:
    return Answer(200, text.encode(), "application/json")
