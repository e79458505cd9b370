"""The overlays, edited as their comments say; and the commands and values of the page."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.deploy.rendering import KUSTOMIZE, Object, Values, chart, kustomized, of_kind, overlay, pod, the
from tests.deploy.test_agree import PAIRS
from tests.deploy.test_schemas import VERSIONS, problems

PAGE = (ROOT / "docs/deploy.md").read_text()
COMMENT = re.compile(r"^( *)# (( *)(?:- |components:|patches:|configMap:|name:|items:|patch:).*)$", re.MULTILINE)
RANGES = {"to": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}


def _edited(mode: str, file: str) -> list[Object]:
    """What comes of an overlay where all that a file has as a comment is taken in."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "kustomize"
        shutil.copytree(KUSTOMIZE, whole)
        path = whole / "overlays" / mode / file
        text = path.read_text()
        path.write_text(COMMENT.sub(r"\1\2", text))
        assert path.read_text() != text
        return kustomized(path.parent)


@pytest.mark.parametrize("mode", ["daemonset", "gateway", "drop-in"])
def test_ranges_and_components(mode: str) -> None:
    objects = _edited(mode, "kustomization.yaml")
    egress = the(objects, "NetworkPolicy")["spec"]["egress"]
    assert egress[0]["to"] == RANGES["to"]
    assert all("to" in rule for rule in egress)
    if mode == "drop-in":
        assert the(objects, "Service")["spec"]["ports"][0]["name"] == "https"
    else:
        assert of_kind(objects, "Certificate")


@pytest.mark.parametrize("name", PAIRS)
def test_a_component_does_the_same_within_the_overlay_and_above_it(name: str) -> None:
    (mode, *components), _, _ = PAIRS[name]
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "kustomize"
        shutil.copytree(KUSTOMIZE, whole)
        path = whole / "overlays" / mode / "kustomization.yaml"
        wanted = {"components": [f"../../components/{one}" for one in components]}
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **wanted}))
        assert kustomized(path.parent) == overlay(mode, *components)


@pytest.mark.parametrize(("mode", "file"), [("daemonset", "daemonset.yaml"), ("gateway", "deployment.yaml")])
def test_a_ca_of_the_kubelets_own(mode: str, file: str) -> None:
    [volume] = pod(_edited(mode, file))["spec"]["volumes"]
    wanted = {"name": "kubelet-ca", "items": [{"key": "ca.crt", "path": "kubelet-ca.crt"}]}
    assert volume["projected"]["sources"][-1] == {"configMap": wanted}


def _values_of_the_page() -> Values:
    [text] = re.findall(r"```yaml\n# values.yaml\n(.*?)```", PAGE, re.DOTALL)
    return dict(yaml.safe_load(text))


def test_the_values_of_the_page_are_taken() -> None:
    objects = chart(_values_of_the_page())
    assert {"Certificate", "DaemonSet", "NetworkPolicy"} <= {one["kind"] for one in objects}


def test_the_policy_of_the_page_keeps_pods_from_the_nodes_alone() -> None:
    [text] = re.findall(r"```yaml\n(apiVersion: networking.*?)```", PAGE, re.DOTALL)
    one = yaml.safe_load(text)
    assert [problems(version, json.dumps(one)) for version in VERSIONS] == [()] * len(VERSIONS)
    [nodes] = _values_of_the_page()["networkPolicy"]["kubelets"]["cidrs"]
    assert one["spec"]["egress"][1]["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [nodes]}}]


def test_what_the_pages_name_is_there() -> None:
    for page in (PAGE, (ROOT / "README.md").read_text()):
        named = re.findall(r"[ `](deploy/[a-z./-]+)", page)
        assert named
        assert all((ROOT / one).exists() for one in named)
    told = set(
        re.findall(r"^\| `([a-z0-9.-]+)` \|", PAGE.partition("| component |")[2].partition("\n## ")[0], re.MULTILINE)
    )
    assert told == {one.name for one in (KUSTOMIZE / "components").iterdir()}
