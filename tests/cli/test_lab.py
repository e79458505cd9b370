"""`kubesieve lab` on the command line: exit codes, and one helpful line where it cannot look."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.cluster.conftest import FakeCluster


def _lab(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kubesieve", "lab", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_up_and_down_and_down_again(cluster: FakeCluster) -> None:
    kubectl = ("--kubectl", cluster.kubectl.binary)
    done = _lab("up", *kubectl, "--image", "kubesieve=my/kubesieve:dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    template = cluster.objects["daemonset/kubelet-proxy/kubesieve"]["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "my/kubesieve:dev"
    done = _lab("down", *kubectl)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("deleted namespaces/")
    assert _lab("down", *kubectl).stdout == "nothing of the lab was there\n"


def test_context_and_kubeconfig_are_kubectls_own(cluster: FakeCluster) -> None:
    _lab("down", "--kubectl", cluster.kubectl.binary, "--context", "other", "--kubeconfig", "file")
    assert all(call["words"][:4] == ["--kubeconfig", "file", "--context", "other"] for call in cluster.calls)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify",), "lab-missing: expected what `kubesieve lab up` makes"),
        (("up", "--image", "kubesieve"), "expected --image NAME=IMAGE"),
        (("up", "--image", "nginx=a"), "image-unknown: expected an image of kubesieve, app, python; got 'nginx'"),
        (("up", "--node", "nowhere"), "node-missing: expected a node nowhere; got worker-1"),
        (
            ("up", "--kubelet-ca", "/nowhere/ca.crt"),
            "file-unreadable: expected CA certificates in PEM in /nowhere/ca.crt",
        ),
        (("up", "--kubelet-ca", "/dev/null"), "ca-unusable: expected CA certificates in PEM in /dev/null; got none"),
        (("up", "--kubelet-ca", sys.executable), "file-"),
        (("up", "--kubelet-server-name", "n"), "--kubelet-server-name takes --kubelet-ca"),
        (("up", "--with-agent"), "api-key-missing: expected Datadog's API key; got none"),
        (
            ("up", "--with-agent", "--api-key-file", "/dev/null"),
            "api-key-missing: expected Datadog's API key; got none",
        ),
        (("up", "--with-agent", "--api-key-file", "/nowhere/key"), "expected Datadog's API key in /nowhere/key"),
        (("sideways",), "No such command 'sideways'"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2_and_says_why(
    cluster: FakeCluster,
    words: tuple[str, ...],
    said: str,
) -> None:
    more = ("--kubectl", cluster.kubectl.binary) if words[0] in ("up", "verify") else ()
    done = _lab(*words, *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "namespace//sandbox" not in cluster.objects


def test_without_kubectl_it_says_so(tmp_path: Path) -> None:
    done = _lab("up", "--kubectl", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "kubectl-missing: expected to run" in done.stderr


def test_a_look_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kubesieve", "lab", "look"], input=b"nonsense", capture_output=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"look-unreadable" in done.stderr
