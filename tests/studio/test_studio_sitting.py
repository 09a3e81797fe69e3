"""Several photos in the page at once: the queue, "Download all", and what a reload leaves."""

import io
import zipfile
from pathlib import Path

import pytest
from browsing import PATIENCE, drop, wait_for_versions
from PIL import Image
from playwright.sync_api import Page, Route, expect
from served import Client

NAMES = ["boat.jpg", "boat.jpg", "häuser.jpg"]


def held(page: Page) -> None:
    """Until the browser keeps all that it has been given."""
    expect(page.locator("body")).to_be_visible()
    behind = "import('./memory.js').then(({ isBehind }) => isBehind())"
    while page.evaluate(behind):
        page.wait_for_timeout(20)


def test_several_photos_outlive_a_reload(page: Page, photo: bytes) -> None:
    drop(page, *((photo, name) for name in NAMES), (b"#!/bin/sh\n", "script.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("script.jpg", timeout=PATIENCE)
    wait_for_versions(page)
    shown = page.locator("#photos .open")
    expect(shown).to_have_text(NAMES)
    page.get_by_role("button", name="Version 3").click()
    expect(page.get_by_role("button", name="Version 3")).to_be_focused()
    with page.expect_download() as event:
        page.get_by_role("button", name="Download all").click()
    expect(page.get_by_role("button", name="Download all")).to_be_focused()
    with zipfile.ZipFile(event.value.path()) as archive:
        assert archive.testzip() is None
        wanted = ["boat.color-version-3.jpg", "boat.color-likeliest.jpg", "häuser.color-likeliest.jpg"]
        assert archive.namelist() == wanted
        sizes = {Image.open(io.BytesIO(archive.read(name))).size for name in wanted}
    assert sizes == {(80, 60)}

    held(page)
    page.goto("about:blank")
    page.go_back()
    wait_for_versions(page)
    expect(shown).to_have_text(NAMES)
    expect(page.locator("#versions [aria-pressed=true]")).to_have_text("Version 3")

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove boat.jpg").first.click()
    expect(shown).to_have_text(NAMES[1:])
    expect(page.get_by_role("button", name="Remove boat.jpg")).to_be_focused()
    wait_for_versions(page)
    held(page)
    page.reload()
    expect(shown).to_have_text(NAMES[1:], timeout=PATIENCE)
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#welcome")).to_be_visible()
    held(page)
    page.reload()
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#photos li")).to_have_count(0)


def test_a_warning_where_nothing_is_kept(page: Page, photo: bytes, studio: Client) -> None:
    page.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); };")
    page.goto(studio.url)
    drop(page, (photo, "boat.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("does not keep", timeout=PATIENCE)
    wait_for_versions(page)
    page.get_by_role("button", name="Version 1").click()  # browsers ask only who did something
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="For programs").click(no_wait_after=True)
    expect(page.locator("#work")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.slow
def test_photos_wait_for_a_studio_that_went_away(page: Page, photo: bytes) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/v1/colorize", refuse)
    drop(page, (photo, "boat.jpg"), (photo, "house.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("The studio does not answer", timeout=PATIENCE)
    expect(page.locator("#photos .picture")).to_have_text(["Try again", "Try again"])
    page.unroute("**/v1/colorize")
    page.locator("#photos .open").nth(1).click()
    expect(page.locator("#about")).to_contain_text("house.jpg", timeout=PATIENCE)
    page.locator("#photos .open").first.click()
    expect(page.locator("#about")).to_contain_text("boat.jpg", timeout=PATIENCE)
    wait_for_versions(page)


@pytest.mark.slow
def test_names_in_an_archive_are_distinct(page: Page, tmp_path: Path) -> None:
    names = ["a.b.jpg", "A.b.jpg", "a.b.jpg", "none", "none"]
    told = page.evaluate("(names) => import('./zip.js').then(({ distinct }) => distinct(names))", names)
    assert len({name.lower() for name in told}) == len(names)
    assert told[0] == "a.b.jpg"
