"""Pods are made anew for what ``serve`` reads at its start alone; all else it takes from the changed file."""

from __future__ import annotations

from typing import Any

import pytest

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration import read
from kubesieve.gateway.configured import in_effect, waiting
from tests.deploy.rendering import Values, chart, configuration, pod
from tests.deploy.scenes import AGENT, EVERYBODY, TENANT

CA = {"clientCA": {"configMap": "clients"}}
BEFORE: Values = {"config": {"grants": {"tenants": [TENANT]}}, "tls": CA}
CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a tenant": {"config": {"grants": {"tenants": [{**TENANT, "namespaces": ["other"]}]}}},
    "RBAC": {"config": {"grants": {"tenants": [TENANT], "rbac": {}}}},
    "audiences": {"config": {"identity": {"tokenReview": {"audiences": ["a"]}}, "grants": {"tenants": [TENANT]}}},
    "node series": {"config": {"nodeSeries": {"preset": "all"}, "grants": {"tenants": [TENANT]}}},
    "certificates, too": {
        "config": {"identity": {"clientCertificates": True, "tokenReview": {}}, "grants": {"tenants": [TENANT]}}
    },
    "certificates alone": {"config": {"identity": {"clientCertificates": True}, "grants": {"tenants": [TENANT]}}},
    "forward": {"config": {"identity": {"forward": True}, "grants": {"tenants": [EVERYBODY]}}},
    "sharing": {"config": {"sharing": {"ttl": "1s"}, "grants": {"tenants": [TENANT]}}},
    "limits": {"config": {"limits": {"requests": 9}, "grants": {"tenants": [TENANT]}}},
    "logs": {"config": {"containerLogs": {"enabled": True}, "grants": {"tenants": [TENANT]}}, "legacyKubelet": True},
    "plain http": {"tls": {**CA, "enabled": False}},
    "no client CA": {"tls": {}},
    "another kubelet's port": {"kubelet": {"port": 10350}},
    "another CA": {"kubelet": {"ca": {"configMap": "kubelet-ca"}}},
    "a timeout": {"kubelet": {"timeout": "3s"}},
    "another subject": {
        "config": {"grants": {"tenants": [{**TENANT, "subjects": [AGENT, {"kind": "User", "name": "a"}]}]}}
    },
}


def _digest_and_text(values: Values) -> tuple[str, bytes]:
    objects = chart(values)
    digest = pod(objects)["metadata"]["annotations"]["kubesieve.io/read-at-start"]
    return digest, configuration(objects).encode()


def _takes_a_restart(before: bytes, after: bytes) -> bool:
    now, changed = (read(text, {"NODE_IP": "10.0.0.7"}) for text in (before, after))
    try:
        return bool(waiting(in_effect(now, changed), changed))
    except OwnFault:
        return True


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_pods_change_where_the_program_would_wait_for_a_restart(change: Values) -> None:
    (before, old), (after, new) = _digest_and_text(BEFORE), _digest_and_text({**BEFORE, **change})
    assert (before != after) == _takes_a_restart(old, new)


def test_both_happen() -> None:
    digests = {name: _digest_and_text({**BEFORE, **change})[0] for name, change in CHANGES.items()}
    same = {name for name, digest in digests.items() if digest == digests["nothing"]}
    assert same == {"nothing", "a tenant", "RBAC", "audiences", "node series", "another subject"}
