"""/containerLogs/{namespace}/{pod}/{container}: a container's log, made up, with a line that must not leak."""

from __future__ import annotations

from kubesieve.stage.go_json import rfc3339
from kubesieve.stage.model import Container, Node, Pod

# In every log: whoever sees it of a pod not theirs has found a leak.
SECRET = "TENANT-SECRET"  # noqa: S105 - a canary, no password


def log_lines(node: Node, pod: Pod, container: Container, now: float) -> list[tuple[str, str]]:
    """(time, line) pairs, oldest first: a start line, then a tick every thirty seconds, at most the last hundred."""
    start = node.started(pod) + 1.5
    first = f"{container.name} start host={pod.name} secretline={SECRET}"
    if container.state != "running":
        return [(_stamp(start), first), (_stamp(start), "tick 0"), (_stamp(start + 3), "exit 1")]
    count = max(int((now - start) / 30), 0)
    ticks = [(_stamp(start + 30 * n), f"tick {30 * n}") for n in range(max(count - 99, 0), count + 1)]
    return [(_stamp(start), first), *ticks]


def _stamp(at: float) -> str:
    return f"{rfc3339(at)[:-1]}.{int(at % 1 * 1e9):09d}Z"
