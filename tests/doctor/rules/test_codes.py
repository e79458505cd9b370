"""Every code has evidence that fires it and evidence that comes close and does not.

Firing scenes are the corpus's where it has one; a verdict's ``unless`` is the near miss, with the code it names.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pytest

from kubesieve.doctor.bundle.redact import redact
from kubesieve.doctor.diagnose import diagnose
from kubesieve.doctor.diagnosis import Diagnosis
from kubesieve.doctor.telling import tell
from kubesieve.doctor.verdicts import VERDICTS
from tests.doctor.corpus import CORPUS
from tests.doctor.diagnosed import diagnosis_of, evidence_of
from tests.doctor.rules.close_calls import CLOSE


class Row(NamedTuple):
    """Names of scenes; ``instead`` is a code the near miss does have."""

    fires: str
    near: str
    instead: str | None = None


FOUND_BY_THE_AUDIT_ALONE = {"KS0116", "KS0907"}

TABLE = {
    "KS0101": Row("connection refused", "401 everywhere", "KS0104"),
    "KS0102": Row("unknown CA", "no SAN for the host", "KS0103"),
    "KS0103": Row("no SAN for the host", "a name that ends in a dot", "KS0102"),
    "KS0104": Row("401 everywhere", "403, older words", "KS0105"),
    "KS0105": Row("403, older words", "anonymous", "KS0106"),
    "KS0106": Row("anonymous", "403, newer words", "KS0105"),
    "KS0107": Row("plain http proxy, no token sent", "plain http proxy with a token of its own"),
    "KS0108": Row("no kubelet", "slis 404 for good", "KS0903"),
    "KS0109": Row("http on a TLS port", "400 with other words", "KS0111"),
    "KS0110": Row("TLS on an http port", "unknown CA", "KS0102"),
    "KS0111": Row("cadvisor 500 from the kubelet", "plain http proxy, no token sent", "KS0107"),
    "KS0112": Row("stuck", "connection refused", "KS0101"),
    "KS0113": Row("401 with an expired token", "401 with a token that is still good", "KS0104"),
    "KS0114": Row("login redirect", "HTML with 200", "KS0209"),
    "KS0316": Row("nothing in cadvisor, nobody looked at the kubelet", "pods of other nodes in the list"),
    "KS0118": Row("cadvisor fails now and then", "cadvisor 500 from the kubelet", "KS0111"),
    "KS0119": Row("kubesieve knows no grant", "a kubelet's 403 that kubesieve passes on", "KS0105"),
    "KS0120": Row(
        "401 with a token for another audience", "401 with a token that says nothing against itself", "KS0104"
    ),
    "KS0121": Row("401 with a token of another cluster", "two issuers, and no token is accepted", "KS0104"),
    "KS0117": Row("a body without end", "another protocol on the port", "KS0115"),
    "KS0115": Row("another protocol on the port", "cut by length", "KS0202"),
    "KS0201": Row("bad escape", "no final line feed", "KS0203"),
    "KS0202": Row("cut by length", "short, and as long as announced"),
    "KS0203": Row("no final line feed", "an empty exposition"),
    "KS0204": Row("TYPE lines gone", "a family no agent reads, untyped"),
    "KS0205": Row("pods as text", "text format 1.0.0"),
    "KS0206": Row("empty pods", "an empty exposition"),
    "KS0207": Row("gzip without saying so", "gzip that decodes"),
    "KS0208": Row("items null", "no pod on this node", "KS0801"),
    "KS0209": Row("HTML with 200", "a 404 page", "KS0306"),
    "KS0210": Row("TYPE twice", "a histogram and what else begins with its name"),
    "KS0211": Row("pods no JSON", "no pod on this node"),
    "KS0212": Row("OpenMetrics", "# EOF as a comment"),
    "KS0213": Row("gzip on the pod list", "gzip that decodes"),
    "KS0214": Row("fs without usage", "no fs at all"),
    "KS0301": Row("one namespace filtered everywhere", "series filtered alone, as naive proxies do", "KS0303"),
    "KS0302": Row("summary filtered alone", "a pod that the summary has not measured yet"),
    "KS0303": Row("series filtered alone, as naive proxies do", "some pods without container rows", "KS0608"),
    "KS0304": Row("pods filtered alone", "a pod that ended between /pods and /metrics/cadvisor", "KS0904"),
    "KS0305": Row("machine families dropped", "all as it should be", "KS0905"),
    "KS0306": Row("probes refused by the proxy", "slis 404 for good", "KS0903"),
    "KS0307": Row("a family filtered", "the kubelet lacks the family too"),
    "KS0308": Row("summary without its node's name", "nodeName alone"),
    "KS0309": Row("spec forbidden", "slis 500 from the kubelet itself", "KS0111"),
    "KS0310": Row("image label dropped", "the kubelet lacks the label too"),
    "KS0311": Row("label added", "the kubelet adds the label too"),
    "KS0312": Row("series twice", "old rows beside the new", "KS0610"),
    "KS0313": Row("one pod filtered", "a pod that started before the proxied look", "KS0904"),
    "KS0314": Row("filtered in what metrics-server reads alone", "one namespace filtered everywhere", "KS0301"),
    "KS0315": Row("CPU totals at zero", "stuck proxy", "KS0702"),
    "KS0317": Row("limits cut from the pod list", "waits and has no rows", "KS0705"),
    "KS0318": Row("another's row under one's own namespace", "another's row in one look alone", "KS0904"),
    "KS0501": Row("all as it should be", "both limits", "KS0901"),
    "KS0502": Row("only a CPU limit", "both limits", "KS0901"),
    "KS0503": Row("only a memory limit", "both limits", "KS0901"),
    "KS0504": Row("limits, no usage", "no pod with container rows", "KS0609"),
    "KS0505": Row("limit not in the series", "a limit of 0 in the series where none is set", "KS0501"),
    "KS0506": Row("limit no quantity", "limits in other spellings"),
    "KS0601": Row("another uid in the summary", "mirror pods", "KS0602"),
    "KS0602": Row("mirror pods", "another uid in the API server"),
    "KS0603": Row("pods renamed in the series", "another id", "KS0605"),
    "KS0604": Row("containers renamed in the summary", "waits and has no rows", "KS0705"),
    "KS0605": Row("another id", "old rows beside the new", "KS0610"),
    "KS0606": Row("host names of a virtual cluster", "an agent of the host cluster"),
    "KS0607": Row("no container ids", "waits and has no rows", "KS0705"),
    "KS0608": Row("some pods without container rows", "no pod with container rows", "KS0609"),
    "KS0609": Row("no pod with container rows", "some pods without container rows", "KS0608"),
    "KS0610": Row("old rows beside the new", "series twice", "KS0312"),
    "KS0611": Row(
        "host names of a virtual cluster, and nobody says which are known", "host names that the API server knows"
    ),
    "KS0701": Row("ten minutes old", "stamped a housekeeping interval ago"),
    "KS0702": Row("stuck proxy", "two looks within a second"),
    "KS0703": Row("started five seconds ago", "series filtered alone, as naive proxies do", "KS0303"),
    "KS0704": Row("back in time", "another container under the same name"),
    "KS0705": Row("all as it should be", "both limits"),
    "KS0707": Row("a counter that went back", "another container under the same name", "KS0703"),
    "KS0801": Row("no pod on this node", "items null", "KS0208"),
    "KS0802": Row("another port in the log", "the port that was looked at"),
    "KS0803": Row("excluded by the agent", "a log that says nothing"),
    "KS0805": Row("one container at zero", "zero, and not in /metrics/resource"),
    "KS0806": Row("label misread by metrics-server", "a label that sorts later"),
    "KS0809": Row("yesterday's log", "explained by the view", "KS0301"),
    "KS0901": Row("both limits", "one namespace filtered everywhere", "KS0301"),
    "KS0902": Row("an init container that ended", "a running container without any number"),
    "KS0903": Row("slis 404 for good", "probes refused by the proxy", "KS0306"),
    "KS0904": Row("a pod that started before the proxied look", "one pod filtered", "KS0313"),
    "KS0905": Row("all as it should be", "totals come, machines do not", "KS0305"),
    "KS0906": Row("startTime null", "startTime in 1970"),
}

MORE = {
    "KS0113": Row("an expired token at kubesieve", "kubesieve does not know the token", "KS0119"),
    "KS0120": Row("a token for another audience at kubesieve", "kubesieve does not know the token", "KS0119"),
    "KS0121": Row("a token of another cluster at kubesieve", "kubesieve does not know the token", "KS0119"),
    "KS0611": Row(
        "host names of a virtual cluster, and nobody says which are known", "host names of a virtual cluster", "KS0606"
    ),
    "KS0607": Row("no container ids", "no container id yet"),
    "KS0608": Row("some pods without container rows", "no rows yet"),
    "KS0602": Row("mirror pods", "mirror pods of a namespace nobody asked about"),
    "KS0703": Row("seen once", "both limits"),
    "KS0806": Row("label misread by metrics-server", "a label that does not end so"),
    "KS0310": Row("the label pod renamed", "the kubelet renames the label too"),
    "KS0305": Row("no sample of the node, its comments come", "all as it should be", "KS0905"),
    "KS0315": Row("memory in other numbers", "stuck proxy", "KS0702"),
    "KS0904": Row("a pod that ended before the proxied look", "one pod filtered", "KS0313"),
    "KS0902": Row("no usageBytes", "both limits"),
    "KS0906": Row("startTime in year 1", "both limits"),
    "KS0601": Row("another uid in the summary", "another uid in the API server"),
}
"""A second way for some."""


@cache
def seen(name: str) -> Diagnosis:
    return diagnosis_of(name) if name in CORPUS else diagnose(redact(evidence_of(CLOSE[name])))


def codes(name: str) -> list[str]:
    return [one.code for one in seen(name).findings]


def told(name: str) -> str:
    return "\n".join(f"{one.code} {tell(one).title}: {one.seen}" for one in seen(name).findings)


def test_the_table_has_every_code_that_a_diagnosis_can_find() -> None:
    assert set(TABLE) == {code for code in VERDICTS if not code.startswith("KS04")} - FOUND_BY_THE_AUDIT_ALONE


def test_no_close_call_is_left_out() -> None:
    assert {name for row in (*TABLE.values(), *MORE.values()) for name in row[:2]} >= set(CLOSE)


ROWS = [pytest.param(code, row, id=f"{code} {row.fires}") for table in (TABLE, MORE) for code, row in table.items()]


@pytest.mark.parametrize(("code", "row"), ROWS)
def test_the_code_fires(code: str, row: Row) -> None:
    assert code in codes(row.fires), told(row.fires)


@pytest.mark.parametrize(("code", "row"), ROWS)
def test_a_near_miss_does_not_fire_it(code: str, row: Row) -> None:
    assert code not in codes(row.near), told(row.near)
    if row.instead:
        assert row.instead in codes(row.near), told(row.near)


@pytest.mark.parametrize("name", sorted({name for row in (*TABLE.values(), *MORE.values()) for name in row[:2]}))
def test_whatever_is_found_can_be_told(name: str) -> None:
    for one in seen(name).findings:
        words = tell(one)
        assert all((words.title, words.why, words.symptom, words.fix))


@pytest.mark.parametrize("name", CLOSE)
def test_one_cause_is_told_once(name: str) -> None:
    found = [(one.code, one.seen) for one in seen(name).findings]
    assert len(found) == len(set(found))
