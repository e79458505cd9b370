"""What came of a probe, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: ``status`` None where nothing did, then ``failure`` says why. ``headers`` by lower-case name; ``body``
    with gzip undone, where it was.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")
