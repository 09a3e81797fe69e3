"""The page in a real browser; these tests need Chromium and skip where there is none.

`STUDIO_SCREENSHOTS=FOLDER python -m pytest tests/studio/test_studio_page.py -m slow` takes pictures of it with
the shipped weights; docs/pictures/studio.jpg is one of them.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import DESKTOP, PATIENCE, PHONE, box_of, drop, overflow, wait_for_versions
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from served import LIMITS, Client, serving

from chromantic.cli import main
from chromantic.colorizer import Colorizer

EXAMPLES = Path(__file__).parents[2] / "examples"


def shown_split(page: Page) -> float:
    """The share of the photo's width at which after follows before, as the browser has laid it out."""
    photo, handle = box_of(page, "#before"), box_of(page, "#handle")
    return (handle["x"] + handle["width"] / 2 - photo["x"]) / photo["width"]


def test_from_a_dropped_photo_to_the_commands_file(
    page: Page, errors: list[str], studio: Client, photo: bytes, tiny_weights: Path, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    drop(page, (photo, "Großmutter <b>1931</b>.jpg"))
    expect(page.locator("#view")).to_be_visible(timeout=PATIENCE)
    wait_for_versions(page)

    slider = page.get_by_role("slider", name="Before and after")
    assert shown_split(page) == pytest.approx(0.5, abs=0.01)
    slider.focus()
    page.keyboard.press("Home")
    assert shown_split(page) == pytest.approx(0, abs=0.01)
    page.keyboard.press("End")
    assert shown_split(page) == pytest.approx(1, abs=0.01)
    box = box_of(page, "#before")
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    assert shown_split(page) == pytest.approx(0.25, abs=0.02)

    page.get_by_role("button", name="Version 2").click()
    with page.expect_download() as event:
        page.get_by_role("button", name="Download", exact=True).click()
    downloaded = event.value
    (tmp_path / "photo.jpg").write_bytes(photo)
    command = ["colorize", str(tmp_path / "photo.jpg"), "--seed", "2", "--format", "jpeg", "--model", str(tiny_weights)]
    assert main(command) == 0
    assert Path(downloaded.path()).read_bytes() == (tmp_path / "photo.color.jpg").read_bytes()
    assert downloaded.suggested_filename.startswith("Großmutter")
    assert downloaded.suggested_filename.endswith(".color-version-2.jpg")
    assert page.locator("b", has_text="1931").count() == 0
    assert all(address.startswith((studio.url, "blob:")) for address in asked)
    assert errors == []


@pytest.mark.slow
def test_more_and_calmer_and_other_formats(
    page: Page, errors: list[str], photo: bytes, tiny_weights: Path, tmp_path: Path
) -> None:
    page.set_input_files("#file", {"name": "boat.jpg", "mimeType": "image/jpeg", "buffer": photo})
    wait_for_versions(page)
    page.get_by_role("button", name="Something else").click()
    wait_for_versions(page, 7)
    page.get_by_role("button", name="Version 5").click()
    page.get_by_role("button", name="More like this").click()
    wait_for_versions(page, 10)
    numbers = page.locator("#versions span").all_inner_texts()
    assert numbers[:7] == ["Likeliest", *(f"Version {number}" for number in range(1, 7))]
    assert len(set(numbers)) == 10
    assert {int(number.split()[1]) for number in numbers[7:]} < set(range(7, 15))
    liveliness = page.get_by_label("Liveliness")
    liveliness.focus()
    page.keyboard.press("ArrowLeft")
    wait_for_versions(page, 11)
    chosen = page.locator("#versions button[aria-pressed=true]")
    expect(chosen).to_have_text("Version 5, calmer")
    page.get_by_label("Save as").select_option("tiff")
    with page.expect_download() as event:
        page.get_by_role("button", name="Download", exact=True).click()
    (tmp_path / "boat.jpg").write_bytes(photo)
    options = ["--seed", "5", "--temperature", "0.9", "--format", "tiff", "--model", str(tiny_weights)]
    assert main(["colorize", str(tmp_path / "boat.jpg"), *options]) == 0
    assert event.value.suggested_filename == "boat.color-version-5-liveliness-0.9.tif"
    assert Path(event.value.path()).read_bytes() == (tmp_path / "boat.color.tif").read_bytes()
    assert errors == []


@pytest.mark.slow
def test_every_pixel_can_be_looked_at(page: Page, errors: list[str]) -> None:
    file = io.BytesIO()
    Image.effect_noise((1400, 700), 60).save(file, "png")
    page.set_input_files("#file", {"name": "noise.png", "mimeType": "image/png", "buffer": file.getvalue()})
    wait_for_versions(page)
    pictures = page.locator("#before"), page.locator("#after")
    for picture in pictures:
        expect(picture).to_have_js_property("naturalWidth", 1024)
    for name in ("Actual size", "Version 3"):
        page.get_by_role("button", name=name).click()
        for picture in pictures:
            expect(picture).to_have_js_property("naturalWidth", 1400, timeout=PATIENCE)
    assert box_of(page, "#before")["width"] == pytest.approx(1400, abs=1)
    handle, view = box_of(page, "#handle"), box_of(page, "#view")
    assert view["x"] < handle["x"] < view["x"] + view["width"]
    assert errors == []


@pytest.mark.slow
def test_overlays_have_names_and_a_sitting_has_a_history(page: Page, errors: list[str], photo: bytes) -> None:
    page.set_input_files("#file", {"name": "boat.jpg", "mimeType": "image/jpeg", "buffer": photo})
    wait_for_versions(page)
    page.get_by_label("What it recognizes").check()
    expect(page.locator("#legend")).to_contain_text("%", timeout=PATIENCE)
    names = [text.split(",")[0] for text in page.locator("#legend li").all_inner_texts()]
    assert set(names) <= {"something else", "cat", "dog"}
    expect(page.locator("#overlay")).to_be_visible()
    expect(page.locator("#before")).to_be_hidden()  # which would cover half of it
    page.get_by_label("Where it is unsure").check()
    expect(page.locator("#legend")).to_contain_text("least sure")
    page.get_by_label("Colours", exact=True).check()
    expect(page.locator("#overlay")).to_be_hidden()

    page.set_input_files("#file", EXAMPLES / "sheep.jpg")
    expect(page.locator("#about")).to_contain_text("sheep.jpg", timeout=PATIENCE)
    wait_for_versions(page)
    page.get_by_role("listitem").get_by_role("button", name="boat.jpg", exact=True).click()
    expect(page.locator("#about")).to_contain_text("boat.jpg: 80")
    expect(page.locator("#versions img")).to_have_count(4)
    assert errors == []


def test_errors_come_in_plain_words(page: Page, photo: bytes) -> None:
    drop(page, (b"#!/bin/sh\n", "photo.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("This file is not a photo", timeout=PATIENCE)
    drop(page, (photo[: len(photo) // 2], "photo.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("Damaged or truncated; get a fresh copy.", timeout=PATIENCE)
    drop(page, (bytes(LIMITS.upload_bytes + 1), "photo.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("too large", timeout=PATIENCE)
    file = io.BytesIO()
    Image.new("1", (2000, 2000)).save(file, "png")
    drop(page, (file.getvalue(), "photo.png"))
    expect(page.get_by_role("alert")).to_contain_text("2000 x 2000", timeout=PATIENCE)
    expect(page.locator("#welcome")).to_be_visible()
    page.get_by_role("button", name="Close these messages").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    drop(page, (photo, "photo.jpg"))
    wait_for_versions(page)


@pytest.mark.slow
def test_a_studio_that_has_ended(browser: Browser, load: Callable[[], Colorizer], photo: bytes) -> None:
    context = browser.new_context()
    page = context.new_page()
    with serving(load) as client:
        page.goto(client.url)
    drop(page, (photo, "photo.jpg"))
    expect(page.get_by_role("alert")).to_contain_text("The studio does not answer", timeout=PATIENCE)
    context.close()


@pytest.mark.slow
def test_everything_fits_a_phone(browser: Browser, studio: Client, photo: bytes) -> None:
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.goto(studio.url)
    page.locator("[data-example='horses.jpg']").tap()
    wait_for_versions(page)
    assert overflow(page) <= 0
    for name in ("Add photos", "More like this", "Something else", "Download", "Actual size"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box, name
        assert box["height"] >= 44, name  # a thumb's
        assert box["x"] + box["width"] <= PHONE["viewport"]["width"], name
    context.close()


def test_the_description_for_programs(page: Page, errors: list[str], studio: Client) -> None:
    page.goto(f"{studio.url}/docs")
    expect(page.get_by_role("heading", name="POST /v1/colorize")).to_be_visible()
    expect(page.locator("table").first).to_contain_text("temperature")
    assert errors == []


@pytest.mark.slow
def test_screenshots(browser: Browser, tmp_path: Path) -> None:
    folder = Path(os.environ.get("STUDIO_SCREENSHOTS", tmp_path / "screenshots"))
    with serving(Colorizer.from_pretrained) as client:

        def opened(example: str | None = "horses.jpg", **options: object) -> Page:
            page = browser.new_context(**{**DESKTOP, **options}).new_page()
            page.goto(client.url)
            if example:
                page.locator(f"[data-example='{example}']").click()
                wait_for_versions(page)
            return page

        def shoot(page: Page, name: str, whole: bool = False) -> None:
            page.screenshot(path=folder / f"{name}.png", full_page=whole)

        shoot(opened(None), "start")
        page = opened()
        shoot(page, "result", whole=True)
        page.get_by_label("What it recognizes").check()
        expect(page.locator("#legend")).to_be_visible(timeout=PATIENCE)
        shoot(page, "segmentation")
        page.get_by_label("Where it is unsure").check()
        expect(page.locator("#legend")).to_contain_text("least sure")
        shoot(page, "uncertainty")
        drop(page, (b"#!/bin/sh\n", "photo.jpg"))
        expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
        shoot(page, "error")
        shoot(opened(None, **PHONE), "phone-start")
        shoot(opened("sheep.jpg", color_scheme="dark", **PHONE), "phone", whole=True)
        shoot(opened("sheep.jpg", color_scheme="dark"), "dark")
    if "STUDIO_SCREENSHOTS" in os.environ:
        Image.open(folder / "result.png").convert("RGB").save(folder / "studio.jpg", quality=85)
    assert len(list(folder.glob("*.png"))) >= 8
