"""Every problem of a configuration has its line, its column and one sentence; a part starts at line 3."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubesieve.faults import OwnFault
from kubesieve.gateway.configuration import ConfigurationFault, load, read
from kubesieve.gateway.configuration.document import DEEPEST, MOST_BYTES, MOST_NODES
from kubesieve.gateway.configuration.problems import MOST_PROBLEMS
from tests.gateway.configuration.files import ENVIRONMENT, with_part


def told(content: bytes) -> list[str]:
    with pytest.raises(ConfigurationFault) as caught:
        read(content, ENVIRONMENT)
    return [f"{one.line}:{one.column} {one}" for one in caught.value.problems]


TENANT = "grants: {tenants: [{name: t, subjects: [{kind: User, name: u}], namespaces: [a]%s}]}"
SELECTOR = TENANT % ", namespaceSelector: %s"
SUBJECT = "grants: {tenants: [{name: t, namespaces: [a], subjects: [%s]}]}"
UNQUOTED = "a number (a text needs quotes)"
LABEL = "expected a label's value: letters, digits, - _ . between them, at most 63"
NAME = "expected lower-case letters, digits and dashes, at most 63 (RFC 1123)"
DURATION = "expected a duration like 5s, 500ms, 1m, or a number of seconds, from 0 to 60 s"
URL = "expected https://HOST:PORT, without anything behind (a token is never sent over plain http)"
API = "expected https://HOST[:PORT][/PREFIX] (a token is never sent over plain http)"
THE_REST = "(did you mean it?), or one of"

IN_A_PART = {
    # listen, admin
    "listen: {}": "3:9 listen.address: expected HOST:PORT or [IPv6]:PORT; got nothing",
    "listen: [a]": "3:9 listen: expected a mapping; got a list",
    "listen:": "3:8 listen: expected a mapping; got nothing",
    "listen: {address: 8080}": f"3:19 listen.address: expected HOST:PORT or [IPv6]:PORT; got {UNQUOTED}",
    "listen: {address: host}": "3:19 listen.address: expected HOST:PORT or [IPv6]:PORT; got 'host'",
    "listen: {address: a:70000}": "3:19 listen.address: expected HOST:PORT or [IPv6]:PORT; got 'a:70000'",
    "listen: {adress: x, address: ':1'}": (
        f"3:10 listen.adress: expected address {THE_REST} tls; got a key that there is not"
    ),
    "listen: {address: ':1', tls: {certFile: a}}": "3:30 listen.tls.keyFile: expected the file of its key; got nothing",
    "listen: {address: ':1', tls: {certFile: '', keyFile: k}}": (
        "3:41 listen.tls.certFile: expected the path of a file; got an empty text"
    ),
    'listen: {address: ":1", tls: {certFile: "a\\0b", keyFile: k}}': (
        "3:41 listen.tls.certFile: expected the path of a file; got a text with characters in it that cannot be printed"
    ),
    "admin: {address: ':1', tls: {}}": "3:24 admin.tls: expected one of address; got a key that there is not",
    # kubelet, API server
    "kubelet: {tokenFile: t}": "3:10 kubelet.url: expected https://HOST:PORT, or nodes; got nothing",
    "kubelet: {url: 'http://n:1', tokenFile: t}": f"3:16 kubelet.url: {URL}; got 'http://n:1'",
    "kubelet: {url: 'https://u:pw@n', tokenFile: t}": (
        f"3:16 kubelet.url: {URL}; got credentials, a query or a fragment in it"
    ),
    "kubelet: {url: 'https://$(LATER)/', tokenFile: t, caFile: $(NO)}": (
        "3:59 kubelet.caFile: expected NO to be set in the environment; got no such variable"
    ),
    "kubelet: {url: 'https://n/$(LATER)', tokenFile: t}": f"3:16 kubelet.url: {URL}; got 'https://n/$(LATER)'",
    "kubelet: {url: $(EMPTY), tokenFile: t}": f"3:16 kubelet.url: {URL}; got an empty text",
    "kubelet: {url: https://$(NODE IP), tokenFile: t}": (
        "3:16 kubelet.url: expected $(NAME), or $$( for the characters themselves; got $( without a name and its )"
    ),
    "kubelet: {url: https://n, tokenFile: $(NODE_IP}": (
        "3:38 kubelet.tokenFile: expected $(NAME), or $$( for the characters themselves; "
        "got $( without a name and its )"
    ),
    "kubelet: {url: https://n, tokenFile: t, insecure: yes}": (
        "3:51 kubelet.insecure: expected true or false; got 'yes'"
    ),
    "kubelet: {url: https://n, tokenFile: t, insecure: 'true'}": (
        "3:51 kubelet.insecure: expected true or false; got text"
    ),
    "kubelet: {url: https://n, tokenFile: t, caFile: c, insecure: true}": (
        "3:62 kubelet.insecure: expected caFile or insecure; got both"
    ),
    "kubelet: {url: https://n, tokenFile: t, timeout: 0}": (
        "3:50 kubelet.timeout: expected a duration like 5s, 500ms, 1m, or a number of seconds, from 0.1 to 300 s; got 0"
    ),
    "kubelet: {url: https://n}": (
        "3:10 kubelet.tokenFile: expected the file of this program's own token, which the kubelet is asked with; "
        "got nothing"
    ),
    "apiServer: {url: 'http://a', tokenFile: t}": f"3:18 apiServer.url: {API}; got 'http://a'",
    "apiServer: {url: 'https://a?x', tokenFile: t}": (
        f"3:18 apiServer.url: {API}; got credentials, a query or a fragment in it"
    ),
    "apiServer: {url: 'https://a'}": (
        "3:12 apiServer.tokenFile: expected the file of this program's token; got nothing"
    ),
    # secrets
    "kubelet: {url: https://n, tokenFile: t, token: hunter2}": (
        "3:41 kubelet.token: expected tokenFile: secrets and certificates come by file; got a key that there is not"
    ),
    "listen: {address: ':1', tls: {certFile: c, keyFile: k, clientKeyData: hunter2}}": (
        "3:56 listen.tls.clientKeyData: expected keyFile: secrets and certificates come by file; "
        "got a key that there is not"
    ),
    "password: hunter2": (
        "3:1 password: expected no such key here: secrets and certificates come by file; got a key that there is not"
    ),
    # identity
    "identity: {}": (
        "3:11 identity: expected tokenReview, clientCertificates or forward; got none of them: nobody could be known"
    ),
    "identity: {clientCertificates: false}": (
        "3:11 identity: expected tokenReview, clientCertificates or forward; got none of them: nobody could be known"
    ),
    "identity: {clientCertificates: true}": (
        "3:32 identity.clientCertificates: expected listen.tls.clientCAFile with it; "
        "got none: no certificate could be verified"
    ),
    "identity: {tokenReview: {audience: [a]}}": (
        "3:26 identity.tokenReview.audience: expected audiences (did you mean it?); got a key that there is not"
    ),
    "identity: {tokenReview: {audiences: a}}": "3:37 identity.tokenReview.audiences: expected a list; got text",
    "identity: {tokenReview: true}": (
        "3:25 identity.tokenReview: expected a mapping; got true or false (a text needs quotes)"
    ),
    "identity: {tokenReview: {}, forward: true}\ngrants: {tenants: [{name: t, namespaces: [a]}]}": (
        "3:38 identity.forward: expected forward, or tokenReview and clientCertificates; got both"
    ),
    "identity: {forward: true}": ("6:16 grants.rbac: expected no rbac; got nobody is identified with identity.forward"),
    "identity: {forward: true}\ngrants: {tenants: [{name: a, namespaces: [a]}, {name: b, namespaces: [b]}]}": (
        "4:19 grants.tenants: expected one tenant; "
        "got more: nobody is identified with identity.forward, and each would see all of them"
    ),
    f"identity: {{forward: true}}\n{TENANT % ''}": (
        "4:20 grants.tenants[0].subjects: expected no subjects; got nobody is identified with identity.forward"
    ),
    # grants
    "grants: {}": "3:9 grants: expected tenants or rbac; got neither: nobody would see anything",
    "grants: {tenants: []}": "3:9 grants: expected tenants or rbac; got neither: nobody would see anything",
    "grants: {rbac: {resource: 5}}": f"3:27 grants.rbac.resource: expected text; got {UNQUOTED}",
    "grants: {rbac: {verb: ''}}": "3:23 grants.rbac.verb: expected text; got an empty text",
    "grants: {tenants: [{name: t, namespaces: [a]}]}": (
        "3:20 grants.tenants[0].subjects: expected subjects that the tenant is for; got none"
    ),
    "grants: {tenants: [{name: t, subjects: [{kind: User, name: u}]}]}": (
        "3:20 grants.tenants[0]: expected namespaces, namespaceSelector or vcluster; "
        "got none of them: the tenant would see nothing"
    ),
    "grants: {tenants: [{name: T, subjects: [{kind: User, name: u}], namespaces: [a]}]}": (
        f"3:27 grants.tenants[0].name: {NAME}; got 'T'"
    ),
    "grants:\n  tenants:\n  - &a {name: t, subjects: [{kind: User, name: u}], namespaces: [a]}": (
        "5:5 expected values written out; got an anchor (text that begins with & needs quotes)"
    ),
    f"{TENANT[:-2]}, {{name: t, subjects: [{{kind: User, name: u}}], namespaces: [a]}}]}}" % "": (
        "3:90 grants.tenants[1].name: expected a name of its own; got that of grants.tenants[0]"
    ),
    "grants: {tenants: [{name: t, subjects: [{kind: User, name: u}], namespaces: ['a,b']}]}": (
        f"3:78 grants.tenants[0].namespaces[0]: {NAME}; got 'a,b'"
    ),
    SUBJECT % "{kind: ServiceAccount, name: a}": (
        "3:58 grants.tenants[0].subjects[0].namespace: expected the ServiceAccount's namespace; got nothing"
    ),
    SUBJECT % "{kind: User, name: a, namespace: b}": (
        "3:91 grants.tenants[0].subjects[0].namespace: expected none: a User belongs to no namespace; got one"
    ),
    SUBJECT % "{kind: user, name: a}": (
        "3:65 grants.tenants[0].subjects[0].kind: expected ServiceAccount, User or Group; got 'user'"
    ),
    SUBJECT % "{kind: User}": "3:58 grants.tenants[0].subjects[0].name: expected the subject's name; got nothing",
    SUBJECT % "agent": "3:58 grants.tenants[0].subjects[0]: expected a mapping; got text",
    TENANT % ", vcluster: {namespace: a}": (
        "3:92 grants.tenants[0].vcluster.name: expected the virtual cluster's name; got nothing"
    ),
    SELECTOR % "{}": (
        "3:101 grants.tenants[0].namespaceSelector: expected labels to select by; "
        "got an empty selector, which would be all namespaces"
    ),
    SELECTOR % "{matchLabels: {a/b/c: d}}": (
        "3:123 grants.tenants[0].namespaceSelector.matchLabels['a/b/c']: "
        "expected a label's name, with or without a prefix/; got 'a/b/c'"
    ),
    SELECTOR
    % "{matchLabels: {a: b c}}": f"3:119 grants.tenants[0].namespaceSelector.matchLabels.a: {LABEL}; got 'b c'",
    SELECTOR % "{matchLabels: {a: 1}}": (
        f"3:119 grants.tenants[0].namespaceSelector.matchLabels.a: {LABEL}; got {UNQUOTED}"
    ),
    SELECTOR % "{matchExpressions: [{key: a, operator: in, values: [b]}]}": (
        "3:140 grants.tenants[0].namespaceSelector.matchExpressions[0].operator: "
        "expected In, NotIn, Exists or DoesNotExist; got 'in'"
    ),
    SELECTOR % "{matchExpressions: [{key: a, operator: In}]}": (
        "3:121 grants.tenants[0].namespaceSelector.matchExpressions[0].values: expected values with In; got none"
    ),
    SELECTOR % "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}": (
        "3:156 grants.tenants[0].namespaceSelector.matchExpressions[0].values: expected no values with Exists; got some"
    ),
    # the rest
    "nodeSeries: {preset: nodes}": "3:22 nodeSeries.preset: expected none, node or all; got 'nodes'",
    "nodeSeries: {keep: ['a[bc]']}": "3:21 nodeSeries.keep[0]: expected a metric name, * for any text; got 'a[bc]'",
    "nodeSeries: {keep: [*x]}": "3:21 expected values written out; got an alias (text that begins with * needs quotes)",
    "sharing: {ttl: 5h}": f"3:16 sharing.ttl: {DURATION}; got '5h'",
    "sharing: {ttl: 2m}": f"3:16 sharing.ttl: {DURATION}; got '2m'",
    "sharing: {ttl: -1}": f"3:16 sharing.ttl: {DURATION}; got -1",
    "sharing: {ttl: .inf}": f"3:16 sharing.ttl: {DURATION}; got .inf",
    "sharing: {ttl: 1:30}": f"3:16 sharing.ttl: {DURATION}; got 1:30",
    "limits: {connections: 0}": "3:23 limits.connections: expected a whole number from 1 to 1000000; got '0'",
    "limits: {headers: 0x10}": "3:19 limits.headers: expected a whole number from 1 to 1000000; got '0x10'",
    "limits: {headers: 1.5}": f"3:19 limits.headers: expected a whole number from 1 to 1000000; got {UNQUOTED}",
    # YAML
    "sharing: {ttl: 5s}\nsharing: {ttl: 6s}": "4:1 sharing: expected each key once; got it a second time",
    "sharing: {ttl: 5s, ttl: 5s}": "3:20 sharing.ttl: expected each key once; got it a second time",
    "<<: {}": "3:1 ['<<']: expected keys written out; got a merge (<<)",
    "? [a]\n: b": "3:3 expected a key; got a list",
    "sharing: !!map {ttl: 5s}": "3:10 expected values written out; got a tag (text that begins with ! needs quotes)",
    "sharing: {ttl: !!python/name:os.system hunter2}": (
        "3:16 expected values written out; got a tag (text that begins with ! needs quotes)"
    ),
    "---": "3:1 expected one document of YAML; got a second document",
    "sharing:\n\tttl: 5s": "4:1 expected one document of YAML; got a tab (indent by spaces)",
    "sharing: {ttl: 'hunter2": "7:1 expected one document of YAML; got a quote that is not closed",
    "sharing: ttl: 5s": "3:13 expected one document of YAML; got a ':' where no key can be",
    'sharing: {ttl: "\\q"}': "3:18 expected one document of YAML; got an escape that YAML does not have",
    'sharing: {ttl: "\\UFFFFFFFF"}': (
        "3:19 expected one document of YAML; got an escape or a directive that it does not have"
    ),
    "sharing: {ttl: \udcff}": "3:16 expected UTF-8; got other bytes",
    "sharing: {ttl: \x00}": "3:16 expected characters that can be printed; got a control character",
}


@pytest.mark.parametrize(("part", "sentence"), IN_A_PART.items())
def test_a_problem_has_its_place_and_one_sentence(part: str, sentence: str) -> None:
    assert told(with_part(part)) == [sentence]


def test_a_value_from_the_environment_is_in_no_sentence() -> None:
    assert "hunter2" not in str(told(with_part("kubelet: {url: 'https://u:$(LATER)@x', tokenFile: t}")))
    assert "hunter2" not in str(told(with_part("nodeSeries: {preset: $(LATER)}")))


def test_a_value_from_the_environment_makes_no_structure() -> None:
    [one] = told(with_part(SELECTOR % "{matchLabels: {a: $(TRICK)}}"))
    assert one.endswith("got a text with characters in it that cannot be printed")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "1:1 expected a configuration; got nothing"),
        (b"# only a comment\n", "1:1 expected a configuration; got nothing"),
        (b"only words", "1:1 expected a mapping; got text"),
        (b"- a\n", "1:1 expected a mapping; got a list"),
        (b"\xfe\xff\x00a", "1:1 expected UTF-8; got other bytes"),
        (b"a: " + b"x" * MOST_BYTES, "1:1 expected at most 1048576 bytes; got more"),
        (b"[" * 100_000, f"1:{DEEPEST + 1} expected at most {DEEPEST} levels; got more"),
        (b"- " * 100_000, f"1:{2 * DEEPEST + 1} expected at most {DEEPEST} levels; got more"),
        (b"- a\n" * MOST_NODES, f"{MOST_NODES}:3 expected at most {MOST_NODES} keys and values; got more"),
    ],
)
def test_what_is_no_such_file_at_all(content: bytes, sentence: str) -> None:
    assert told(content) == [sentence]


def test_version_and_kind_are_exact() -> None:
    content = with_part("").replace(b"v1alpha1", b"v1").replace(b"Configuration", b"Deployment")
    assert told(content) == [
        "1:13 apiVersion: expected kubesieve.io/v1alpha1; got 'kubesieve.io/v1'",
        "2:7 kind: expected Configuration; got 'Deployment'",
    ]


def test_every_problem_is_told_in_the_order_of_the_file() -> None:
    found = told(b"kind: Configuration\nsharing: {ttl: x}\nlimits: {headers: -1, heads: 1}\nadmin: {}\n")
    assert [one.split(" expected")[0] for one in found] == [
        "1:1 apiVersion:",
        "1:1 grants:",
        "1:1 kubelet:",
        "1:1 listen:",
        "2:16 sharing.ttl:",
        "3:19 limits.headers:",
        "3:23 limits.heads:",
        "4:8 admin.address:",
    ]


def test_problems_are_bounded() -> None:
    assert len(told(b"".join(b"heders%d: 1\n" % number for number in range(5000)))) == MOST_PROBLEMS


def test_the_fault_as_serve_tells_it_is_one_line() -> None:
    with pytest.raises(ConfigurationFault) as caught:
        read(b"kind: x\n", {})
    assert (caught.value.reason, caught.value.status) == ("configuration", 500)
    assert caught.value.sentence == (
        "line 1, column 1: apiVersion: expected kubesieve.io/v1alpha1; got nothing "
        "(and 4 more: see kubesieve check-config)"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OwnFault, match=r"expected a configuration in .*none"):
        load(tmp_path / "none", {})
