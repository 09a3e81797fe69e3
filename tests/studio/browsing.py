"""How tests use the page in a real browser."""

import base64

from playwright.sync_api import Page, expect

DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
PATIENCE = 60_000  # milliseconds, on a busy machine
_DROP = """(files) => {
    const dataTransfer = new DataTransfer();
    for (const [content, name] of files) {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name));
    }
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, *files: tuple[bytes, str]) -> None:
    """Drops files, each a content and a name, at once."""
    page.evaluate(_DROP, [[base64.b64encode(content).decode(), name] for content, name in files])


def wait_for_versions(page: Page, count: int = 4) -> None:
    """Until so many versions, the likeliest among them, are there, and nothing more is being read or drawn."""
    expect(page.locator("#versions img")).to_have_count(count, timeout=PATIENCE)
    expect(page.locator("#status")).to_have_text("", timeout=PATIENCE)
    expect(page.locator("#queue")).to_have_text("", timeout=PATIENCE)


def box_of(page: Page, selector: str) -> dict[str, float]:
    """Where something lies in the window."""
    box = page.locator(selector).bounding_box()
    assert box, selector
    return dict(box)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
