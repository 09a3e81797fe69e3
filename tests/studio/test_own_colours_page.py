"""Own colours on the page, in a real browser: points, strokes, a reference, and the file that is downloaded."""

import io
import json
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from browsing import DESKTOP, PATIENCE, PHONE, box_of, drop, overflow, wait_for_versions
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from served import Client, serving
from test_rest import command_writes
from test_studio_looks import LANGUAGES, violations
from test_studio_sitting import held

from chromantic.colorizer import Colorizer

EXAMPLES = Path(__file__).parents[2] / "examples"


def begin(page: Page, content: bytes, name: str = "boat.jpg") -> None:
    """Opens a photo, and the mode."""
    drop(page, (content, name))
    wait_for_versions(page)
    page.get_by_role("button", name="Your colours", exact=True).click()
    expect(page.locator("#own")).to_be_visible()


def settled(page: Page) -> None:
    """Until what is shown is the newest."""
    expect(page.locator("#stage")).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)


def press(page: Page, across: float, down: float) -> None:
    """Clicks the photo, at a place in parts of its width and height."""
    box = box_of(page, "#after")
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def drag(page: Page, *places: tuple[float, float]) -> None:
    box = box_of(page, "#after")
    for number, (across, down) in enumerate(places):
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=5)
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    settled(page)


def point(page: Page) -> Locator:
    return page.locator(".point")


def saved(page: Page) -> dict:
    with page.expect_download() as event:
        page.get_by_role("button", name="Save hints").click()
    assert event.value.suggested_filename.endswith(".hints.json")
    content: dict = json.loads(Path(event.value.path()).read_text())
    return content


def downloaded(page: Page) -> bytes:
    with page.expect_download() as event:
        page.get_by_role("button", name="Download", exact=True).click()
    return Path(event.value.path()).read_bytes()


def shown(page: Page, across: float, down: float) -> tuple[int, int, int]:
    """The colour of the picture on the stage."""
    script = """async (img, [across, down]) => {
        await img.decode();
        const context = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext("2d");
        context.drawImage(img, 0, 0);
        return [...context.getImageData(across * img.naturalWidth, down * img.naturalHeight, 1, 1).data];
    }"""
    red, green, blue, _ = page.locator("#after").evaluate(script, [across, down])
    return red, green, blue


def test_from_a_click_to_the_commands_file(
    page: Page, errors: list[str], photo: bytes, tiny_weights: Path, tmp_path: Path
) -> None:
    begin(page, photo)
    expect(page.locator("#before")).to_be_hidden()
    press(page, 0.25, 0.5)
    expect(point(page)).to_have_count(1)
    expect(point(page)).to_be_focused()
    swatches = page.get_by_role("group", name="Likely colours").get_by_role("button")
    expect(swatches.first).to_be_visible(timeout=PATIENCE)
    assert 1 <= swatches.count() <= 8
    page.locator("#wheel").fill("#b03030")
    settled(page)
    red, green, blue = shown(page, 0.25, 0.5)
    assert red > max(green, blue) + 20
    expect(page.locator("#versions [aria-pressed=true]")).to_have_text("Your colours")

    drag(page, (0.25, 0.5), (0.5, 0.25))
    assert saved(page)["hints"] == [{"x": 40, "y": 15, "colour": "#b03030", "radius": 0}]
    page.keyboard.press("Control+z")
    assert saved(page)["hints"][0]["x"] == 20
    page.keyboard.press("Control+Shift+Z")
    page.get_by_label("Warmth").fill("0.25")
    settled(page)

    choices = saved(page)
    assert choices["warmth"] == 0.25
    (tmp_path / "boat.hints.json").write_text(json.dumps(choices))
    content = downloaded(page)
    flags = ["--hints", str(tmp_path / "boat.hints.json"), "--format", "jpeg"]
    assert content == command_writes(photo, tmp_path / "out", tiny_weights, *flags)["color"]
    page.get_by_role("button", name="Something else").click()
    wait_for_versions(page, 8)
    page.get_by_role("button", name="Version 4, yours").click()
    drawn = command_writes(photo, tmp_path / "drawn", tiny_weights, *flags, "--seed", "4")
    assert downloaded(page) == drawn["color"]
    assert errors == []


def test_everybody_can_use_it_on_any_screen(page: Page, photo: bytes) -> None:
    begin(page, photo)
    page.locator("#view").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".swatch").first).to_be_visible(timeout=PATIENCE)
    settled(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    for width, height in [(320, 568), (390, 844), (1280, 800)]:
        page.set_viewport_size({"width": width, "height": height})
        for language in LANGUAGES:
            page.locator("#language").select_option(language)
            expect(page.locator("html")).to_have_attribute("lang", language)
            assert overflow(page) <= 0, (width, language)
        for small in page.locator("#tools button:visible, #palette button:visible, #own button:visible").all():
            box = small.bounding_box()
            assert box
            assert box["x"] >= 0, small.inner_text()
            assert box["x"] + box["width"] <= width, small.inner_text()
            assert box["height"] >= 44, small.inner_text()


@pytest.mark.slow
def test_points_by_keys_alone(page: Page, errors: list[str], photo: bytes) -> None:
    drop(page, (photo, "boat.jpg"))
    wait_for_versions(page)
    page.get_by_role("button", name="Your colours", exact=True).press("Enter")
    expect(page.locator("#own")).to_be_visible()
    page.locator("#view").press("Enter")
    expect(point(page)).to_be_focused()
    settled(page)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    swatch = page.locator(".swatch").first
    expect(swatch).to_be_focused(timeout=PATIENCE)
    colour = swatch.get_attribute("value")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(point(page)).to_be_focused()
    assert saved(page)["hints"] == [{"x": 38, "y": 31, "colour": colour, "radius": 0}]
    point(page).press("Delete")
    expect(point(page)).to_have_count(0)
    expect(page.locator("#view")).to_be_focused()
    expect(page.locator("#versions button")).to_have_text(["Likeliest", "Version 1", "Version 2", "Version 3"])
    page.keyboard.press("Control+z")
    expect(point(page)).to_have_count(1)
    page.get_by_role("button", name="Undo").click(click_count=5)
    expect(point(page)).to_have_count(0)
    page.get_by_role("button", name="Redo").click(click_count=5)
    expect(point(page)).to_have_count(1)
    assert saved(page)["hints"][0]["colour"] == colour
    settled(page)
    assert errors == []


@pytest.mark.slow
def test_strokes_colour_and_leave(page: Page, errors: list[str], tiny_weights: Path, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), "#8090c0").save(file, "png")
    begin(page, file.getvalue(), "blue.png")
    page.get_by_role("button", name="Brush").click()
    page.get_by_label("Colour of the brush").fill("#b03030")
    drag(page, (0.1, 0.2), (0.4, 0.2))
    page.get_by_role("button", name="Leave", exact=True).click()
    drag(page, (0.6, 0.8), (0.9, 0.8))
    expect(point(page)).to_have_count(2)
    hints = saved(page)["hints"]
    assert {hint["colour"] for hint in hints} == {"#b03030", "keep"}
    assert 20 < len(hints) < 60
    reds = [hint for hint in hints if hint["colour"] == "#b03030"]
    steps = [after["x"] - before["x"] for before, after in pairwise(reds)]
    assert all(0 < step <= reds[0]["radius"] + 1 for step in steps)
    for across in (0.15, 0.25, 0.35):
        red, green, blue = shown(page, across, 0.2)
        assert red > max(green, blue) + 20
    assert max(abs(a - b) for a, b in zip(shown(page, 0.75, 0.8), (0x80, 0x90, 0xC0), strict=True)) <= 4  # JPEG's
    page.get_by_role("button", name="Point", exact=True).click()
    drag(page, (0.1, 0.2), (0.1, 0.5))  # all of the stroke moves
    moved = {hint["y"] - 150 for hint in saved(page)["hints"] if hint["colour"] == "#b03030"}
    assert moved <= {-1, 0, 1}
    assert len(moved) == 1
    (tmp_path / "blue.hints.json").write_text(json.dumps(saved(page)))
    flags = ["--hints", str(tmp_path / "blue.hints.json")]
    assert downloaded(page) == command_writes(file.getvalue(), tmp_path / "out", tiny_weights, *flags)["color"]
    assert errors == []


@pytest.mark.slow
def test_a_reference_and_a_file_outlive_a_reload(
    page: Page, errors: list[str], photo: bytes, tiny_weights: Path, tmp_path: Path
) -> None:
    begin(page, photo)
    hints = [{"x": 20, "y": 30, "colour": [40, 30], "radius": 4}, {"x": 60, "y": 10, "colour": "navy"}]
    for content in ([{"x": 80, "y": 1, "colour": "red"}], [{"x": 1, "y": 1, "colour": "blurple"}], {"x": 1}, 7):
        wrong = json.dumps(content).encode()
        page.set_input_files("#hints-file", {"name": "a.json", "mimeType": "application/json", "buffer": wrong})
        expect(page.get_by_role("alert")).to_contain_text("no file of hints")
        page.get_by_role("button", name="Close these messages").click()
    errors.clear()
    good = json.dumps({"hints": hints, "saturation": 1.5}).encode()
    page.set_input_files("#hints-file", {"name": "a.json", "mimeType": "application/json", "buffer": good})
    expect(point(page)).to_have_count(2)
    expect(page.get_by_label("Saturation")).to_have_value("1.5")
    page.set_input_files("#reference-file", EXAMPLES / "sheep.jpg")
    expect(page.get_by_role("alert")).to_contain_text("has no colours", timeout=PATIENCE)
    errors.clear()
    reference = tmp_path / "reference.png"
    Image.merge("RGB", [Image.effect_noise((90, 70), sigma) for sigma in (20, 50, 90)]).save(reference)
    page.set_input_files("#reference-file", reference)
    expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENCE)
    expect(page.locator("#reference-shown")).to_be_visible()
    settled(page)
    held(page)
    page.wait_for_timeout(1500)  # until it keeps what was set
    held(page)
    page.reload()
    wait_for_versions(page, 5)
    expect(page.locator("#versions [aria-pressed=true]")).to_have_text("Your colours")
    page.get_by_role("button", name="Your colours", exact=True).first.click()
    expect(point(page)).to_have_count(2)
    expect(page.locator("#reference-shown")).to_be_visible()
    settled(page)
    (tmp_path / "a.json").write_text(json.dumps(saved(page)))
    flags = ["--hints", str(tmp_path / "a.json"), "--reference", str(reference), "--format", "jpeg"]
    assert downloaded(page) == command_writes(photo, tmp_path / "out", tiny_weights, *flags)["color"]
    page.get_by_role("button", name="Take it away").click()
    expect(page.locator("#reference-shown")).to_be_hidden()
    page.get_by_role("button", name="Remove all your colours").click()
    expect(point(page)).to_have_count(0)
    expect(page.locator("#versions [aria-pressed=true]")).to_have_text("Likeliest")
    assert errors == []


@pytest.mark.slow
def test_a_finger_paints(browser: Browser, studio: Client, photo: bytes) -> None:
    context = browser.new_context(**{**PHONE, "viewport": {"width": 320, "height": 568}})
    page = context.new_page()
    page.goto(studio.url)
    begin(page, photo)
    box = box_of(page, "#after")
    page.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    expect(page.locator(".swatch").first).to_be_visible(timeout=PATIENCE)
    page.locator(".swatch").first.tap()
    page.get_by_role("button", name="Close", exact=True).tap()
    page.get_by_role("button", name="Brush").tap()
    page.locator("#view").evaluate("""(view) => {
        const { left, top, width, height } = document.getElementById("after").getBoundingClientRect();
        const touch = { bubbles: true, pointerId: 1, pointerType: "touch", isPrimary: true, button: 0 };
        view.setPointerCapture = () => {}; // there is no such pointer
        const send = (type, x) => view.dispatchEvent(
            new PointerEvent(type, { ...touch, clientX: left + x * width, clientY: top + height / 4 })
        );
        send("pointerdown", 0.5);
        for (const x of [0.6, 0.7, 0.8]) send("pointermove", x);
        send("pointerup", 0.8);
    }""")
    settled(page)
    expect(point(page)).to_have_count(2)
    assert len(saved(page)["hints"]) > 5
    assert overflow(page) <= 0
    context.close()


@pytest.mark.slow
def test_a_colour_is_soon_seen(browser: Browser) -> None:
    """Prints the milliseconds from a click to the picture, for 12 megapixels, with the shipped weights."""
    file = io.BytesIO()
    Image.open(EXAMPLES / "horses.jpg").resize((4000, 3000)).save(file, "jpeg")
    with serving(Colorizer.from_pretrained) as client:
        page = browser.new_context(**DESKTOP).new_page()
        page.goto(client.url)
        begin(page, file.getvalue(), "large.jpg")
        press(page, 0.45, 0.55)
        expect(page.locator(".swatch").first).to_be_visible(timeout=PATIENCE)
        settled(page)
        page.evaluate("""() => {
            let start = 0;
            globalThis.waits = [];
            document.addEventListener("click", () => { start = performance.now(); }, true);
            document.getElementById("after").addEventListener("load", ({ target }) => {
                if (start) globalThis.waits.push([target.naturalWidth, performance.now() - start]);
            });
        }""")
        for number in range(8):
            page.locator(".swatch").nth(number % page.locator(".swatch").count()).click()
            settled(page)
        waits = page.evaluate("globalThis.waits")
        page.context.close()
    first, whole = ([wait for width, wait in waits if width == wanted] for wanted in (512, 1024))
    print(f"first picture after {median(first):.0f} ms, all pixels after {median(whole):.0f} ms")
    assert len(first) == len(whole) == 8
    assert median(first) < median(whole)
