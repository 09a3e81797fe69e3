"""The studio behind the proxies of docs/proxy."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from proxies import ask, caddy, form, nginx, traefik
from served import serving

from chromantic.colorizer import Colorizer
from chromantic.web.deployment import Deployment

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOKEN = "correct-horse-battery-staple"
HOSTS = Deployment("/colors", allowed_hosts=("localhost", "colors.example"))


@pytest.mark.parametrize("proxy", [nginx, caddy, traefik])
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
    from browsing import wait_for_versions
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
        wait_for_versions(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).click()
        assert download.value.suggested_filename == "horses.color-likeliest.jpg"
        page.goto(f"{address}docs")
        expect(page.locator("#api code").first).to_be_visible()
        assert errors == []
