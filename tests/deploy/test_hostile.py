"""Values that would say more than they are asked: null for a default, and text that is more than a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import CHART, LOADER, Values, helm, run
from tests.deploy.scenes import DROP_IN

pytestmark = pytest.mark.slow

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
FREE = {"kubelet.nodes", "resources", "nodeSelector", "affinity", "podAnnotations", "podLabels", "config"}
"""Maps of the user's own, all of which may be there or not; what is in them is."""
HOSTILE = (
    'x"}, {"a": "b"\n  hostNetwork: true',
    "x, path: z}, {key: b # $(A)\n  hostNetwork: true",
)
"""For a place in quotes, and for one without."""


def _paths(values: Values, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*before, key)
        if isinstance(value, dict) and ".".join((*before, key)) not in FREE:
            yield from _paths(value, (*before, key))


def _with(path: tuple[str, ...], value: Any) -> Values:
    values: Values = {}
    inner = values
    for key in path[:-1]:
        inner = inner.setdefault(key, {})
    inner[path[-1]] = value
    return values


def _at(path: tuple[str, ...]) -> Any:
    value: Any = DEFAULTS
    for key in path:
        value = value[key]
    return value


PATHS = list(_paths(DEFAULTS))
TEXTS = [path for path in PATHS if isinstance(_at(path), str)]
ALL_ON: Values = {
    "tls": {"certManager": {"enabled": True, "issuerRef": {"name": "ca"}}},
    "monitoring": {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}},
    "priorityClass": {"create": True},
}
DROPPED_IN: Values = {**DROP_IN, "dropIn": {"kind": "Deployment", "kubeletHost": "node", "namespaces": ["a"]}}
LISTS: dict[str, Callable[[str], Values]] = {
    "image.pullSecrets": lambda text: {"image": {"pullSecrets": [text]}},
    "dropIn.namespaces": lambda text: {"mode": "dropIn", "dropIn": {"namespaces": [text]}},
    "tls.certManager.dnsNames": lambda text: {
        "tls": {"certManager": {"enabled": True, "issuerRef": {"name": "ca"}, "dnsNames": [text]}}
    },
    "networkPolicy.kubelets.cidrs": lambda text: {"networkPolicy": {"kubelets": {"cidrs": [text]}}},
    "tls.certManager.ipAddresses": lambda text: {
        "tls": {"certManager": {"enabled": True, "issuerRef": {"name": "ca"}, "ipAddresses": [text]}}
    },
    "networkPolicy.apiServer.cidrs": lambda text: {"networkPolicy": {"apiServer": {"cidrs": [text]}}},
    "env": lambda text: {"env": [{"name": "A", "value": text}]},
    "config": lambda text: {"config": {"identity": {"tokenReview": {"audiences": [text]}}}},
    "kubelet.nodes": lambda text: {"mode": "gateway", "kubelet": {"nodes": {"addressTypes": [text]}}},
    "podAnnotations": lambda text: {"podAnnotations": {"a": text}},
    "podLabels": lambda text: {"podLabels": {"a": text}},
    "nodeSelector": lambda text: {"nodeSelector": {"a": text}},
    "service.annotations": lambda text: {"service": {"annotations": {"a": text}}},
    "serviceAccount.annotations": lambda text: {"serviceAccount": {"annotations": {"a": text}}},
}


@pytest.mark.parametrize("path", PATHS, ids=[".".join(path) for path in PATHS])
def test_null_takes_no_default_away(path: tuple[str, ...]) -> None:
    done = helm(_with(path, None))
    if ".".join(path) in FREE and done.returncode == 0:
        assert done.stdout == helm({}).stdout
        return
    assert done.returncode != 0
    assert "nil pointer" not in done.stderr
    assert path[-1] in done.stderr


def test_no_peers_by_null_is_not_everybody() -> None:
    done = run("helm", "template", "kubesieve", str(CHART), "--set", "networkPolicy.tenants=null")
    assert done.returncode != 0
    assert "missing property 'tenants'" in done.stderr


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("path", TEXTS, ids=[".".join(path) for path in TEXTS])
def test_a_text_stays_where_it_is(path: tuple[str, ...], text: str) -> None:
    for base in _bases(path):
        _stays(lambda one, base=base: _merged(base, _with(path, one)), text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", list(LISTS))
def test_a_text_of_a_list_stays_where_it_is(name: str, text: str) -> None:
    _stays(LISTS[name], text)


def _bases(path: tuple[str, ...]) -> list[Values]:
    """Values with which the text is rendered at all."""
    if path[0] == "dropIn":
        return [DROPPED_IN]
    return [ALL_ON, DROPPED_IN] if path == ("kubelet", "serverName") else [ALL_ON]


def _merged(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _merged(under.get(key), value) for key, value in over.items()}}
    return over


def _stays(values: Callable[[str], Values], text: str) -> None:
    """Refused by the chart, not by a parser; or what any other text would give, but for the scalar it is in."""
    done = helm(values(text))
    if done.returncode:
        assert "YAML parse error" not in done.stderr
        assert "nil pointer" not in done.stderr
        return
    plain = helm(values("plaintext"))
    assert plain.returncode == 0, plain.stderr
    assert _shape(done.stdout, text) == _shape(plain.stdout, "plaintext")


def _shape(rendered: str, text: str) -> list[Any]:
    objects = [one for one in yaml.load_all(rendered, Loader=LOADER) if one]
    for one in objects:
        if one["kind"] == "ConfigMap":
            one["data"]["config.yaml"] = yaml.safe_load(one["data"]["config.yaml"])
        if one["kind"] in ("DaemonSet", "Deployment"):
            one["spec"]["template"]["metadata"].get("annotations", {}).pop("kubesieve.io/read-at-start", None)
    return [_without(text, one) for one in objects]


def _without(text: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {_without(text, key): _without(text, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(text, inner) for inner in value]
    return value.replace(text, "TEXT") if isinstance(value, str) else value


@pytest.mark.parametrize("cidr", ["10.0.0.0/33", "256.0.0.0/8", "1.2.3/8", "10/8", "fd00::/129", "abcd/8", "::"])
def test_what_is_no_network_is_none(cidr: str) -> None:
    done = helm({"networkPolicy": {"kubelets": {"cidrs": ["0.0.0.0/0", "::/0", "fd00:1::1.2.3.4/128", cidr]}}})
    assert "at '/networkPolicy/kubelets/cidrs/3'" in done.stderr
    assert not any(f"cidrs/{good}'" in done.stderr for good in range(3))


@pytest.mark.parametrize("name", ["a123", "yes", "true", "null", "on"])
def test_a_release_whose_name_yaml_takes_for_something_else_is_good(name: str) -> None:
    done = run("helm", "template", name, str(CHART), "--namespace", "456")
    assert done.returncode == 0, done.stderr
    for one in yaml.safe_load_all(done.stdout):
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == name
        assert all(isinstance(text, str) for text in labels.values())
        assert one["metadata"].get("namespace", "456") == "456"


def test_names_that_yaml_takes_for_something_else_are_names() -> None:
    texts = {
        "service": {"name": "kubesieve"},
        "serviceAccount": {"name": "true"},
        "tls": {"secretName": "1e5"},
        "kubelet": {"ca": {"configMap": "123", "key": "0x1"}},
        "image": {"tag": "1.10", "pullSecrets": ["null"]},
        "priorityClassName": "1e3",
    }
    done = run("helm", "template", "123", str(CHART), "--values", "-", stdin=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    objects = {one["kind"]: one for one in yaml.load_all(done.stdout, Loader=LOADER)}
    spec = objects["DaemonSet"]["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == objects["ServiceAccount"]["metadata"]["name"] == "true"
    assert (spec["priorityClassName"], spec["imagePullSecrets"]) == ("1e3", [{"name": "null"}])
    _, secret, ca = spec["volumes"][0]["projected"]["sources"]
    assert secret["secret"]["name"] == "1e5"
    assert ca["configMap"] == {"name": "123", "items": [{"key": "0x1", "path": "kubelet-ca.crt"}]}
    assert all(one["metadata"]["labels"]["app.kubernetes.io/instance"] == "123" for one in objects.values())


@pytest.mark.parametrize(
    ("release", "values", "said"),
    [
        ("123", {}, "service.name: expected a letter"),
        ("a" * 52 + "b", {}, "fullnameOverride: expected a name of at most 52 characters"),
        ("kubesieve", {"nameOverride": "a" * 64}, "at '/nameOverride'"),
        ("kubesieve", {"kubelet": {"ca": {"configMap": 123}}}, "at '/kubelet/ca/configMap': got number, want string"),
        ("kubesieve", {"kubelet": {"timeout": "$(A)"}}, "at '/kubelet/timeout'"),
        ("kubesieve", {"mode": "gateway", "kubelet": {"nodes": {"serverName": "$(A)"}}}, "at '/kubelet/nodes"),
        (
            *("kubesieve", {"mode": "gateway", "kubelet": {"nodes": {"selector": {"matchLabels": {"a": "$(A)"}}}}}),
            "at '/kubelet/nodes",
        ),
        ("my.rel", {}, "service.name: expected a letter, then letters, digits and dashes"),
        ("1abc", {}, "service.name: expected a letter"),
        ("kubesieve", {"service": {"name": "a.b"}}, "service.name: expected a letter"),
        ("kubesieve", {"service": {"name": "a" * 70}}, "service.name: expected a letter"),
        ("a" * 53, {}, "fullnameOverride: expected a name of at most 52 characters"),
        ("kubesieve", {"fullnameOverride": "a" * 53}, "fullnameOverride: expected a name of at most 52"),
        ("kubesieve", {"podLabels": {"app.kubernetes.io/name": "x"}}, "invalid propertyName 'app.kubernetes.io/name'"),
        ("kubesieve", {"podLabels": {"app.kubernetes.io/component": "x"}}, "app.kubernetes.io/component'"),
        (
            *("kubesieve", {"monitoring": {"podMonitor": {"labels": {"app.kubernetes.io/name": "x"}}}}),
            "invalid propertyName 'app.kubernetes.io/name'",
        ),
        (
            *("kubesieve", {"monitoring": {"serviceMonitor": {"labels": {"helm.sh/chart": "x"}}}}),
            "invalid propertyName 'helm.sh/chart'",
        ),
        ("kubesieve", {"podAnnotations": {"kubesieve.io/read-at-start": "x"}}, "invalid propertyName"),
        ("kubesieve", {"env": [{"name": "NODE_IP", "value": "x"}]}, "at '/env/0/name'"),
        (
            "kubesieve",
            {"priorityClassName": "system-node-critical", "priorityClass": {"create": True}},
            "priorityClass.create: not with a class of Kubernetes' own",
        ),
        (
            "kubesieve",
            {"networkPolicy": {"tenants": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "namespaceSelector": {}}]}},
            "at '/networkPolicy/tenants/0'",
        ),
        ("kubesieve", {"networkPolicy": {"tenants": [{"ipBlock": {"cidr": "zzz"}}]}}, "at '/networkPolicy/tenants/0"),
    ],
)
def test_what_an_api_server_would_refuse_is_refused_sooner(release: str, values: Values, said: str) -> None:
    done = run("helm", "template", release, str(CHART), "--values", "-", stdin=json.dumps(values))
    assert done.returncode != 0
    assert said in done.stderr
