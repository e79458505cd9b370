"""The fake kubelet: the recorded behaviour of a real one over TLS on a loopback port, with faults on request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from kubesieve.stage import handlers, routes
from kubesieve.stage.breakage import Broken, Fault, parse_fault
from kubesieve.stage.fake_server import FakeServer
from kubesieve.stage.handlers import Call
from kubesieve.stage.http_values import Answer, Request, moved, read_target
from kubesieve.stage.identity import Directory, Identity, Rule
from kubesieve.stage.model import Node
from kubesieve.stage.pki import Authority, KeyPair


@dataclass(frozen=True, slots=True)
class Counters:
    """How many requests arrived, and how many answers had which status."""

    requests: int
    statuses: tuple[tuple[int, int], ...]


class FakeKubelet(FakeServer):
    """``with FakeKubelet(node) as kubelet:`` serves at ``kubelet.url``; ``kubelet.tokens["datadog"]`` opens it.

    ``requests`` lists all that arrived. ``exec_reached`` counts requests that would have run something. Faults are set
    with ``break_`` and taken back with ``mend``. ``clock`` gives the time the node's values are made for.
    """

    def __init__(
        self,
        node: Node,
        *,
        directory: Directory | None = None,
        authority: Authority | None = None,
        certificate: KeyPair | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.node = node
        self.directory = directory or Directory.fresh()
        self.exec_reached = 0
        self._clock = clock
        self._broken = Broken()
        self._statuses: dict[int, int] = {}
        issuer = authority or Authority()
        pair = certificate or issuer.issue(("localhost", node.name), (address[0],), node.name)
        super().__init__(issuer, pair, address)

    @property
    def tokens(self) -> dict[str, str]:
        return self.directory.tokens

    @property
    def counters(self) -> Counters:
        with self._lock:
            return Counters(len(self._requests), tuple(sorted(self._statuses.items())))

    def forget(self) -> None:
        """Empties ``requests``, the counters and ``exec_reached``."""
        with self._lock:
            self._requests.clear()
            self._statuses.clear()
            self.exec_reached = 0

    def break_(self, path: str, kind: str, *, seconds: float | None = None) -> None:
        """From now on answers on ``path`` ("*": on all) have this fault; see breakage.KINDS."""
        fault = parse_fault(kind)
        fault = fault if seconds is None else Fault(fault.kind, seconds)
        with self._lock:
            self._broken = self._broken.with_fault(path, fault, self._clock())

    def mend(self, path: str | None = None) -> None:
        """Takes the fault of ``path`` back, or all of them."""
        with self._lock:
            self._broken = Broken() if path is None else self._broken.without(path)

    def answer(self, request: Request) -> Answer:
        with self._lock:
            broken = self._broken
        answer = answer_for(self.node, self.directory, broken, request, self._clock())
        with self._lock:
            self._statuses[answer.status] = self._statuses.get(answer.status, 0) + 1
            self.exec_reached += answer.trap
        return answer


def answer_for(node: Node, directory: Directory, broken: Broken, request: Request, now: float) -> Answer:
    """The kubelet's whole decision as a function. A fault spoils what would have been answered, but no 401 or 403."""
    target = read_target(request.target)
    if target is None:
        return Answer(400, content_type=None)
    found = broken.of(target.path)
    at = found[1] if found and found[0].kind == "stale" else now
    answer = _route(directory, Call(node, at, request, target))
    if found is None or answer.status in (401, 403):
        return answer
    return found[0].apply(answer)


def _route(directory: Directory, call: Call) -> Answer:
    """The path first, then the caller: unknown paths are 404 before anybody is asked who they are."""
    path, target = call.target.path, call.target
    if target.clean != path:
        return moved(call.request, target.clean, target.query)
    exact, root = routes.EXACT.get(path), routes.service_root(path)
    if path == "/metrics/slis" and not call.node.slis:
        exact = None
    if exact is None and root is None:
        there = routes.redirect(path)
        return moved(call.request, there, target.query) if there else handlers.not_found()
    refused = _refusal(directory, call)
    if refused is not None:
        return refused
    return exact(call) if exact else routes.serve(root or "", call)


def _refusal(directory: Directory, call: Call) -> Answer | None:
    """401 for nobody, 403 for somebody without the right, None for who may pass."""
    who = _identify(directory, call.request)
    if who is None:
        return handlers.unauthorized()
    verb, part = routes.VERBS.get(call.request.method, ""), routes.subresource(call.target.path)
    allowed = who.may(Rule(verb, f"nodes/{part}"))
    return None if allowed else handlers.forbidden(who.user, verb, part)


def _identify(directory: Directory, request: Request) -> Identity | None:
    return directory.by_user(request.user) or directory.by_header(request.header("Authorization"))
