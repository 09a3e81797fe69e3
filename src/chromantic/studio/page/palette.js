// The palette of a point: the model's suggestions, any colour, one picked from a picture, or the photo's own.

import { element, make } from "./dom.js";
import { KEEP, change, changeAtOnce, ownOf, replaced, settle } from "./hints.js";
import { number, text } from "./language.js";
import { complain } from "./notices.js";
import { colourAt } from "./pixels.js";
import { deletePoint, focusPoint, groupAt, placeOf } from "./points.js";
import { suggestionsAt } from "./preview.js";
import { sitting } from "./sitting.js";

const palette = element("palette");

let open = null; // the place of its point
let onColour = () => {};
let pickWith = () => {}; // lets the next click on the photo pick a colour

const isHex = (colour) => /^#[0-9a-f]{6}$/i.test(colour);

/** What is shown of a photo at a pixel of it, as #rrggbb. */
export function shownColour({ x, y }) {
  const { width, height, chosen } = sitting.current;
  return colourAt(chosen.content, [(x + 0.5) / width, (y + 0.5) / height]);
}

function group() {
  const { from, to } = groupAt(open);
  return ownOf(sitting.current).hints.slice(from, to);
}

function setGroup(changes, apply = changeAtOnce) {
  if (open === null) return; // it was closed while a colour was picked
  const { hints } = ownOf(sitting.current);
  apply({ hints: replaced(hints, groupAt(open), group().map((hint) => ({ ...hint, ...changes }))) });
}

function setColour(colour, apply) {
  setGroup({ colour }, apply);
  if (colour !== KEEP) onColour(colour);
}

/** Opens the palette of a point beside it. */
export function openPalette(place, focuses = false) {
  const isNew = open !== place || palette.hidden;
  open = place;
  palette.hidden = false;
  showPalette();
  lay();
  if (isNew) element("suggested").replaceChildren(make("span", { className: "small", textContent: text("asking-colours") }));
  suggest(focuses);
}

export function closePalette(returns = false) {
  if (returns && open !== null) focusPoint(open);
  palette.hidden = true;
  open = null;
}

/** Brings the open palette in line with its point. */
export function showPalette() {
  if (open === null) return;
  if (!groupAt(open)) {
    closePalette();
    return;
  }
  const row = group();
  element("palette-title").textContent = text(row.length > 1 ? "colour-of-stroke" : "colour-here");
  if (isHex(row[0].colour)) element("wheel").value = row[0].colour;
  element("reach-part").hidden = row.length > 1;
  const { width, height } = sitting.current;
  element("reach").value = 100 * row[0].radius / Math.max(width, height);
  element("leave").setAttribute("aria-pressed", String(row[0].colour === KEEP));
  for (const swatch of element("suggested").querySelectorAll("button")) {
    swatch.setAttribute("aria-pressed", String(swatch.value === row[0].colour));
  }
}

/** Beside the point on the side that has more room. */
function lay() {
  const stage = element("stage").getBoundingClientRect();
  const point = placeOf(open);
  const right = point.left + point.width / 2 < stage.left + stage.width / 2;
  palette.style.setProperty("--left", right ? `${point.right - stage.left + 12}px` : "auto");
  palette.style.setProperty("--right", right ? "auto" : `${stage.right - point.left + 12}px`);
  palette.style.setProperty("--top", `${Math.max(0, point.top - stage.top - 60)}px`);
}

/** Asks for the likely colours of the point, given all other hints. */
async function suggest(focuses) {
  const photo = sitting.current;
  const { hints } = ownOf(photo);
  const place = open;
  const [point] = group();
  const others = { ...ownOf(photo), hints: replaced(hints, groupAt(place), []) };
  try {
    const suggestions = await suggestionsAt(photo, others, point);
    if (open !== place || photo !== sitting.current) return;
    element("suggested").replaceChildren(...suggestions.map(swatchOf));
    showPalette();
    if (focuses) (element("suggested").querySelector("button") ?? element("wheel")).focus();
  } catch (error) {
    complain(error, photo.name);
  }
}

function swatchOf({ colour, probability }) {
  const share = number(probability, { style: "percent" });
  const swatch = make("button", { value: colour, title: share, className: "swatch" });
  swatch.setAttribute("aria-label", text("suggestion", { colour, share }));
  swatch.style.setProperty("--colour", colour);
  swatch.addEventListener("click", () => setColour(colour));
  return swatch;
}

/** Tells of every chosen colour, and lets `pick` await a click on the photo. */
export function startPalette(onChosen, pick) {
  onColour = onChosen;
  pickWith = pick;
  const on = (id, event, action) => element(id).addEventListener(event, action);
  on("palette-close", "click", () => closePalette(true));
  on("wheel", "input", ({ target }) => setColour(target.value, change));
  on("wheel", "change", settle);
  on("leave", "click", () => setColour(KEEP));
  on("delete", "click", () => deletePoint(open));
  on("pick", "click", () => pickWith((colour) => setColour(colour)));
  on("reach", "input", ({ target }) => {
    const { width, height } = sitting.current;
    setGroup({ radius: Math.round(target.value / 100 * Math.max(width, height)) }, change);
  });
  on("reach", "change", settle);
  palette.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closePalette(true);
    else if (event.key === "Delete") deletePoint(open);
    else return;
    event.stopPropagation();
  });
  element("pick-anywhere").hidden = !globalThis.EyeDropper;
  on("pick-anywhere", "click", async () => {
    try {
      setColour((await new EyeDropper().open()).sRGBHex);
    } catch {
      // it was given up
    }
  });
}
