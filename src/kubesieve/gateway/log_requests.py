"""Requests for a container's log: the path taken apart, and those parameters that go up, each checked.

Source: the kubelet's /containerLogs/{namespace}/{pod}/{container} and core/v1 PodLogOptions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from kubesieve.faults import CallerFault
from kubesieve.gateway.routes import METHODS, Asked, refuse_more_than_a_get
from kubesieve.gateway.settings import ContainerLogs
from kubesieve.sieve.container_logs import LogName

ENDPOINT = "containerLogs"
NUMBERS: tuple[str, ...] = ("tailLines", "sinceSeconds")
LEAST = {"tailLines": 0, "sinceSeconds": 1, "limitBytes": 1}
FLAGS: tuple[str, ...] = ("timestamps", "previous", "follow")

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_PATH = re.compile(rf"/containerLogs/({_LABEL})/([a-z0-9](?:[-a-z0-9.]{{0,251}}[a-z0-9])?)/({_LABEL})")
_NUMBER = re.compile(r"[0-9]{1,10}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_WORDS = {"true": "true", "1": "true", "false": "", "0": ""}
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class LogAsked:
    """A log by the caller's own names, and the parameters that go up."""

    name: LogName
    query: dict[str, str]

    @property
    def most(self) -> int:
        """Bytes."""
        return int(self.query["limitBytes"])


def is_log(path: str) -> bool:
    """Whether a path (without its query) is that of a log."""
    return _PATH.fullmatch(path) is not None


def log_asked(asked: Asked, rules: ContainerLogs) -> LogAsked:
    """What a request for a log says. Raises CallerFault in the order 405, 400.

    Parameters that a kubelet does not know are left out, as it does. The kubelet is always told where to end.
    """
    path, _, query = asked.target.partition("?")
    match = _PATH.fullmatch(path)
    if match is None:
        raise CallerFault("path-unknown", "expected /containerLogs/NAMESPACE/POD/CONTAINER; got another", status=404)
    if asked.method != METHODS[0]:
        raise CallerFault("log-method", "expected GET; got another method", status=405)
    refuse_more_than_a_get(asked.headers)
    given = _once(query)
    most = rules.mebibytes * _MEBIBYTE
    if "sinceSeconds" in given and "sinceTime" in given:
        raise CallerFault("log-query", "expected sinceSeconds or sinceTime; got both", status=400)
    up: dict[str, str] = {name: _number(given, name) for name in NUMBERS if name in given}
    up |= {"sinceTime": _time(given)} if "sinceTime" in given else {}
    up |= {name: "true" for name in FLAGS if _flag(given, name)}
    if "follow" in up and not rules.follow:
        raise CallerFault("log-follow", "expected a request without follow; it is off here", status=400)
    least = min(most, int(_number(given, "limitBytes"))) if "limitBytes" in given else most
    return LogAsked(LogName(match[1], match[2], match[3]), {**up, "limitBytes": str(least)})


def _once(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs):
        raise CallerFault("log-query", "expected each parameter once; got one more often", status=400)
    return given


def _number(given: dict[str, str], name: str) -> str:
    least = LEAST[name]
    if not _NUMBER.fullmatch(given[name]) or int(given[name]) < least:
        raise CallerFault("log-query", f"expected a whole number from {least} on as {name}; got another", status=400)
    return str(int(given[name]))


def _time(given: dict[str, str]) -> str:
    if not _TIME.fullmatch(given["sinceTime"]):
        raise CallerFault("log-query", "expected a time (RFC 3339) as sinceTime; got something else", status=400)
    return given["sinceTime"]


def _flag(given: dict[str, str], name: str) -> bool:
    value = _WORDS.get(given.get(name, "false"))
    if value is None:
        raise CallerFault("log-query", f"expected true or false as {name}; got something else", status=400)
    return bool(value)
