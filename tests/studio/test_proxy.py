"""The studio behind the proxies of docs/proxy, as they are printed but for ports, certificates and names."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from served import Client, serving, wait_until

from chromantic.colorizer import Colorizer
from chromantic.web.deployment import Deployment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PRINTED = Path(__file__).parents[2] / "docs" / "proxy"
TOKEN = "correct-horse-battery-staple"
HOSTS = Deployment("/colors", allowed_hosts=("localhost", "colors.example"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")
    if found is None or shutil.which("openssl") is None:
        pytest.skip(f"no {name} (or no openssl) to stand before the studio; install {name}")
    return found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost; its key lies beside it."""
    program("openssl")
    path = tmp_path_factory.mktemp("tls") / "colors.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", str(path), "-keyout", str(path.with_suffix(".key"))]
    subprocess.run(command, check=True, capture_output=True)
    return path


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
def nginx(studio: Client, certificate: Path, folder: Path, *, bare: bool = False) -> Iterator[str]:
    """Nginx with the configuration printed; bare: without any header that it does not set by itself."""
    port, text = free_port(), (PRINTED / "nginx.conf").read_text()
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


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_as_printed(
    proxy: Callable[..., Iterator[str]], load: Callable[[], Colorizer], photo: bytes, certificate: Path, tmp_path: Path
) -> None:
    with serving(load, deployment=HOSTS, workers=1) as studio, proxy(studio, certificate, tmp_path) as address:
        assert b"Chromantic studio" in ask(address, certificate)[1]
        assert ask(f"{address}studio.js", certificate)[0] == 200
        assert ask(f"{address}openapi.json", certificate)[0] == 200
        body, headers = form(photo)
        origin = address.removesuffix("/colors/")
        status, answer = ask(f"{address}v1/colorize", certificate, body, Origin=origin, Accept="image/*", **headers)
        assert (status, answer[:4]) == (200, b"\x89PNG")
        assert ask(f"{address}v1/colorize", certificate, body, Origin="https://evil.example", **headers)[0] == 403
        events = ask(f"{address}v1/colorize", certificate, body, Accept="text/event-stream", **headers)[1]
        assert events.startswith(b"event: picture")


@pytest.mark.parametrize("allowed", [False, True])
def test_nginx_with_its_own_host(
    load: Callable[[], Colorizer], photo: bytes, certificate: Path, tmp_path: Path, allowed: bool
) -> None:
    deployment = HOSTS if allowed else Deployment("/colors")
    with (
        serving(load, deployment=deployment, token=TOKEN, workers=1) as studio,
        nginx(studio, certificate, tmp_path, bare=True) as address,
    ):
        body, headers = form(photo)
        origin, url = address.removesuffix("/colors/"), f"{address}v1/colorize"
        assert ask(url, certificate, body, Origin=origin, Authorization=f"Bearer {TOKEN}", **headers)[0] == 200
        headers["Cookie"] = f"chromantic-studio={TOKEN}"
        assert ask(url, certificate, body, Origin=origin, Sec_Fetch_Site="same-origin", **headers)[0] == 200
        assert ask(url, certificate, body, Origin=origin, Sec_Fetch_Site="cross-site", **headers)[0] == 403
        assert ask(url, certificate, body, Origin=origin, **headers)[0] == (200 if allowed else 403)


def test_the_page_through_nginx(
    browser: "Browser", load: Callable[[], Colorizer], certificate: Path, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    with (
        serving(load, deployment=HOSTS, token=TOKEN) as studio,
        nginx(studio, certificate, tmp_path) as address,
        browser.new_context(ignore_https_errors=True) as context,
    ):
        page, errors = context.new_page(), list[str]()
        page.on("console", lambda message: errors.append(message.text))
        page.goto(f"{address}?token={TOKEN}")
        assert page.url == address
        (cookie,) = context.cookies()
        assert (cookie["path"], cookie["secure"], cookie["httpOnly"]) == ("/colors/", True, True)
        page.locator("[data-example='horses.jpg']").click()
        expect(page.locator("#takes img")).to_have_count(4, timeout=60_000)
        with page.expect_download() as download:
            page.locator("#download").click()
        assert download.value.suggested_filename == "horses.color.jpg"
        page.goto(f"{address}docs")
        expect(page.locator("#api code").first).to_be_visible()
        assert errors == []
