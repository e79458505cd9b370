"""Values that the chart refuses, and with which words; its schema holds kubesieve's own."""

from __future__ import annotations

import copy
import json
import re
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from tests.deploy.rendering import CHART, Values, helm
from tests.deploy.scenes import AGENT, CHARTS, DROP_IN, EVERYBODY, TENANT

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
OWN = json.loads(files("kubesieve.gateway.configuration").joinpath("configuration.schema.json").read_text())
FORWARD = {"identity": {"forward": True}}


def _stop(after: float | str) -> Values:
    return {"config": {"limits": {"stopSeconds": after}}}


BAD: dict[str, tuple[Values, str]] = {
    "a mode that there is not": (
        {"mode": "sidecar"},
        "at '/mode': value must be one of 'daemonset', 'gateway', 'dropIn'",
    ),
    "a key that there is not": ({"replica": 2}, "additional properties 'replica' not allowed"),
    "a key that there is not, below": (
        {"tls": {"secret": "x"}},
        "at '/tls': additional properties 'secret' not allowed",
    ),
    "what the chart fills in": (
        {"config": {"listen": {"address": ":1"}}},
        "additional properties 'listen' not allowed",
    ),
    "the kubelet in config": (
        {"config": {"kubelet": {"url": "https://a"}}},
        "additional properties 'kubelet' not allowed",
    ),
    "a key of config misspelt": ({"config": {"sharing": {"tll": "5s"}}}, "additional properties 'tll' not allowed"),
    "a duration": ({"config": {"sharing": {"ttl": "5 s"}}}, "at '/config/sharing/ttl'"),
    "a bound": ({"config": {"limits": {"requests": 0}}}, "at '/config/limits/requests': minimum: got 0, want 1"),
    "a namespace": (
        {"config": {"grants": {"tenants": [{**TENANT, "namespaces": ["Team-A"]}]}}},
        "namespaces/0': 'Team-A' does not match",
    ),
    "no grants": ({"config": {"grants": {}}}, "at '/config/grants'"),
    "a tenant for nobody": ({"config": {"grants": {"tenants": [EVERYBODY]}}}, "missing property 'subjects'"),
    "nobody is identified": ({"config": {"identity": {}}}, "at '/config/identity'"),
    "a token in a value": ({"config": {"kubelet": {"token": "x"}}}, "additional properties 'kubelet' not allowed"),
    "a text for a flag": ({"legacyKubelet": "true"}, "at '/legacyKubelet': got string, want boolean"),
    "a number for a text": ({"image": {"tag": 1.2}}, "at '/image/tag': got number, want string"),
    "a digest": ({"image": {"digest": "latest"}}, "at '/image/digest'"),
    "a port": ({"kubelet": {"port": 0}}, "at '/kubelet/port': minimum: got 0, want 1"),
    "a CIDR": ({"networkPolicy": {"kubelets": {"cidrs": ["10.0.0.1"]}}}, "at '/networkPolicy/kubelets/cidrs/0'"),
    "no peers, which would be anybody": ({"networkPolicy": {"tenants": []}}, "at '/networkPolicy/tenants': minItems"),
    "a peer of nothing": ({"networkPolicy": {"tenants": [{}]}}, "at '/networkPolicy/tenants/0': minProperties"),
    "no ports of the API server": (
        {"networkPolicy": {"apiServer": {"ports": []}}},
        "at '/networkPolicy/apiServer/ports'",
    ),
    "no replicas": ({"replicas": 0}, "at '/replicas': minimum: got 0, want 1"),
    "a share": ({"updateStrategy": {"maxUnavailable": "0%"}}, "at '/updateStrategy/maxUnavailable'"),
    "none may be away": ({"podDisruptionBudget": {"maxUnavailable": 0}}, "at '/podDisruptionBudget/maxUnavailable'"),
    "an environment without a value": ({"env": [{"name": "A"}]}, "at '/env/0'"),
    "a label that is no text": ({"podLabels": {"a": True}}, "at '/podLabels/a': got boolean, want string"),
    "resources": ({"resources": {"request": {}}}, "additional properties 'request' not allowed"),
    "a claim": ({"resources": {"claims": []}}, "additional properties 'claims' not allowed"),
    "a name": ({"fullnameOverride": "Sieve"}, "at '/fullnameOverride'"),
    "logs without their right": (
        {"config": {"containerLogs": {"enabled": True}}},
        "config.containerLogs.enabled: it takes nodes/proxy",
    ),
    "rights that are not used": (
        {"legacyKubelet": True, "config": {**FORWARD, "grants": {"tenants": [EVERYBODY]}}},
        "legacyKubelet: the callers' tokens are shown",
    ),
    "rights in the place of a naive proxy": ({**DROP_IN, "legacyKubelet": True}, "legacyKubelet: the callers' tokens"),
    "forward without a tenant": ({"config": FORWARD}, "config.grants: with identity.forward expected one tenant"),
    "forward with RBAC": ({"config": {**FORWARD, "grants": {"rbac": {}}}}, "at '/config/grants': 'not' failed"),
    "forward for two": (
        {"config": {**FORWARD, "grants": {"tenants": [EVERYBODY, {**EVERYBODY, "name": "b"}]}}},
        "at '/config/grants/tenants': maxItems: got 2, want 1",
    ),
    "forward for somebody": (
        {"config": {**FORWARD, "grants": {"tenants": [{**EVERYBODY, "subjects": [AGENT]}]}}},
        "at '/config/grants/tenants/0/subjects'",
    ),
    "forward and reviews": ({"config": {"identity": {"forward": True, "tokenReview": {}}}}, "at '/config/identity'"),
    "certificates of nobody": (
        {"config": {"identity": {"clientCertificates": True}}},
        "config.identity.clientCertificates: expected tls.enabled and tls.clientCA",
    ),
    "certificates over plain http": (
        {
            "config": {"identity": {"clientCertificates": True}},
            "tls": {"enabled": False, "clientCA": {"secret": "clients"}},
        },
        "config.identity.clientCertificates: expected tls.enabled and tls.clientCA",
    ),
    "an issuer without a name": ({"tls": {"certManager": {"enabled": True}}}, "tls.certManager.issuerRef.name"),
    "a certificate for plain http": (
        {"tls": {"enabled": False, "certManager": {"enabled": True, "issuerRef": {"name": "a"}}}},
        "tls.certManager.enabled: not with tls.enabled: false",
    ),
    "two CAs": ({"kubelet": {"ca": {"secret": "a", "configMap": "b"}}}, "kubelet.ca: expected a configMap or a secret"),
    "two client CAs": ({"tls": {"clientCA": {"secret": "a", "configMap": "b"}}}, "tls.clientCA: expected a configMap"),
    "verified and not": (
        {"kubelet": {"insecure": True, "ca": {"secret": "a"}}},
        "kubelet.insecure: not with kubelet.ca",
    ),
    "nodes of a DaemonSet": (
        {"kubelet": {"nodes": {"serverName": "Address"}}},
        "kubelet.nodes: only with mode gateway",
    ),
    "nodes misspelt": ({"mode": "gateway", "kubelet": {"nodes": {"ranges": []}}}, "at '/kubelet/nodes'"),
    "one name of many nodes": (
        {"mode": "gateway", "kubelet": {"serverName": "a"}},
        "kubelet.serverName: not with gateway",
    ),
    "more at least than at most": ({"autoscaling": {"minReplicas": 5}}, "autoscaling.minReplicas: expected at most"),
    "killed before it stops": (
        {"terminationGracePeriodSeconds": 10},
        "terminationGracePeriodSeconds: expected more than config.limits.stopSeconds",
    ),
    "killed before it stops, in the place of a naive proxy": (
        {**DROP_IN, "terminationGracePeriodSeconds": 5},
        "terminationGracePeriodSeconds: expected more than",
    ),
    "stops for too long": (_stop(30), "terminationGracePeriodSeconds: expected more than config.limits.stopSeconds"),
    "stops for too long, by a text": (_stop("30s"), "terminationGracePeriodSeconds: expected more than"),
    "stops for minutes": (_stop("0.5m"), "terminationGracePeriodSeconds: expected more than"),
    "stops for too many milliseconds": (_stop("30000ms"), "terminationGracePeriodSeconds: expected more than"),
    "an environment that says a thing twice": (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
        "env: expected each name once; got A twice",
    ),
    "scaled by what is not asked for": (
        {"mode": "gateway", "resources": {"requests": {"memory": "1Gi"}}},
        "resources.requests.cpu: autoscaling counts in shares of it",
    ),
    "scaled by nothing": (
        {"mode": "gateway", "resources": {"limits": {"memory": "1Gi"}}},
        "resources.requests.cpu: autoscaling counts in shares of it",
    ),
    "nobody in the place of a naive proxy": ({"mode": "dropIn"}, "dropIn.namespaces: expected at least one namespace"),
    "a configuration there": ({**DROP_IN, "config": {"sharing": {"ttl": 0}}}, "config, env: dropIn takes neither"),
    "pods that tell of several nodes": (
        {**DROP_IN, "dropIn": {"kind": "Deployment", "namespaces": ["a"]}},
        "dropIn.kind: a Deployment's pods would tell of several nodes",
    ),
    "a namespace there": ({**DROP_IN, "dropIn": {"namespaces": ["a,b"]}}, "at '/dropIn/namespaces/0'"),
}


@pytest.mark.parametrize(("values", "why"), BAD.values(), ids=BAD)
def test_bad_values_are_refused_with_a_reason(values: Values, why: str) -> None:
    done = helm(values)
    assert done.returncode != 0
    assert done.stdout == ""
    assert why in done.stderr


@pytest.mark.parametrize(
    "values",
    [
        _stop(29.9),
        _stop("29s"),
        _stop("0.4m"),
        _stop("29999ms"),
        _stop("$(STOP)"),
        {"config": {"limits": {"stopSeconds": 5}}, "terminationGracePeriodSeconds": 6},
        {"mode": "gateway", "resources": {"limits": {"cpu": "1"}}},
        {"mode": "gateway", "resources": {"requests": {"memory": "1Gi"}}, "autoscaling": {"enabled": False}},
        {"resources": {"requests": {"memory": "1Gi"}}},
    ],
    ids=str,
)
def test_what_is_near_to_bad_is_taken(values: Values) -> None:
    done = helm(values)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CHARTS)
def test_good_values_are_so_by_the_schema_alone(name: str) -> None:
    jsonschema.Draft7Validator(SCHEMA).validate(
        _merged(yaml.safe_load((CHART / "values.yaml").read_text()), CHARTS[name])
    )


def _merged(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
    return over


def _paths(schema: dict[str, Any], path: str) -> list[str]:
    below = schema.get("properties", {})
    return [one for key, part in below.items() for one in _paths(part, f"{path}.{key}" if path else key)] or [path]


def test_the_schema_refuses_what_it_does_not_know_everywhere() -> None:
    def closed(schema: dict[str, Any]) -> bool:
        parts = schema.get("properties", {})
        return not parts or (schema["additionalProperties"] is False and all(map(closed, parts.values())))

    assert closed(SCHEMA)


def test_the_schema_and_the_defaults_have_the_same_keys() -> None:
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())

    def keys(value: Any, path: str = "") -> list[str]:
        if not isinstance(value, dict) or not value:
            return [path]
        return [one for key, part in value.items() for one in keys(part, f"{path}.{key}" if path else key)]

    known = {one for one in _paths(SCHEMA, "") if not one.startswith("config.")} - {"global"}
    told = {one.removesuffix(".kubernetes.io/os") for one in keys(defaults)} - {"config", "resources"}
    assert told == {one for one in known if not one.startswith("resources.")}


def test_the_page_tells_every_value_and_no_other() -> None:
    page = (ROOT / "docs/deploy.md").read_text().partition("\n## Choices\n")[2].partition("\n## ")[0]
    told = [one.strip("` ") for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for one in row.split(",")]
    known = {re.sub(r"^(config|resources|kubelet\.nodes)\..*", r"\1", one) for one in _paths(SCHEMA, "")} - {"global"}
    assert sorted(told) == sorted(known)


def test_the_schema_holds_kubesieves_own() -> None:
    """Copied from configuration.schema.json: where this fails, copy it again."""
    config = SCHEMA["properties"]["config"]
    assert config["properties"] == {key: OWN["properties"][key] for key in config["properties"]}
    filled_in = {"apiVersion", "kind", "listen", "admin", "kubelet", "apiServer"}
    assert set(OWN["properties"]) - set(config["properties"]) == filled_in
    rules = copy.deepcopy(OWN["allOf"][:1])
    del rules[0]["else"]["properties"]["kubelet"]
    assert config["allOf"] == rules
    assert {name: SCHEMA["$defs"][name] for name in OWN["$defs"]} == OWN["$defs"]
