"""The cluster's namespaces with their labels, as they come and go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from kubesieve.tenancy.live import Kind, Listing, Live

Labels = Mapping[str, str]


def labels_of(item: dict[str, Any]) -> Labels | None:
    """The labels of an object; None where they are no labels: those are not "none", a selector may ask for that."""
    labels = item["metadata"].get("labels") or {}
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return None
    return labels


NAMESPACES = Kind("namespaces", "/api/v1/namespaces", labels_of)


class LiveNamespaces(Live[Labels]):
    """``labels()`` is what stands now."""

    def __init__(
        self, api: Listing, report: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(NAMESPACES, api, report, clock)

    def labels(self) -> Mapping[str, Labels]:
        """Labels by namespace. Raises OwnFault (503) where nothing was heard of them, or not for a minute."""
        return self.known()
