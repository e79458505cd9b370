"""One source as a view: the latest exchange on each path, the round before, and their bodies read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from kubesieve.agents import Answer
from kubesieve.agents import View as AgentView
from kubesieve.doctor.evidence import MOST_JSON, Coding, Door, Evidence, Exchange, Failure, Source
from kubesieve.doctor.views.pods import PodsView, read_pods_view
from kubesieve.doctor.views.summary import SummaryView, read_summary_view
from kubesieve.doctor.views.text import TextView, read_text_view

PODS, SUMMARY, CADVISOR, RESOURCE = "/pods", "/stats/summary", "/metrics/cadvisor", "/metrics/resource"
HEALTH = "/healthz"
TEXTS = (CADVISOR, RESOURCE, "/metrics", "/metrics/probes", "/metrics/slis")

_BUILD = re.compile(rb'^kubernetes_build_info\{[^\n}]*git_version="v1\.([0-9]{1,3})\.', re.MULTILINE)


_HEALTHY = Answer(200, "text/plain; charset=utf-8", b"ok")


@dataclass
class View:
    """``now``, ``before`` and ``zipped`` (asked for with gzip) hold exchanges by path; GET only."""

    source: Source
    door: Door
    now: Mapping[str, Exchange]
    before: Mapping[str, Exchange] = field(default_factory=dict)
    zipped: Mapping[str, Exchange] = field(default_factory=dict)

    def good(self, path: str) -> Exchange | None:
        """The exchange on a path that gave a whole 200, as it came."""
        return _good(self.now.get(path))

    @cached_property
    def pods(self) -> PodsView | None:
        """The pod list; None where no 200 came."""
        found = self.good(PODS)
        return read_pods_view(found.body) if found else None

    @cached_property
    def pods_before(self) -> PodsView | None:
        found = _good(self.before.get(PODS))
        return read_pods_view(found.body) if found else None

    @cached_property
    def summary(self) -> SummaryView | None:
        found = self.good(SUMMARY)
        return read_summary_view(found.body) if found else None

    @cached_property
    def stats_before(self) -> SummaryView | None:
        """The summary of the look before, where it can be read."""
        found = _good(self.before.get(SUMMARY))
        summary = read_summary_view(found.body) if found else None
        return summary if summary and summary.readable else None

    @cached_property
    def texts(self) -> Mapping[str, TextView]:
        """The text endpoints that gave a 200, by path; the proxy's with their series."""
        found = ((path, self.good(path)) for path in TEXTS)
        kept = self.source is Source.PROXY
        return {path: read_text_view(one.body, keep_series=kept) for path, one in found if one}

    def text(self, path: str) -> TextView | None:
        """The text view of a path where it can be read exactly, else None."""
        view = self.texts.get(path)
        return view if view and view.readable else None

    @cached_property
    def list(self) -> PodsView | None:
        """The pod list where it can be read, else None."""
        return self.pods if self.pods and self.pods.readable else None

    @cached_property
    def stats(self) -> SummaryView | None:
        """The summary where it can be read, else None."""
        return self.summary if self.summary and self.summary.readable else None

    @cached_property
    def minor(self) -> int | None:
        """Kubernetes' minor version, where the kubelet's own metrics tell it."""
        found = self.good("/metrics")
        match = _BUILD.search(found.body) if found else None
        return int(match[1]) if match else None

    def all(self) -> Iterator[Exchange]:
        yield from self.now.values()

    def agent_view(self) -> AgentView:
        """What nobody asked for counts as healthy: an agent gives up where /healthz does not answer."""
        return AgentView({HEALTH: _HEALTHY, **_answers(self.now)}, token_sent=self._token_sent)

    def agent_view_before(self) -> AgentView | None:
        before = {HEALTH: _HEALTHY, **_answers(self.before)}
        return AgentView(before, token_sent=self._token_sent) if self.before else None

    @property
    def _token_sent(self) -> bool:
        return any(exchange.sent_token for exchange in self.now.values())

    @property
    def at(self) -> float:
        return max((exchange.at for exchange in self.now.values()), default=0.0)


def make_view(evidence: Evidence, source: Source) -> View | None:
    """The view of a source; None where nothing was asked there."""
    asked = [_bounded(one) for one in evidence.exchanges if one.source is source and one.method == "GET"]
    if not asked:
        return None
    plain = [one for one in asked if not one.sent_gzip]
    last = max((one.round for one in plain), default=1)
    now = {one.path: one for one in plain if one.round == last}
    return View(
        source,
        evidence.doors.get(source, Door("")),
        now={**{one.path: one for one in plain if one.path not in now}, **now},
        before={one.path: one for one in plain if one.round == last - 1},
        zipped={one.path: one for one in asked if one.sent_gzip},
    )


def _bounded(exchange: Exchange) -> Exchange:
    """JSON read into values takes many times its size: what is larger than any node's counts as not come."""
    if exchange.path.startswith("/metrics") or len(exchange.body) <= MOST_JSON:
        return exchange
    words = f"expected at most {MOST_JSON} bytes; got {len(exchange.body)}"
    return replace(exchange, body=b"", failure=Failure("upstream-too-large", words))


def _good(exchange: Exchange | None) -> Exchange | None:
    whole = exchange is not None and exchange.status == 200 and exchange.failure is None
    return exchange if whole and exchange and exchange.framing.coding in (Coding.PLAIN, Coding.GZIP) else None


def _answers(exchanges: Mapping[str, Exchange]) -> dict[str, Answer]:
    return {path: _answer(one) for path, one in exchanges.items()}


def _answer(exchange: Exchange) -> Answer:
    if exchange.status is None or exchange.failure is not None:
        return Answer(None, error=exchange.failure.sentence if exchange.failure else "no answer")
    return Answer(exchange.status, exchange.content_type, exchange.body, exchange.headers)
