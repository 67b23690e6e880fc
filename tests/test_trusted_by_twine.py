"""twine as a trusted publisher at the same index: its address is that of the test instance, led here by a proxy."""

from __future__ import annotations

import os
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from cibw.release.credentials import famous_addresses
from tests.index_servers import program
from tests.releases import make_release
from tests.trusted_index import Desk, trusted_index
from tests.trusted_issuer import GITHUB, Issuer, issuing, without_ci

INSTANCE = famous_addresses()["testpypi"]


class _Tunnel(socketserver.StreamRequestHandler):
    """Answers CONNECT, whatever the host, with a way to one port of this computer."""

    target = 0

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        with socket.create_connection(("127.0.0.1", self.target)) as inside:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(inside, self.connection))
            back.start()
            _pump(self.connection, inside)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    while piece := source.recv(1 << 16):
        target.sendall(piece)
    target.shutdown(socket.SHUT_WR)


@contextmanager
def _proxy(port: int) -> Iterator[str]:
    handler = type("Tunnel", (_Tunnel,), {"target": port})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _publish(
    call: list[str], issuer: Issuer, variables: Mapping[str, str], place: Path
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in without_ci(os.environ).items() if not name.lower().endswith("_proxy")}
    environment = {**kept, **issuer.github(), "HOME": str(place), "NO_PROXY": "127.0.0.1", **variables}
    environment["CIBW_ATTESTATIONS"] = "off"
    environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    return subprocess.run(call, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_twine_and_cibw_publish_to_the_test_instance(tmp_path: Path) -> None:
    """The paths for the well-known addresses, without leaving this computer: both get in, and both are refused."""
    make_release(tmp_path / "dist", wheels=1)
    files = sorted(str(path) for path in (tmp_path / "dist").iterdir())
    host = str(urlsplit(INSTANCE).hostname)
    twine = [program("twine"), "upload", "--non-interactive", "--disable-progress-bar", "-r", "testpypi", *files]
    cibw = [program("cibw"), "publish", "--to", "testpypi", "--trusted-publishing", "always"]
    for number, (call, revocations) in enumerate(((twine, 0), (cibw, 1))):
        place = tmp_path / f"index{number}"
        with issuing() as issuer, trusted_index(place, Desk(issuer=issuer), names=(host,)) as index:
            authority = str(index.authority)
            with _proxy(index.port) as proxy:
                variables = {"HTTPS_PROXY": proxy, "REQUESTS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority}
                issuer.claims = {**GITHUB, "repository": "fork/hello"}
                refused = _publish(call, issuer, variables, tmp_path)
                assert refused.returncode == (21 if revocations else 1)
                assert "invalid-publisher" in refused.stdout + refused.stderr
                issuer.claims = GITHUB
                done = _publish(call, issuer, variables, tmp_path)
                assert done.returncode == 0, done.stdout + done.stderr
        assert len(index.files()) == 2
        assert len(index.desk.revoked) == revocations
