// What the network recognizes, and where it is unsure, over the photo.

import { element, make } from "./dom.js";
import { number, text, thing } from "./language.js";
import { UNSURE, UNSURE_OPACITIES, segmentationOverlay, uncertaintyOverlay } from "./pixels.js";
import { askForPictures } from "./service.js";
import { SHOWN_SIDE, fieldsOf } from "./sitting.js";

const LEAST_SHARE = 0.01; // of the photo, for what is named

/** What covers 1 % and more, and all else as the background, in whole percents that add up to 100. */
export function percentages(classes) {
  const named = classes.filter(({ name, share }) => name !== "background" && share >= LEAST_SHARE);
  const rest = Math.max(0, 1 - named.reduce((sum, { share }) => sum + share, 0));
  const rows = [...named, { name: "background", colour: null, share: rest }]
    .map((row) => ({ ...row, percent: Math.floor(100 * row.share) }));
  const missing = 100 - rows.reduce((sum, { percent }) => sum + percent, 0);
  const cut = (row) => 100 * row.share - row.percent;
  for (const row of [...rows].sort((one, other) => cut(other) - cut(one)).slice(0, missing)) row.percent += 1;
  return rows.filter(({ percent }) => percent > 0);
}

async function overlaysOf(photo, segments, signal) {
  const wish = { ...fieldsOf(photo, { expected: true }), segmentation: segments, uncertainty: true, max_side: SHOWN_SIDE };
  const { pictures: { uncertainty, segmentation } } = await askForPictures(photo.file, wish, { signal });
  const rows = segmentation && percentages(segmentation.classes);
  const colours = rows?.flatMap(({ colour }) => colour ?? []);
  return {
    uncertainty: await uncertaintyOverlay(uncertainty.content),
    segmentation: segmentation && { image: await segmentationOverlay(segmentation.content, colours), rows },
  };
}

/** Lays over the photo what was asked for, which may need the service. */
export async function showOverlay(photo, kind, segments, signal) {
  photo.overlays ??= await overlaysOf(photo, segments, signal);
  const { image, rows, bounds } = photo.overlays[kind];
  const canvas = element("overlay");
  Object.assign(canvas, { width: image.width, height: image.height, hidden: false });
  canvas.getContext("2d").putImageData(image, 0, 0);
  element("stage").classList.add("overlaid");
  showLegend(rows ? legendOfThings(rows) : legendOfFifths(bounds));
  element("unsure-hint").hidden = kind !== "uncertainty";
}

const legendOfThings = (rows) => rows.map(({ name, colour, percent }) => [
  colour ?? "#0000", `${thing(name)}, ${number(percent / 100, { style: "percent" })}`,
]);

/** A line for each fifth; those that no level parts are one. */
function legendOfFifths(bounds) {
  const round = (value) => number(value, { maximumSignificantDigits: 2 });
  const ends = [1, ...bounds, Infinity];
  return UNSURE_OPACITIES.flatMap((opacity, fifth) => {
    const [from, to] = [ends[fifth], ends[fifth + 1]];
    if (from === to) return [];
    const values = { from: round(from), to: round(to) };
    const key = fifth === 0 ? "unsure-least" : to === Infinity ? "unsure-most" : "unsure-between";
    return [[`rgb(${UNSURE.join(" ")} / ${opacity / 255})`, text(key, values)]];
  });
}

function showLegend(rows) {
  element("legend").replaceChildren(...rows.map(([colour, said]) => {
    const patch = make("i");
    patch.style.setProperty("--colour", colour);
    return make("li", {}, patch, said);
  }));
  element("legend").hidden = false;
}
