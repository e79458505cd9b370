"""``kubesieve filter``: one body from stdin, what a tenant may see of it to stdout."""

from __future__ import annotations

import sys

import click

from kubesieve.cli.options import EndpointPath, make_policy, node_series_options
from kubesieve.faults import BodyFault
from kubesieve.kubelet.endpoints import Endpoint
from kubesieve.sieve import sieve

MAX_BODY_BYTES = 1024 * 1024 * 1024


@click.command(
    name="filter",
    epilog='Example: curl -sk -H "Authorization: Bearer $TOKEN" https://$NODE:10250/metrics/cadvisor'
    " | kubesieve filter --endpoint /metrics/cadvisor --namespaces team-a",
)
@click.option("--endpoint", type=EndpointPath(), required=True, help="The endpoint the body came from.")
@click.option("--namespaces", required=True, metavar="A,B", help="The namespaces that may be seen.")
@node_series_options
def filter(
    endpoint: Endpoint, namespaces: str, node_series: str, keep_series: tuple[str, ...], drop_series: tuple[str, ...]
) -> None:
    """Filter a kubelet's body from stdin to stdout.

    Kept lines and items are the very bytes that came. A body that cannot be read exactly is refused: nothing goes
    out, one line on stderr says where and what was expected, and the exit code is 1.
    """
    policy = make_policy(namespaces, node_series, keep_series, drop_series)
    body = sys.stdin.buffer.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise BodyFault("body-too-large", expected=f"at most {MAX_BODY_BYTES} bytes", got="more")
    answer = sieve(endpoint, body, policy)
    sys.stdout.buffer.write(answer.body)
    sys.stdout.buffer.flush()
