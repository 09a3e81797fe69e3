"""The page in a real browser; these tests need Chromium and skip where there is none."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@contextmanager
def serving(study_file: Path, port: int) -> Iterator[str]:
    """The page's address, while the command serves it; in the end it is killed as by a power cut."""
    command = [sys.executable, "-m", "chromantic", "study", "serve", str(study_file), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[0]
        finally:
            os.kill(process.pid, signal.SIGKILL)


def answers(study_file: Path) -> list[tuple[int, int]]:
    """Position and answer of everything answered, by person and position."""
    query = "SELECT position, natural FROM answers WHERE natural IS NOT NULL ORDER BY person, position"
    with sqlite3.connect(study_file) as database:
        return database.execute(query).fetchall()


def begin(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start").click()
    at(page, 1)


def at(page: Page, number: int) -> None:
    """Waits until a picture may be answered."""
    expect(page.locator("#count")).to_have_text(f"{number} of 4")
    expect(page.locator("#natural")).to_be_enabled()


def test_buttons_and_keys_answer_to_the_end(context: BrowserContext, study_file: Path, url: str) -> None:
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    begin(page, url)
    told = page.content() + page.url + str(page.evaluate("performance.getEntries().map(entry => entry.name)"))
    assert re.search(r"/pictures/[\w-]{16}\b", told)
    assert not re.search("originals|royer|chromantic|boat|dog|tree", told)
    page.get_by_role("button", name="Natural", exact=False).last.click()
    at(page, 2)
    page.get_by_role("button", name="Not natural").click()
    at(page, 3)
    page.keyboard.press("ArrowRight")
    at(page, 4)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.get_by_role("button", name="Next person").click()
    page.get_by_role("button", name="Start").click()
    at(page, 1)
    assert answers(study_file) == [(0, 1), (1, 0), (2, 1), (3, 0)]
    assert all(address.startswith((url, "data:")) for address in asked)
    assert not errors


def test_a_reload_and_a_double_tap_neither_lose_nor_repeat(context: BrowserContext, study_file: Path, url: str) -> None:
    page = context.new_page()
    begin(page, url)
    picture = page.locator("#frame img").get_attribute("src")
    page.reload()
    at(page, 1)
    assert page.locator("#frame img").get_attribute("src") == picture
    page.locator("#natural").dblclick()
    at(page, 2)
    page.reload()
    at(page, 2)
    assert answers(study_file) == [(0, 1)]


def test_an_answer_outlives_a_lost_connection(context: BrowserContext, study_file: Path, url: str) -> None:
    page = context.new_page()
    begin(page, url)
    context.set_offline(True)
    page.locator("#unnatural").click()
    expect(page.locator("#notice")).to_be_visible()
    page.keyboard.press("ArrowRight")  # too early, and changes nothing
    assert answers(study_file) == []
    context.set_offline(False)
    at(page, 2)
    expect(page.locator("#notice")).to_be_hidden()
    assert answers(study_file) == [(0, 0)]


@pytest.mark.slow
def test_an_answer_outlives_the_server_and_a_reload(context: BrowserContext, study_file: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = context.new_page()
    with serving(study_file, port) as url:
        begin(page, url)
        page.route("**/answer", lambda route: (route.fetch(), route.abort()))  # it arrives; its receipt does not
        page.locator("#natural").click()
        expect(page.locator("#notice")).to_be_visible()
        assert answers(study_file) == [(0, 1)]
    page.unroute("**/answer")
    with serving(study_file, port) as url:
        at(page, 2)
    page.locator("#unnatural").click()  # nobody listens
    expect(page.locator("#notice")).to_be_visible()
    with serving(study_file, port) as url:
        page.goto(url)
        at(page, 3)
    assert answers(study_file) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    "size", [(360, 640), *(pytest.param(size, marks=pytest.mark.slow) for size in [(640, 360), (1280, 800)])]
)
def test_everything_fits_the_screen(browser: Browser, url: str, size: tuple[int, int]) -> None:
    options = {**PHONE, "viewport": dict(zip(("width", "height"), size, strict=True))} if size[0] < 1000 else {}
    context = browser.new_context(**options)
    page = context.new_page()
    begin(page, url)
    for part in ("#frame img", "#natural", "#unnatural", "#count"):
        box = page.locator(part).bounding_box()
        assert box, part
        assert box["x"] >= 0, part
        assert box["y"] >= 0, part
        assert box["x"] + box["width"] <= page.evaluate("innerWidth"), part
        assert box["y"] + box["height"] <= page.evaluate("innerHeight"), part
    assert page.evaluate("document.documentElement.scrollHeight") <= page.evaluate("innerHeight")
    for button in ("#natural", "#unnatural"):
        box = page.locator(button).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44  # a thumb's
    if options:
        page.locator("#natural").tap()
        at(page, 2)
    context.close()
