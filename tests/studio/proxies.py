"""Proxies with the configurations of docs/proxy, as they are printed but for ports, certificates and names."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from served import Client, wait_until

PRINTED = Path(__file__).parents[2] / "docs" / "proxy"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def program(name: str) -> str:
    places = f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
    found = shutil.which(name, path=places)
    if found is None or shutil.which("openssl") is None:
        pytest.skip(f"no {name} (or no openssl) to stand before the studio; install {name}")
    return found


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    """The address of a proxy under localhost."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as proxy:

        def answers() -> bool:
            assert proxy.poll() is None, proxy.stderr and proxy.stderr.read()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        try:
            wait_until(answers, 30)
            yield f"https://localhost:{port}/colors/"
        finally:
            proxy.terminate()


@contextmanager
def nginx(
    studio: Client, certificate: Path, folder: Path, *, bare: bool = False, second: Client | None = None
) -> Iterator[str]:
    """Nginx with the configuration printed.

    Args:
        studio: Stands behind it.
        certificate: Of localhost.
        folder: For its files.
        bare: Without any header that it does not set by itself.
        second: Another studio behind it.
    """
    port, text = free_port(), (PRINTED / "nginx.conf").read_text()
    if second:
        several = (PRINTED / "several.conf").read_text().replace("10.0.0.1:8000", "127.0.0.1:8000")
        several = several.replace("10.0.0.2:8000", second.url.removeprefix("http://"))
        text = re.sub(r" +upstream studio \{.*?\n    \}\n", lambda _: several, text, flags=re.DOTALL)
    places = f"pid {folder}/pid; error_log {folder}/errors; daemon off;\n" + "user root;\n" * (os.getuid() == 0)
    text = text.replace("http {", f"{places}http {{ access_log off; client_body_temp_path {folder}/body;", 1)
    for kind in ("proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("access_log off;", f"access_log off; {kind}_temp_path {folder}/{kind};", 1)
    text = text.replace("127.0.0.1:8000", studio.url.removeprefix("http://")).replace("listen 443", f"listen {port}")
    text = text.replace("/etc/ssl/colors", str(certificate.with_suffix(""))).replace("server_name colors.example;", "")
    if bare:
        text = re.sub(r"proxy_set_header (Host|X-).*", "", text).replace("http://studio;", f"{studio.url};")
    (folder / "nginx.conf").write_text(text)
    command = [program("nginx"), "-p", str(folder), "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"]
    with running(command, port) as address:
        yield address


@contextmanager
def caddy(studio: Client, certificate: Path, folder: Path) -> Iterator[str]:
    port, text = free_port(), (PRINTED / "Caddyfile").read_text()
    text = text.replace("127.0.0.1:8000", studio.url.removeprefix("http://"))
    tls = f"tls {certificate} {certificate.with_suffix('.key')}"
    text = text.replace("colors.example {", f"localhost:{port} {{\n\t{tls}")
    text = text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers", 1)
    (folder / "Caddyfile").write_text(text)
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with running(command, port) as address:
        yield address


@contextmanager
def traefik(studio: Client, certificate: Path, folder: Path) -> Iterator[str]:
    port, text = free_port(), (PRINTED / "traefik.yaml").read_text()
    text = text.replace("http://127.0.0.1:8000", studio.url).replace("Host(`colors.example`)", "Host(`localhost`)")
    text = text.replace("tls:\n        certResolver: letsencrypt", "tls: {}")
    files = {"certFile": str(certificate), "keyFile": str(certificate.with_suffix(".key"))}
    (folder / "traefik.yaml").write_text(f"{text}tls:\n  certificates:\n    - {json.dumps(files)}\n")
    options = [f"--entrypoints.websecure.address=127.0.0.1:{port}", f"--providers.file.filename={folder}/traefik.yaml"]
    options += ["--global.checknewversion=false", "--log.level=ERROR"]
    with running([program("traefik"), *options], port) as address:

        def routed() -> bool:
            with suppress(urllib.error.URLError):  # a certificate of its own, until it has read the file
                return ask(address, certificate)[0] == 200
            return False

        wait_until(routed, 30)
        yield address


def ask(address: str, certificate: Path, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(certificate)))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with opener.open(urllib.request.Request(address, body, headers), timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def form(photo: bytes) -> tuple[bytes, dict[str, str]]:
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="photo"\r\n\r\n'
    return head + photo + b"\r\n--x--\r\n", {"Content_Type": "multipart/form-data; boundary=x"}
