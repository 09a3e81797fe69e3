// The photo that is worked on, as the page shows it.

import { element, make } from "./dom.js";
import { number, text } from "./language.js";
import { FORMATS, formatOf } from "./results.js";
import { keep, sitting } from "./sitting.js";
import { stagePictures, stageSize } from "./stage.js";
import { showPlace, showStrip } from "./strip.js";
import { showLiveliness, showVersions } from "./versions.js";

const LOSSLESS = new Set(["png", "tiff", "webp"]);

/** Puts a photo on the stage; without one the page welcomes. */
export function show(photo) {
  const first = photo && !sitting.current;
  sitting.current = photo;
  element("welcome").hidden = photo !== null;
  element("work").hidden = element("another").hidden = photo === null;
  showStrip();
  if (!photo) return;
  photo.opened = Date.now();
  stageSize(photo.width, photo.height);
  element("faded").checked = photo.faded;
  element("as-colours").checked = true;
  hideOverlay();
  describe(photo);
  element("versions").replaceChildren();
  choose(photo.chosen);
  showPlace();
  element("work").dispatchEvent(new Event("shown"));
  if (first) element("view").focus({ preventScroll: true }); // what had the focus is gone
}

/** The texts about a photo. */
export function describe(photo) {
  const { name, width, height, shownWidth } = photo;
  const smaller = shownWidth < width ? ` ${text("is-preview", { width: number(shownWidth) })}` : "";
  element("about").textContent = text("about", { name, width: number(width), height: number(height) }) + smaller;
  element("format").replaceChildren(...Object.entries(FORMATS).map(([format, { called }]) => {
    const key = format === photo.format ? "as-photo" : LOSSLESS.has(format) ? "lossless" : "smaller";
    return make("option", { value: format, textContent: text(key, { format: called }), selected: format === formatOf(photo) });
  }));
}

export function hideOverlay() {
  element("overlay").hidden = element("legend").hidden = element("unsure-hint").hidden = true;
  element("stage").classList.remove("overlaid");
}

/** Picks a version. */
export function choose(version) {
  const photo = sitting.current;
  photo.chosen = version;
  showChosen();
  if (!version.expected) {
    element("liveliness").value = version.temperature;
    showLiveliness();
  }
  keep(photo);
}

/** Shows the picked version, wherever it is seen. */
export function showChosen() {
  showPictures();
  showVersions(sitting.current);
  showStrip();
}

export function showPictures() {
  const { grey, greyInFull, chosen } = sitting.current;
  stagePictures(greyInFull ?? grey, chosen.inFull ?? chosen.content);
}
