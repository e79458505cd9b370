"""What an audit asks: tables of requests, nothing else is ever sent.

Whatever could run something is asked of a pod that does not exist, without a command, and hung up on after the status.
``{own}`` and ``{foreign}`` stand for an allowed namespace and one that is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kubesieve.kubelet.endpoints import ENDPOINTS, Kind

NOBODY = "kubesieve-audit/none/none"
"""Namespace, pod and container that do not exist."""

Headers = tuple[tuple[str, str], ...]

HANDSHAKE: Headers = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "a3ViZXNpZXZlLWF1ZGl0IQ=="),
    ("Sec-WebSocket-Protocol", "v4.channel.k8s.io"),
)
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@dataclass(frozen=True, slots=True)
class Probe:
    """A GET. ``meant`` is the path of the endpoint whose data it is after ("" for none), ``body`` is sent as a form."""

    target: str
    meant: str = ""
    headers: Headers = ()
    body: bytes = b""

    @property
    def upgrades(self) -> bool:
        return any(name == "Upgrade" for name, _ in self.headers)

    def filled(self, own: str, foreign: str) -> Probe:
        """With the namespaces in their places."""

        def put(text: str) -> str:
            return text.replace("{own}", own).replace("{foreign}", foreign)

        headers = tuple((name, put(value)) for name, value in self.headers)
        return replace(self, target=put(self.target), headers=headers, body=put(self.body.decode()).encode())


def _probe(target: str, meant: str = "", **headers: str) -> Probe:
    return Probe(target, meant, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


RUNNING_PODS = Probe("/runningpods/", "/runningpods/")
"""The one endpoint that a doctor's look leaves out."""

AFTER = tuple(Probe(endpoint.path, endpoint.path) for endpoint in ENDPOINTS if endpoint.kind is not Kind.HEALTH)
"""Asked of the kubelet a last time: what it shows before and after the proxy is no churn."""

ODD = (
    _probe("//pods", "/pods"),
    _probe("/pods/", "/pods"),
    _probe("/./pods", "/pods"),
    _probe("/metrics/../pods", "/pods"),
    _probe("/metrics/..%2fpods", "/pods"),
    _probe("/%70ods", "/pods"),
    _probe("/pods;x=1", "/pods"),
    _probe("/pods%3F", "/pods"),
    _probe("/runningpods", "/runningpods/"),
    _probe("//runningpods/", "/runningpods/"),
    _probe("/stats//summary", "/stats/summary"),
    _probe("/stats/summary/", "/stats/summary"),
    _probe("/stats%2fsummary", "/stats/summary"),
    _probe("//metrics/cadvisor", "/metrics/cadvisor"),
    _probe("/metrics//cadvisor", "/metrics/cadvisor"),
    _probe("/metrics/cadvisor/", "/metrics/cadvisor"),
    _probe("/metrics%2fcadvisor", "/metrics/cadvisor"),
    _probe("/%6detrics/cadvisor", "/metrics/cadvisor"),
    _probe("/metrics/x/../resource", "/metrics/resource"),
    _probe("http://127.0.0.1:1/pods", "/pods"),
    _probe("http://127.0.0.1:1/metrics/cadvisor", "/metrics/cadvisor"),
)

ELSEWHERE = (Probe("@127.0.0.1:1/pods"),)
"""Behind a base URL put together as text, this names another host: the proxy's own, a port that nobody uses."""

_TO = ("/pods", "/metrics/resource")
SPOOFED = tuple(
    _probe(path, path, **headers)
    for path in _TO
    for headers in (
        {"X-Remote-User": "system:admin", "X-Remote-Group": "system:masters"},
        {"Impersonate-User": "system:admin", "Impersonate-Group": "system:masters"},
        {"X-Forwarded-User": "{foreign}", "X-Forwarded-For": "127.0.0.1"},
        {"X-Namespace": "{foreign}"},
        {"X-Scope-OrgID": "{foreign}"},
        {"X-Original-URL": "/runningpods/", "X-Rewrite-URL": "/runningpods/"},
        {"X-HTTP-Method-Override": "HEAD"},
        {"Connection": "Authorization, X-Remote-User", "X-Remote-User": "system:admin"},
    )
)

QUERIES = (
    _probe("/pods?verbose=True", "/pods"),
    _probe("/stats/summary?verbose=True", "/stats/summary"),
    _probe("/metrics/cadvisor?verbose=True", "/metrics/cadvisor"),
    _probe("/pods?namespace={foreign}", "/pods"),
    _probe("/pods?namespace={own}&namespace={foreign}", "/pods"),
    _probe("/pods?fieldSelector=metadata.namespace%3D{foreign}", "/pods"),
    _probe("/metrics/cadvisor?namespace={foreign};x=1", "/metrics/cadvisor"),
    _probe("/metrics/resource?namespace={foreign}", "/metrics/resource"),
    _probe("/metrics/resource?match%5B%5D=%7Bnamespace%3D%22{foreign}%22%7D", "/metrics/resource"),
    _probe("/stats/summary?only_cpu_and_memory=true&namespace={foreign}", "/stats/summary"),
    Probe("/pods", "/pods", (("Content-Type", "application/x-www-form-urlencoded"),), b"namespace={foreign}"),
)

NEGOTIATED = (
    _probe("/metrics/cadvisor", "/metrics/cadvisor", Accept=PROTOBUF),
    _probe("/metrics/resource", "/metrics/resource", Accept=PROTOBUF),
    _probe("/metrics/resource", "/metrics/resource", Accept=OPENMETRICS),
    _probe("/metrics/cadvisor", "/metrics/cadvisor", Accept_Encoding="gzip"),
    _probe("/metrics/resource", "/metrics/resource", Accept_Encoding="gzip"),
    _probe("/metrics", "/metrics", Accept_Encoding="gzip"),
    _probe("/metrics/probes", "/metrics/probes", Accept_Encoding="gzip"),
    _probe("/pods", "/pods", Accept_Encoding="gzip"),
    _probe("/runningpods/", "/runningpods/", Accept_Encoding="gzip"),
    _probe("/pods", "/pods", Accept="application/vnd.kubernetes.protobuf, application/json"),
    _probe("/pods", "/pods", Accept="application/json"),
    _probe("/stats/summary", "/stats/summary", Accept="application/json"),
    _probe("/metrics/cadvisor", "/metrics/cadvisor", Accept="text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
    _probe("/stats/summary", "/stats/summary", Accept_Encoding="gzip"),
)

CONTROL = Probe(f"/{NOBODY}")
"""A path that nobody has: what the proxy says to that is its refusal."""
UPGRADE_CONTROL = replace(CONTROL, headers=HANDSHAKE)

_RUNS = (
    f"/exec/{NOBODY}",
    f"/attach/{NOBODY}",
    f"/run/{NOBODY}",
    "/portForward/kubesieve-audit/none",
    "/cri/exec/none",
)
RUNNING = tuple(Probe(path, headers=headers) for path in _RUNS for headers in ((), HANDSHAKE))

READING = (
    Probe("/configz"),
    Probe("/logs/"),
    Probe("/debug/pprof/"),
    Probe("/debug/flags/v"),
    Probe(f"/containerLogs/{NOBODY}"),
    Probe(f"/checkpoint/{NOBODY}"),
    Probe("/stats/container"),
    Probe("/flagz"),
    Probe("/statusz"),
)

SWITCHING = tuple(Probe(path, path, HANDSHAKE) for path in ("/metrics", "/pods"))

AGAIN = tuple(Probe(path, path) for path in ("/pods", "/stats/summary", "/metrics/cadvisor", "/metrics/resource"))
"""Plain requests, when all others were made."""

AROUND = tuple(Probe(path, path) for path in ("/pods", "/stats/summary", "/metrics/cadvisor"))
"""Asked of the kubelet itself (with the caller's token, without, on the read-only port), and of the proxy without."""
