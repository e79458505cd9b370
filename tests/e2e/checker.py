"""Runs in a pod of the cluster: asks every view once a second and writes down what came. Standard library alone.

    python3 checker.py SECONDS URL CA TOKENS [DIRECT_URL]

``TOKENS`` is a folder with a file for each caller; the one called ``direct`` asks the kubelet itself. Every answer is a
line of JSON: when it was asked for and came (seconds since the epoch), who asked what, status, a digest of
the certificate, and the pods in it as ``namespace/name``, found by text alone: no reader of kubesieve's is used;
``unmeasured`` where the kubelet says in its answer that it could not measure.
"""

import hashlib
import json
import re
import ssl
import sys
import threading
import time
from pathlib import Path

from connection import Connection

ENDPOINTS = ("/pods", "/stats/summary", "/metrics/cadvisor", "/metrics/resource")
NAMESPACE = re.compile(rb'[{,]namespace="([^"]*)"')
POD = re.compile(rb'[{,]pod="([^"]*)"')
UNMEASURED = re.compile(rb"^(container_|machine_)?scrape_error [^0]", re.MULTILINE)
DIRECT = "direct"
_PRINTING = threading.Lock()


def pods_of(endpoint, body):
    if endpoint == "/pods":
        found = [item["metadata"] for item in json.loads(body)["items"]]
        return {f"{one['namespace']}/{one['name']}" for one in found}
    if endpoint == "/stats/summary":
        return {f"{one['podRef']['namespace']}/{one['podRef']['name']}" for one in json.loads(body)["pods"]}
    seen = set()
    for line in body.splitlines():
        namespace, pod = NAMESPACE.search(line), POD.search(line)
        if namespace and not line.startswith(b"#"):
            seen.add(f"{namespace[1].decode()}/{pod[1].decode() if pod else ''}")
    return seen - {"/"}


class Caller:
    """One of the views, over a connection of its own that is opened again when it is lost."""

    def __init__(self, name, url, tls, token):
        self.name, self.token, self.tls = name, token, tls
        self.url = url
        self.connection = None

    def ask(self, endpoint):
        asked = time.time()
        record = {"asked": asked, "caller": self.name, "endpoint": endpoint}
        try:
            if self.connection is None:
                self.connection = Connection(self.url, self.tls, timeout=8)
                self.connection.connect()
                self.certificate = hashlib.sha256(self.connection.sock.getpeercert(binary_form=True)).hexdigest()[:12]
            shown = {"Authorization": f"Bearer {self.token.read_text().strip()}"}
            self.connection.request("GET", endpoint, headers=shown)
            answer = self.connection.getresponse()
            body = answer.read()
            record |= {"status": answer.status, "certificate": self.certificate, "bytes": len(body)}
            if answer.status == 200:
                record["pods"] = sorted(pods_of(endpoint, body))
                if UNMEASURED.search(body):
                    record["unmeasured"] = True
            else:
                record["said"] = body[:60].decode("ascii", "replace")
        except Exception as error:
            record |= {"status": None, "said": repr(error)[:200]}
            self.close()
        if record.get("status") != 200 or answer.will_close:
            self.close()
        record["came"] = time.time()
        with _PRINTING:
            print(json.dumps(record), flush=True)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def run(self, until):
        while time.time() < until:
            began = time.time()
            for endpoint in ENDPOINTS:
                self.ask(endpoint)
            if int(began) % 10 == 0:
                self.close()
            time.sleep(max(0.0, began + 1.0 - time.time()))


def main():
    seconds, url, ca, tokens, direct = sys.argv[1:]
    verified = ssl.create_default_context(cafile=ca)
    unverified = ssl._create_unverified_context()
    callers = []
    for token in sorted(Path(tokens).iterdir()):
        if not token.name.startswith("."):
            where = (direct, unverified) if token.name == DIRECT else (url, verified)
            callers.append(Caller(token.name, *where, token))
    until = time.time() + float(seconds)
    threads = [threading.Thread(target=caller.run, args=(until,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"done": True}), flush=True)


main()
