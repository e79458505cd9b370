"""A small made-up diagnosis, and one with a given text in every place that evidence can reach."""

from __future__ import annotations

from kubesieve.agents import Key
from kubesieve.doctor.diagnosis import ContainerLine, Diagnosis, EndpointFacts, ViewFacts
from kubesieve.doctor.evidence import Source
from kubesieve.doctor.finding import Finding, Proof, Unknown

LIMITED = Key("sandbox", "pod-with-limits", "app")
UNLIMITED = Key("sandbox", "pod-without-limits", "app")
AGENT = Key("datadog", "agent", "agent")

SMALL = Diagnosis(
    findings=(
        Finding(
            "KS0301",
            "sandbox: 2 containers",
            proofs=(Proof("datadog, kube-system", Source.PROXY, "/pods"), Proof("a row", Source.DIRECT, "/metrics", 7)),
            namespace="sandbox",
            endpoint="/pods",
            explains=(LIMITED, UNLIMITED),
            values={
                "namespaces": "sandbox",
                "count": "2",
                "endpoints": "/pods, /stats/summary",
                "truth": "the direct /pods",
                "allow": "datadog,kube-system,sandbox",
                "pattern": "sandbox",
            },
        ),
        Finding(
            "KS0501",
            "1 container",
            namespace="sandbox",
            pod="pod-without-limits",
            container="app",
            values={"count": "1", "containers": str(UNLIMITED), "kind": "deploy/x", "namespace": "sandbox"},
        ),
    ),
    unknowns=(Unknown("do the direct numbers move?", "there is one look only"),),
    containers=(
        ContainerLine(AGENT, 12.34, 56.0),
        ContainerLine(LIMITED, None, None, "KS0301", "KS0301"),
        ContainerLine(UNLIMITED, None, None, "KS0501", "KS0501"),
    ),
    views={
        "proxy": ViewFacts(
            "https://proxy.example:8443",
            (
                EndpointFacts("/pods?verbose=True", 200, "application/json", 1234),
                EndpointFacts("/metrics/cadvisor", 500, "text/plain", 20, "text-malformed"),
                EndpointFacts("/healthz", None, fault="upstream-timeout"),
            ),
            {"/pods": ("datadog", "kube-system")},
        )
    },
    notes=("addresses are shortened",),
)


class _Anything(dict[str, str]):
    def __missing__(self, _name: str) -> str:
        return self[""]


def with_text(text: str) -> Diagnosis:
    """Every field that evidence fills holds the text; codes and paths are ours."""
    key = Key(text, text, text)
    finding = Finding(
        "KS0301",
        text,
        proofs=(Proof(text, Source.PROXY, text, 1), Proof(text)),
        namespace=text,
        pod=text,
        container=text,
        endpoint=text,
        explains=(key,),
        values=_Anything({"": text}),
    )
    return Diagnosis(
        findings=(finding, Finding("KS0501", text, values=_Anything({"": text}))),
        unknowns=(Unknown(text, text),),
        containers=(ContainerLine(key, None, 1.0, "KS0301"),),
        views={text: ViewFacts(text, (EndpointFacts(text, 200, text, 1, text),), {text: (text,)})},
        notes=(text,),
    )
