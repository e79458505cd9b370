"""Values that would say more than they are asked: null for a default, and text that is more than a text."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.rendering import CHART, Values, helm, run

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
FREE = {"kubelet.nodes", "resources", "nodeSelector", "affinity", "podAnnotations", "podLabels", "config"}
"""Maps of the user's own, all of which may be there or not; what is in them is."""
HOSTILE = (
    'x"\n  hostNetwork: true',
    "x\n  hostNetwork: true\n  #",
    "a, path: z}, {key: b",
    "x # $(A)\n  hostNetwork: true",
)


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
LISTS = {
    "image.pullSecrets": lambda text: {"image": {"pullSecrets": [text]}},
    "dropIn.namespaces": lambda text: {"mode": "dropIn", "dropIn": {"namespaces": [text]}},
    "tls.certManager.dnsNames": lambda text: {
        "tls": {"certManager": {"enabled": True, "issuerRef": {"name": "ca"}, "dnsNames": [text]}}
    },
    "networkPolicy.kubelets.cidrs": lambda text: {"networkPolicy": {"kubelets": {"cidrs": [text]}}},
    "env": lambda text: {"env": [{"name": "A", "value": text}]},
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
    _stays(_with(path, text))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", list(LISTS))
def test_a_text_of_a_list_stays_where_it_is(name: str, text: str) -> None:
    _stays(LISTS[name](text))


def _stays(values: Values) -> None:
    """Refused, or nothing but a scalar somewhere."""
    done = helm(copy.deepcopy(values))
    if done.returncode:
        return
    pods = [
        one["spec"]["template"]["spec"]
        for one in yaml.safe_load_all(done.stdout)
        if one and "template" in one.get("spec", {})
    ]
    assert pods
    assert not any("hostNetwork" in json.dumps(list(_keys(pod))) for pod in pods)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


@pytest.mark.parametrize("name", ["a123", "yes", "true", "null", "on"])
def test_a_release_whose_name_yaml_takes_for_something_else_is_good(name: str) -> None:
    done = run("helm", "template", name, str(CHART), "--namespace", "456")
    assert done.returncode == 0, done.stderr
    for one in yaml.safe_load_all(done.stdout):
        labels = one["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == name
        assert all(isinstance(text, str) for text in labels.values())
        assert one["metadata"].get("namespace", "456") == "456"


@pytest.mark.parametrize(
    ("release", "values", "said"),
    [
        ("my.rel", {}, "service.name: expected a letter, then letters, digits and dashes"),
        ("1abc", {}, "service.name: expected a letter"),
        ("kubesieve", {"service": {"name": "a.b"}}, "service.name: expected a letter"),
        ("kubesieve", {"service": {"name": "a" * 70}}, "service.name: expected a letter"),
        ("a" * 53, {}, "fullnameOverride: expected a name of at most 52 characters"),
        ("kubesieve", {"fullnameOverride": "a" * 53}, "fullnameOverride: expected a name of at most 52"),
        ("kubesieve", {"podLabels": {"app.kubernetes.io/name": "x"}}, "invalid propertyName 'app.kubernetes.io/name'"),
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
