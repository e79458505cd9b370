"""An agent's log or status text: the lines that matter for a dash, found by what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_LINE = 4096


class Said(StrEnum):
    """What a line says."""

    NIL_STATS = "nil stats"
    PARSE_ERROR = "text format parsing error"
    NO_HOST_NAME = "no host name"
    PORT_REFUSED = "connection refused"
    PLAIN_PORT = "falls back to the plain http port"
    NO_IP_SAN = "no IP SAN"
    UNKNOWN_AUTHORITY = "unknown authority"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    EXCLUDED = "container excluded"
    NO_NODE_NAME = "no node name in the summary"


_PATTERNS = (
    (Said.NIL_STATS, r"Metrics provider returned nil stats for container:?\s*(\S*)"),
    (Said.PARSE_ERROR, r"text format parsing error in line (\d+)"),
    (Said.NO_HOST_NAME, r"unable to (?:reliably )?determine (?:the )?host ?name"),
    (Said.PLAIN_PORT, r"https?://[^\s/]+:(10255)\b"),
    (Said.PORT_REFUSED, r"dial tcp \S+:(\d+): connect: connection refused"),
    (Said.NO_IP_SAN, r"cannot validate certificate for (\S+) because it doesn't contain any IP SANs"),
    (Said.UNKNOWN_AUTHORITY, r"certificate signed by unknown (authority)"),
    (Said.FORBIDDEN, r"unexpected status code (403)|403 Client Error|(Forbidden) \(user="),
    (Said.UNAUTHORIZED, r"unexpected status code (401)|401 Client Error"),
    (
        Said.EXCLUDED,
        r"[Cc]ontainer (\S+) is excluded|"
        r"(?:DD_CONTAINER_EXCLUDE|container_exclude)(?:_METRICS|_metrics)?\s*[:=]\s*(?!\[\s*\])(\S.*)",
    ),
    (Said.NO_NODE_NAME, r"node\.?[nN]ame .{0,80}(?:empty|missing|not found) .{0,80}stats/summary"),
)
_COMPILED = tuple((said, re.compile(pattern)) for said, pattern in _PATTERNS)
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_VERSION = re.compile(r"Agent (?:\(v|v?)(\d+\.\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Remark:
    """A line (counted from 1) that says something, and what it names (a container, a port, a setting)."""

    said: Said
    line: int
    about: str = ""


@dataclass(frozen=True, slots=True)
class AgentLog:
    remarks: tuple[Remark, ...] = ()
    version: str = ""

    def of(self, said: Said) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.said is said)


def read_agent_log(text: str) -> AgentLog:
    """Reads a log or a status page; what it does not know it passes over."""
    version = _VERSION.search(text[:200_000])
    remarks = [
        Remark(said, number, next((group for group in match.groups() if group), "")[:200])
        for number, line in enumerate(map(_bare, text.split("\n")), 1)
        for said, pattern in _COMPILED
        if (match := pattern.search(line))
    ]
    return AgentLog(tuple(remarks), version[1] if version else "")


def _bare(line: str) -> str:
    """As much of a line as is read, without colours and its carriage return."""
    return _COLOUR.sub("", line[:MAX_LINE].rstrip("\r"))
