"""curl against ``kubesieve serve`` over TLS: what a person with a shell sees."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kubesieve.stage.pki import Authority
from kubesieve.stage.service import EmbeddedNode
from tests.clients.conftest import MakeCurl, Start, upstream
from tests.clients.programs import Curl, Serving

TEXT = "text/plain; version=0.0.4; charset=utf-8"
METRICS = ("/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis")
CONTENT_TYPES = {
    "/healthz": "text/plain; charset=utf-8",
    "/pods": "application/json",
    "/runningpods/": "application/json",
    "/stats/summary": "application/json",
    **dict.fromkeys(METRICS, TEXT),
}


@pytest.mark.parametrize(("path", "content_type"), CONTENT_TYPES.items())
def test_every_endpoint_answers_with_the_kubelets_content_type(
    client: Curl, stage: EmbeddedNode, path: str, content_type: str
) -> None:
    answer = client.ask(path)
    assert (answer.code, answer.status) == (0, 200), answer.stderr
    assert answer.headers["content-type"] == content_type
    assert int(answer.headers["content-length"]) == len(answer.body)
    direct = Curl(client.program, stage.url, stage.ca_file, client.authorization).ask(path)
    assert direct.headers["content-type"] == content_type


@pytest.mark.parametrize("path", ["/metrics", "/metrics/cadvisor", "/metrics/resource", "/metrics/probes"])
def test_compressed_metrics_are_the_same_bytes(client: Curl, path: str) -> None:
    plain, unpacked = client.ask(path), client.ask(path, "--compressed")
    raw = client.ask(path, "--header", "Accept-Encoding: gzip")
    assert "content-encoding" not in plain.headers
    assert unpacked.headers["content-encoding"] == "gzip"
    assert unpacked.body == plain.body == gzip.decompress(raw.body)
    assert len(raw.body) < len(plain.body)


@pytest.mark.parametrize("path", ["/pods", "/runningpods/", "/stats/summary", "/healthz"])
def test_json_is_never_compressed_since_datadogs_python_check_breaks_on_it(client: Curl, path: str) -> None:
    answer = client.ask(path, "--header", "Accept-Encoding: gzip, deflate, br, *")
    assert answer.status == 200
    assert "content-encoding" not in answer.headers
    assert answer.body == client.ask(path).body


@pytest.mark.parametrize("options", [(), ("--compressed",)], ids=["plain", "compressed"])
@pytest.mark.parametrize("path", CONTENT_TYPES)
def test_head_has_the_headers_of_get_and_no_body(client: Curl, path: str, options: tuple[str, ...]) -> None:
    got, head = client.ask(path, *options), client.ask(path, "--head", *options)
    assert (head.code, head.status, head.body) == (0, 200, b""), head.stderr
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


ODD_PATHS = (
    "//pods",
    "/./pods",
    "/metrics/../pods",
    "/metrics/..%2fpods",
    "/%70ods",
    "/pods/",
    "/pods;x=1",
    "/metrics//cadvisor",
    "/exec/sandbox/pod-with-limits/nginx",
    "/configz",
    "/spec/",
    "/",
)


@pytest.mark.parametrize("path", ODD_PATHS)
def test_odd_paths_are_404_and_never_reach_the_kubelet(client: Curl, stage: EmbeddedNode, path: str) -> None:
    answer = client.ask(path, "--path-as-is")
    assert (answer.code, answer.status) == (0, 404)
    assert answer.body.startswith(b"kubesieve: path-")
    assert stage.kubelet.requests == ()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405_and_say_which_are_allowed(client: Curl, method: str) -> None:
    answer = client.ask("/pods", "--request", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_client_that_trusts_another_ca_refuses(make_curl: MakeCurl, serving: Serving, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    other.write_bytes(Authority("other").pem)
    answer = make_curl(serving, ca=other).ask("/healthz")
    assert answer.code == 60, "curl's code for a certificate it cannot verify"
    assert answer.status == 0


def test_an_http_1_0_client_gets_a_whole_answer_and_the_connection_ends(client: Curl) -> None:
    answer = client.ask("/metrics/cadvisor", "--http1.0")
    assert (answer.code, answer.status) == (0, 200)
    assert answer.body == client.ask("/metrics/cadvisor").body
    assert "transfer-encoding" not in answer.headers


def test_a_client_that_would_like_http_2_gets_http_1_1(client: Curl) -> None:
    done = client.run("--http2", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}", client.url)
    assert done.stdout == b"1.1 404"
    answer = client.ask("/pods", "--http2")
    assert (answer.code, answer.status) == (0, 200)


def test_http_2_without_asking_first_is_refused_and_harms_nobody(client: Curl) -> None:
    assert client.ask("/pods", "--http2-prior-knowledge").code != 0
    assert client.ask("/pods").status == 200


def test_two_requests_share_a_connection(client: Curl) -> None:
    urls = [client.url + path for path in ("/pods", "/metrics/cadvisor", "/nothing", "/pods")]
    outputs = ["--output", "/dev/null"] * len(urls)
    done = client.run(*outputs, "--write-out", "%{http_code} %{num_connects}\n", *urls)
    assert done.stdout.decode().split("\n")[:-1] == ["200 1", "200 0", "404 0", "200 0"]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_schemes_case_does_not_matter(
    make_curl: MakeCurl, serving: Serving, stage: EmbeddedNode, scheme: str
) -> None:
    answer = make_curl(serving, authorization=f"{scheme} {stage.tokens['datadog']}").ask("/healthz")
    assert (answer.status, answer.body) == (200, b"ok")


@pytest.mark.parametrize(
    ("authorization", "status"), [("Bearer nobodys", 401), ("", 401)], ids=["unknown to the kubelet", "none"]
)
def test_without_a_good_token_it_is_401(make_curl: MakeCurl, serving: Serving, authorization: str, status: int) -> None:
    answer = make_curl(serving, authorization=authorization).ask("/metrics/cadvisor")
    assert (answer.code, answer.status) == (0, status)


def test_a_token_without_rights_is_403_as_the_kubelet_says(
    make_curl: MakeCurl, serving: Serving, stage: EmbeddedNode
) -> None:
    answer = make_curl(serving, authorization=f"Bearer {stage.tokens['tenant-a']}").ask("/metrics/cadvisor")
    assert answer.status == 403
    assert b"tenant-a" not in answer.body


def test_the_admin_port_is_another_and_takes_no_token(curl: str, serving: Serving, client: Curl) -> None:
    admin = Curl(curl, serving.admin_address, client.ca, "")
    assert admin.ask("/-/healthy").body == b"ok\n"
    assert admin.ask("/-/ready").body == b"ready\n"
    assert b"kubesieve_" in admin.ask("/-/metrics").body
    assert client.ask("/-/healthy").status == 404


def test_parallel_clients_get_the_same_bytes(client: Curl) -> None:
    once = client.ask("/metrics/cadvisor").body
    done = client.run("--parallel", "--parallel-max", "8", f"{client.url}/metrics/cadvisor?[1-16]")
    assert done.returncode == 0
    assert len(done.stdout) == 16 * len(once)


def test_plain_http_works_and_warns(start: Start, curl: str, stage: EmbeddedNode) -> None:
    serving = start(*upstream(stage), "--namespaces", "sandbox")
    client = Curl(curl, serving.address, stage.ca_file, f"Bearer {stage.tokens['datadog']}")
    answer = client.ask("/pods")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert serving.address.startswith("http://")
    assert any("WARNING: plain http" in line for line in serving.sentences)
    upgrade = client.ask("/pods", "--http2")
    assert (upgrade.status, upgrade.body.split(b": ")[1]) == (400, b"upgrade-refused"), "h2c is an Upgrade"


def test_over_tls_there_is_no_warning(serving: Serving) -> None:
    assert not any("WARNING" in line for line in serving.sentences)


def test_the_environment_of_naive_proxies_is_enough(start: Start, curl: str, stage: EmbeddedNode) -> None:
    environment = {
        "KUBELET_HOST": "127.0.0.1",
        "KUBELET_PORT": str(stage.kubelet.port),
        "ALLOWED_NAMESPACES": "datadog, kube-system",
        "KUBELET_CA_FILE": str(stage.ca_file),
    }
    serving = start(environment=environment)
    body = Curl(curl, serving.address, stage.ca_file, f"Bearer {stage.tokens['datadog']}").ask("/pods").body
    assert b'"namespace":"datadog"' in body
    assert b'"namespace":"kube-system"' in body
    assert b"sandbox" not in body
