// A photo's own colours: a list of hints, saturation, warmth and a reference; each change makes a new one.

import { text } from "./language.js";
import { Trouble } from "./notices.js";
import { sitting } from "./sitting.js";

export const MOST = 1000; // hints of a photo
export const KEEP = "keep"; // in place of a colour: what the photo has there
const NONE = { hints: [], saturation: 1, warmth: 0, reference: null };

let told = () => {};
const histories = new WeakMap(); // of photos

/** Begins to tell of every change, and of every step, which changes nothing more. */
export const watchOwn = (onChange) => { told = onChange; };

export const ownOf = (photo) => photo.own ?? NONE;

function historyOf(photo) {
  if (!histories.has(photo)) histories.set(photo, { past: [], future: [], settled: ownOf(photo) });
  return histories.get(photo);
}

function put(photo, own) {
  const none = !own.hints.length && own.saturation === 1 && own.warmth === 0 && !own.reference;
  photo.own = none ? null : own;
  told(photo, true);
}

/** Changes some of a photo's own colours; `settle` makes all changes since the last time one step. */
export function change(changes) {
  const photo = sitting.current;
  historyOf(photo);
  put(photo, { ...ownOf(photo), ...changes });
}

export function settle() {
  const photo = sitting.current;
  const history = historyOf(photo);
  if (history.settled === ownOf(photo)) return;
  history.past.push(history.settled);
  history.future = [];
  history.settled = ownOf(photo);
  told(photo, false);
}

/** Takes back what has changed since the last step. */
export function revert() {
  const photo = sitting.current;
  put(photo, historyOf(photo).settled);
}

export function changeAtOnce(changes) {
  change(changes);
  settle();
}

function step(from, to) {
  const photo = sitting.current;
  const history = historyOf(photo);
  settle();
  if (!history[from].length) return;
  history[to].push(history.settled);
  history.settled = history[from].pop();
  put(photo, history.settled);
}

export const undo = () => step("past", "future");
export const redo = () => step("future", "past");
export const clear = () => changeAtOnce(NONE);

/** Whether there is something to undo, and to redo. */
export function steps() {
  const { past, future } = historyOf(sitting.current);
  return { undo: past.length > 0, redo: future.length > 0 };
}

/** Points, and rows of hints that are a stroke: where each begins in the list, and where it ends. */
export function groupsOf(hints) {
  const groups = [];
  hints.forEach((hint, place) => {
    const before = hints[place - 1];
    const goesOn = before && hint.radius > 0 && hint.radius === before.radius && String(hint.colour) === String(before.colour)
      && Math.hypot(hint.x - before.x, hint.y - before.y) <= 1.5 * hint.radius;
    if (goesOn) groups.at(-1).to = place + 1;
    else groups.push({ from: place, to: place + 1 });
  });
  return groups;
}

/** The list with other hints in place of a group's. */
export const replaced = (hints, { from, to }, others) => [...hints.slice(0, from), ...others, ...hints.slice(to)];

/** The nearest pixel of the photo on the stage. */
export function pixelAt({ x, y }) {
  const { width, height } = sitting.current;
  const within = (value, length) => Math.min(Math.max(Math.floor(value), 0), length - 1);
  return { x: within(x, width), y: within(y, height) };
}

/** A colour as style sheets write it; chroma alone at a middle lightness. */
export const cssOf = (colour) => (Array.isArray(colour) ? `lab(60% ${colour[0]} ${colour[1]})` : colour);

/** The file that the command reads. */
export function fileOfHints(photo) {
  const { hints, saturation, warmth } = ownOf(photo);
  return new Blob([JSON.stringify({ hints, saturation, warmth })], { type: "application/json" });
}

/** What a file of hints says of the photo on the stage. Throws what is wrong with it. */
export async function readHints(file) {
  const wrong = new Trouble(text("no-hints"), text("no-hints-remedy"));
  let said;
  try {
    said = JSON.parse(await file.text());
  } catch {
    throw wrong;
  }
  const { hints = [], saturation = 1, warmth = 0, ...others } = Array.isArray(said) ? { hints: said } : Object(said);
  const isFile = typeof said === "object" && said !== null && Object.keys(others).length === 0;
  const inside = (value, least, most) => typeof value === "number" && value >= least && value <= most;
  const { width, height } = sitting.current;
  const isColour = (colour) => (Array.isArray(colour)
    ? colour.length === 2 && colour.every((value) => inside(value, -128, 128))
    : typeof colour === "string" && (colour === KEEP || CSS.supports("color", colour)));
  const isHint = (hint) => inside(hint?.radius ?? 0, 0, Infinity) && isColour(hint?.colour)
    && inside(hint.x, 0, width - 1e-6) && inside(hint.y, 0, height - 1e-6);
  const fits = isFile && Array.isArray(hints) && hints.length <= MOST && hints.every(isHint) && inside(saturation, 0, 2) && inside(warmth, -1, 1);
  if (!fits) throw wrong;
  return { hints: hints.map(({ x, y, colour, radius = 0 }) => ({ x, y, colour, radius })), saturation, warmth };
}
