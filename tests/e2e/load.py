"""Runs in a pod: so many callers ask four endpoints once a second, and the kubelet's own CPU time is read around it.

    python3 load.py SECONDS URL CA|- TOKENS DIRECT_URL

``TOKENS`` is a folder: ``direct`` reads the kubelet's /metrics, every other file is a caller of ``URL``. Prints one
line of JSON: seconds of CPU that the kubelet took, seconds that passed, answers and bytes. Standard library alone.
"""

import json
import re
import ssl
import sys
import threading
import time
from pathlib import Path

from connection import Connection

ENDPOINTS = ("/pods", "/stats/summary", "/metrics/cadvisor", "/metrics/resource")
CPU = re.compile(rb"^process_cpu_seconds_total (\S+)", re.MULTILINE)
UNVERIFIED = ssl._create_unverified_context()
COUNTED = {"answers": 0, "bad": {}, "bytes": 0}
APART = 0.25
"""Seconds between the first requests of two callers: new tokens are let in a few a second."""
_COUNTING = threading.Lock()


def ask(connection, path, token):
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def greet(url, tls, token):
    """The first request of a caller; a Service takes a moment to lead to a pod that is ready."""
    for _ in range(60):
        try:
            return ask(Connection(url, tls, timeout=30), "/healthz", token)
        except OSError:
            time.sleep(0.5)
    raise SystemExit("nothing answers")


def call(url, tls, token, until):
    connection = Connection(url, tls, timeout=30)
    while time.time() < until:
        began = time.time()
        for endpoint in ENDPOINTS:
            status, body = ask(connection, endpoint, token)
            with _COUNTING:
                COUNTED["answers"] += 1
                if status != 200:
                    COUNTED["bad"][status] = COUNTED["bad"].get(status, 0) + 1
                COUNTED["bytes"] += len(body)
        time.sleep(max(0.0, began + 1.0 - time.time()))


def main():
    seconds, url, ca, tokens, direct = sys.argv[1:]
    tls = UNVERIFIED if ca == "-" else ssl.create_default_context(cafile=ca)
    shown = {path.name: path.read_text().strip() for path in Path(tokens).iterdir() if not path.name.startswith(".")}
    admin = shown.pop("direct")
    kubelet = Connection(direct, UNVERIFIED, timeout=30)
    for token in shown.values():
        greet(url, tls, token)
        time.sleep(APART)
    before, began = float(CPU.search(ask(kubelet, "/metrics", admin)[1])[1]), time.time()
    until = began + float(seconds)
    threads = [threading.Thread(target=call, args=(url, tls, token, until)) for token in shown.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(max(0.0, until - time.time()))
    kubelet.close()
    after = float(CPU.search(ask(kubelet, "/metrics", admin)[1])[1])
    print(json.dumps({"cpu": after - before, "seconds": time.time() - began, "callers": len(shown), **COUNTED}))


main()
