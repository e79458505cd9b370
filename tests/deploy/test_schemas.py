"""All that is rendered is what every Kubernetes from 1.25 on knows, with no field that it does not know."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import referencing
from kubernetes_validate.utils import all_versions

from tests.deploy.rendering import Object, overlay
from tests.deploy.scenes import EVERY, rendered

pytestmark = pytest.mark.slow

SCHEMAS = files("kubernetes_validate").joinpath("kubernetes-json-schema")
VERSIONS = [version for version in dict.fromkeys(all_versions()) if version != "1.24.0"]
OF_OTHERS = {"Certificate", "PodMonitor", "ServiceMonitor"}
"""Kinds of cert-manager and of the Prometheus operator, whose schemas are not Kubernetes' own."""


@functools.cache
def _json(version: str, name: str) -> Any:
    return json.loads(SCHEMAS.joinpath(f"v{version}-local-strict/{name}.json").read_text())


@functools.cache
def _registry(version: str) -> referencing.Registry[Any]:
    resource = referencing.Resource.from_contents(_json(version, "_definitions"))
    return resource @ referencing.Registry()


@functools.cache
def _validator(version: str, kind: str, api_version: str) -> jsonschema.Draft202012Validator:
    group, _, rest = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], rest)))
    return jsonschema.Draft202012Validator(_json(version, name), registry=_registry(version))


@functools.cache
def problems(version: str, text: str) -> tuple[str, ...]:
    """What a Kubernetes of this version would not know of an object."""
    one = json.loads(text)
    found = _validator(version, one["kind"], one["apiVersion"]).iter_errors(one)
    return tuple(f"{error.json_path}: {error.message}" for error in found)


def test_every_version_is_tried() -> None:
    assert [version.rpartition(".")[0] for version in VERSIONS] == [f"1.{minor}" for minor in range(25, 38)]


@pytest.mark.parametrize(("what", "name"), EVERY)
def test_it_is_what_kubernetes_knows(what: str, name: str) -> None:
    objects = [one for one in rendered(what, name) if one["kind"] not in OF_OTHERS]
    assert len(objects) >= 4
    for version in VERSIONS:
        for one in objects:
            assert problems(version, json.dumps(one, sort_keys=True)) == (), (version, one["kind"])


def _misspelt(one: Object) -> None:
    one["spec"]["template"]["spec"]["readOnly"] = True


def _mistyped(one: Object) -> None:
    one["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] = "x"


def _nested(one: Object) -> None:
    one["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"][0]["secrets"] = {}


@pytest.mark.parametrize("spoil", [_misspelt, _mistyped, _nested])
def test_what_kubernetes_does_not_know_is_found(spoil: Callable[[Object], None]) -> None:
    [one] = [json.loads(json.dumps(one)) for one in overlay("daemonset") if one["kind"] == "DaemonSet"]
    spoil(one)
    assert all(len(problems(version, json.dumps(one))) == 1 for version in VERSIONS)
