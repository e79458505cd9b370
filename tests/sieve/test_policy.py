"""The one decision: the truth table of samples, and how it is given."""

from __future__ import annotations

import pytest

from kubesieve.faults import OwnFault
from kubesieve.kubelet.endpoints import BY_PATH, ENDPOINTS, Kind
from kubesieve.sieve import NodeSeries, Policy, parse_namespaces, parse_patterns, sieve

NONE, NODE, ALL = NodeSeries.NONE, NodeSeries.NODE, NodeSeries.ALL

TABLE = [
    # endpoint, family, namespace, kept under none, node, all; the real-world reason
    ("cadvisor", "container_cpu_usage_seconds_total", "team-a", True, True, True, "ours"),
    ("cadvisor", "container_cpu_usage_seconds_total", "team-b", False, False, False, "a neighbour's"),
    ("cadvisor", "container_cpu_usage_seconds_total", "team-a2", False, False, False, "no prefix match"),
    ("cadvisor", "container_cpu_usage_seconds_total", "", False, False, True, "id=/: the whole node"),
    ("cadvisor", "container_memory_usage_bytes", None, False, False, True, "no family of the node's"),
    ("cadvisor", "container_scrape_error", None, False, True, True, "alerts rest on it"),
    ("cadvisor", "machine_memory_bytes", None, False, True, True, "dashboards divide by it"),
    ("cadvisor", "machine_swap_bytes", None, False, True, True, "new in 1.31"),
    ("cadvisor", "cadvisor_version_info", None, False, True, True, "says who measures"),
    ("cadvisor", "machine_memory_bytes", "", False, False, True, "the label decides before the family"),
    ("cadvisor", "machine_memory_bytes", "team-b", False, False, False, "the label decides before the family"),
    ("cadvisor", "node_cpu_usage_seconds_total", None, False, False, True, "not where it belongs"),
    ("cadvisor", "container_network_receive_bytes_total", "team-a", True, True, True, "hostNetwork: printed, kept"),
    ("resource", "node_cpu_usage_seconds_total", None, False, True, True, "metrics-server needs it"),
    ("resource", "scrape_error", None, False, True, True, "before 1.29"),
    ("resource", "resource_scrape_error", None, False, True, True, "since 1.29"),
    ("resource", "container_cpu_usage_seconds_total", "team-a", True, True, True, "ours"),
    ("metrics", "kubelet_volume_stats_used_bytes", "team-a", True, True, True, "a claim of ours"),
    ("metrics", "kubelet_running_pods", None, False, False, True, "the neighbours' number"),
    ("metrics", "node_cpu_usage_seconds_total", None, False, False, True, "the kubelet's own page"),
    ("metrics", "machine_memory_bytes", None, False, False, True, "the kubelet's own page"),
    ("probes", "prober_probe_total", "team-b", False, False, False, "a neighbour's"),
    ("probes", "process_start_time_seconds", None, False, False, True, "the kubelet's own"),
    ("slis", "kubernetes_healthcheck", None, False, False, True, "the kubelet's own"),
]
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


@pytest.mark.parametrize(("endpoint", "family", "namespace", "none", "node", "all_", "_why"), TABLE)
def test_which_samples_pass(
    endpoint: str, family: str, namespace: str | None, none: bool, node: bool, all_: bool, _why: str
) -> None:
    for preset, kept in ((NONE, none), (NODE, node), (ALL, all_)):
        policy = Policy(frozenset({"team-a"}), preset)
        encoded = None if namespace is None else namespace.encode()
        assert policy.keeps(BY_NAME[endpoint], family.encode(), encoded) is kept, preset


def test_every_text_endpoint_has_a_row_for_every_node_series() -> None:
    for endpoint in ENDPOINTS:
        for namespace in (None, b""):
            if endpoint.kind is Kind.TEXT:
                assert Policy(frozenset(), NONE).keeps(endpoint, b"what_nobody_thought_of", namespace) is False


def test_keep_adds_unlabelled_families_and_never_rows_that_may_name_a_neighbour() -> None:
    policy = Policy(frozenset({"team-a"}), NONE, keep=("kubelet_*",))
    metrics = BY_PATH["/metrics"]
    assert policy.keeps(metrics, b"kubelet_running_pods", None)
    assert not policy.keeps(metrics, b"kubelet_running_pods", b"")
    assert not policy.keeps(metrics, b"kubelet_running_pods", b"team-b")
    assert not policy.keeps(metrics, b"apiserver_x", None)


def test_drop_takes_a_family_away_whoever_owns_it() -> None:
    policy = Policy(frozenset({"team-a"}), ALL, drop=("container_network_*",))
    cadvisor = BY_PATH["/metrics/cadvisor"]
    assert not policy.keeps(cadvisor, b"container_network_receive_bytes_total", b"team-a")
    assert policy.keeps(cadvisor, b"container_cpu_usage_seconds_total", b"team-a")


SPOOFS = {
    "another label that ends alike": b'a{exported_namespace="team-a"} 1\n',
    "text inside another value": b'a{pod="x\\",namespace=\\"team-a"} 1\n',
    "a container called so": b'a{container="namespace=\\"team-a\\""} 1\n',
    "a value that only begins alike": b'a{namespace="team-a "} 1\n',
    "another case": b'a{Namespace="team-a"} 1\n',
    "another case of the value": b'a{namespace="Team-A"} 1\n',
    "an escaped line feed": b'a{namespace="team-a\\n"} 1\n',
    "in the name": b"namespace:team_a 1\n",
    "in an exemplar": b'a{namespace="team-b"} 1 # {namespace="team-a"} 1\n',
    "in a comment": b'# namespace="team-a"\na{namespace="team-b"} 1\n',
    "behind a quoted name that is no label": b'{"namespace=\\"team-a\\""} 1\n',
}


@pytest.mark.parametrize("body", SPOOFS.values(), ids=SPOOFS.keys())
def test_only_the_value_of_the_label_namespace_makes_a_sample_ours(body: bytes) -> None:
    assert sieve(BY_PATH["/metrics/cadvisor"], body, Policy(frozenset({"team-a"}), NONE)).body == b""


OURS = {
    "first": b'a{namespace="team-a",x="1"} 1\n',
    "last": b'a{x="namespace=\\"team-b\\"",namespace="team-a"} 1\n',
    "in quotes": b'a{"namespace"="team-a"} 1\n',
    "with blanks": b'a{ namespace = "team-a" , } 1\n',
    "a neighbour's name elsewhere": b'a{exported_namespace="team-b",namespace="team-a"} 1\n',
    "with a quoted metric name": b'{"a.b","namespace"="team-a"} 1\n',
    "a zero time stamp of Go": b'a{namespace="team-a"} -6.2135596800e+10 -62135596800000\n',
    "the sandbox row of docker": b'a{container="POD",namespace="team-a",pod="p"} 1\n',
    "the sandbox row of containerd": b'a{container="",image="pause",namespace="team-a",pod="p"} 1\n',
    "empty labels": b'a{container="",image="",name="",namespace="team-a"} 1\n',
}


@pytest.mark.parametrize("body", OURS.values(), ids=OURS.keys())
def test_our_samples_pass_byte_for_byte(body: bytes) -> None:
    assert sieve(BY_PATH["/metrics/cadvisor"], body, Policy(frozenset({"team-a"}), NONE)).body == body


def test_metadata_stays_for_families_with_a_kept_sample_only() -> None:
    body = (
        b'# HELP a x\n# TYPE a counter\n# UNIT a s\na{namespace="team-b"} 1\n# free\n\n'
        b'# HELP h x\n# TYPE h histogram\nh_sum{namespace="team-b"} 1\nh_count{namespace="team-a"} 1'
    )
    answer = sieve(BY_PATH["/metrics/cadvisor"], body, Policy(frozenset({"team-a"})))
    assert answer.body == b'# HELP h x\n# TYPE h histogram\nh_count{namespace="team-a"} 1\n'
    assert (answer.kept, answer.dropped) == (1, 2)


def test_a_restarted_container_keeps_both_its_rows_and_their_time_stamps() -> None:
    body = b'a{id="/x/1",name="1",namespace="team-a"} 300 1000\na{id="/x/2",name="2",namespace="team-a"} 5 1001\n'
    assert sieve(BY_PATH["/metrics/cadvisor"], body, Policy(frozenset({"team-a"}))).body == body


@pytest.mark.parametrize(
    ("text", "names"), [("a", {"a"}), (" a , b,", {"a", "b"}), ("kube-system,a1", {"kube-system", "a1"})]
)
def test_namespaces_are_given_with_commas(text: str, names: set[str]) -> None:
    assert parse_namespaces(text) == names


@pytest.mark.parametrize("text", ["", " , ", "A", "a_b", "a.b", "*", "-a", "a-", "a" * 64, "a b", "é"])
def test_what_no_namespace_is_called_is_refused(text: str) -> None:
    with pytest.raises(OwnFault, match="expected namespaces"):
        parse_namespaces(text)


@pytest.mark.parametrize("text", ["", "a-b", "a[0-9]", "9a", "a?", "a{b}"])
def test_what_no_family_is_called_is_refused(text: str) -> None:
    with pytest.raises(OwnFault, match="expected a metric name"):
        parse_patterns((text,))
