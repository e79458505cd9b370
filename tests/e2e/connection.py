"""How the scripts that run in pods of the cluster reach what they ask. Standard library alone."""

import http.client
import socket
from urllib.parse import urlsplit


class Connection(http.client.HTTPSConnection):
    """To the address of a URL, verified by the name in its fragment: there may be no DNS."""

    def __init__(self, url, tls, timeout):
        address = urlsplit(url)
        super().__init__(address.hostname, address.port, context=tls, timeout=timeout)
        self.tls, self.name = tls, address.fragment or address.hostname

    def connect(self):
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.name)
