// The mode in which own colours are set: its tools, sliders, reference and file.

import { brushOf } from "./brush.js";
import { element, forgetUrl, urlOf } from "./dom.js";
import { KEEP, MOST, change, changeAtOnce, clear, fileOfHints, ownOf, pixelAt, readHints, redo, settle, steps, undo,
  watchOwn } from "./hints.js";
import { number, text } from "./language.js";
import { complain, say } from "./notices.js";
import { closePalette, openPalette, showPalette, shownColour, startPalette } from "./palette.js";
import { countPoints, focusPoint, showPoints } from "./points.js";
import { prepare, preview } from "./preview.js";
import { save, stemOf } from "./results.js";
import { mineOf, sitting } from "./sitting.js";
import { useTool } from "./stage.js";

const on = (id, event, action) => element(id).addEventListener(event, action);
const isOn = () => element("colouring").getAttribute("aria-pressed") === "true";

const TOOLS = {
  "point-tool": {
    begin: () => false,
    async click(point) {
      const photo = sitting.current;
      const pixel = pixelAt(point);
      if (ownOf(photo).hints.length >= MOST) return say(text("too-many-hints", { most: MOST }));
      const colour = await shownColour(pixel);
      if (photo !== sitting.current) return null;
      changeAtOnce({ hints: [...ownOf(photo).hints, { ...pixel, colour, radius: 0 }] });
      const place = countPoints() - 1;
      focusPoint(place);
      return openPalette(place);
    },
  },
  "brush-tool": brushOf(() => element("brush-colour").value),
  "keep-tool": brushOf(() => KEEP),
};

let chosen = "point-tool";

function choose(id) {
  stopPicking();
  chosen = id;
  useTool(isOn() ? TOOLS[id] : null);
  for (const name of Object.keys(TOOLS)) element(name).setAttribute("aria-pressed", String(name === id));
  element("brush-choices").hidden = id === "point-tool";
  for (const name of ["brush-colour", "brush-pick"]) element(name).hidden = id !== "brush-tool";
  element("stage").classList.toggle("brushing", isOn() && id !== "point-tool");
  closePalette();
}

/** The next click on the photo picks the colour that it shows there. */
function pick(useColour) {
  element("stage").classList.add("picking");
  say(text("picking"));
  element("view").focus({ preventScroll: true });
  useTool({
    begin: () => false,
    async click(point) {
      useColour(await shownColour(pixelAt(point)));
      stopPicking();
    },
  });
}

function stopPicking() {
  if (!element("stage").classList.contains("picking")) return;
  element("stage").classList.remove("picking");
  say("");
  useTool(isOn() ? TOOLS[chosen] : null);
}

/** Begins or ends the mode. */
export function setColouring(wanted) {
  element("colouring").setAttribute("aria-pressed", String(wanted));
  element("stage").classList.toggle("colouring", wanted);
  for (const id of ["tools", "own", "points"]) element(id).hidden = !wanted;
  if (wanted && !element("as-colours").checked) element("as-colours").click();
  choose("point-tool");
  if (wanted) showOwn();
}

/** What the page shows of the photo's own colours. */
export function refresh() {
  const { saturation, warmth, reference } = ownOf(sitting.current);
  element("saturation").value = saturation;
  element("warmth").value = warmth;
  element("saturated").textContent = number(saturation, { style: "percent" });
  element("warmed").textContent = number(warmth, { style: "percent", signDisplay: "exceptZero" });
  const shown = element("reference-shown");
  shown.hidden = element("reference-remove").hidden = !reference;
  if (reference && shown.src !== urlOf(reference)) shown.src = urlOf(reference);
  const able = steps();
  for (const id of ["undo", "redo"]) element(id).setAttribute("aria-disabled", String(!able[id]));
  showPoints();
  showPalette();
}

/** Shows the own colours of a photo that has come to the stage. */
export function showOwn() {
  const photo = sitting.current;
  if (isOn()) prepare(photo);
  if (photo.own && mineOf(photo)?.shows !== photo.own) preview(photo, false);
  stopPicking();
  closePalette();
  refresh();
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    complain(error, sitting.current.name);
  }
}

function setReference(file) {
  if (!file) return;
  const before = ownOf(sitting.current).reference;
  changeAtOnce({ reference: file });
  if (before) forgetUrl(before);
}

function listenToReference() {
  on("reference-choose", "click", () => element("reference-file").click());
  on("reference-file", "change", ({ target }) => {
    setReference(target.files[0]);
    target.value = "";
  });
  on("reference-remove", "click", () => {
    changeAtOnce({ reference: null });
    element("reference-choose").focus();
  });
  on("reference", "drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    document.body.classList.remove("dropping");
    setReference(event.dataTransfer.files[0]);
  });
}

function listenToSliders() {
  for (const id of ["saturation", "warmth"]) {
    on(id, "input", ({ target }) => change({ [id]: Number(target.value) }));
    on(id, "change", settle);
  }
}

function listenToFiles() {
  on("hints-save", "click", () => save(fileOfHints(sitting.current), `${stemOf(sitting.current.name)}.hints.json`));
  on("hints-load", "click", () => element("hints-file").click());
  on("hints-file", "change", ({ target }) => attempt(async () => {
    const [file] = target.files;
    changeAtOnce(await readHints(file));
    target.value = "";
  }));
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (!isOn() || !sitting.current || event.altKey) return;
    const key = event.key.toLowerCase();
    const controlled = event.ctrlKey || event.metaKey;
    if (controlled && (key === "y" || (key === "z" && event.shiftKey))) redo();
    else if (controlled && key === "z") undo();
    else if (key === "escape") stopPicking();
    else return;
    event.preventDefault();
  });
}

watchOwn((photo, changed) => {
  refresh();
  if (changed) preview(photo);
});
startPalette((colour) => { element("brush-colour").value = colour; }, pick);
for (const id of Object.keys(TOOLS)) on(id, "click", () => choose(id));
on("brush-pick", "click", () => pick((colour) => { element("brush-colour").value = colour; }));
on("undo", "click", undo);
on("redo", "click", redo);
on("clear", "click", clear);
listenToReference();
listenToSliders();
listenToFiles();
listenToKeys();
