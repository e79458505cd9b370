"""The ways to look at the node, which all other tables call by their names."""

from __future__ import annotations

from kubesieve.lab.judged import Case
from kubesieve.lab.place import Kind, Way
from kubesieve.lab.scene import ALLOWED, WAYS
from kubesieve.lab.values import Step, Table

WORDS = {Kind.DIRECT: "the kubelet itself", Kind.NAIVE: "a naive filtering proxy", Kind.SIEVE: "kubesieve serve"}
NOTES = (
    "Datadog's agents show their token on https only; naive+token is a client that shows it on plain http as well, "
    "such as curl, or an agent behind something that ends TLS.",
)


def views(case: Case) -> Step:
    rows = tuple(_row(way, token_sent=case.views[way].go.token_sent) for way in WAYS)
    return Step((Table("The views of the node", ("view", "who answers", "token shown", "allowed"), rows, NOTES),), ())


def _row(way: Way, *, token_sent: bool) -> tuple[str, ...]:
    allowed = {Kind.DIRECT: ("everything",), Kind.NAIVE: ALLOWED, Kind.SIEVE: way.allowed}
    return (way.name, WORDS[way.kind], "yes" if token_sent else "no", ", ".join(allowed[way.kind]))
