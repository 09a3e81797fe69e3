// The handles of points and strokes on the photo: choose, drag, move by keys, delete.

import { element, make } from "./dom.js";
import { KEEP, change, cssOf, groupsOf, ownOf, replaced, revert, settle } from "./hints.js";
import { text } from "./language.js";
import { closePalette, openPalette } from "./palette.js";
import { sitting } from "./sitting.js";
import { pointAt } from "./stage.js";

const STILL = 3; // pixels that a click may stray
const STEPS = 100; // moves by a key along the photo's longer side
const SVG = "http://www.w3.org/2000/svg";
const layer = element("points");
const drawing = layer.firstElementChild;

const handles = () => [...layer.children].slice(1);
const hints = () => ownOf(sitting.current).hints;
export const groupAt = (place) => groupsOf(hints())[place];

/** Brings handles and strokes in line with the photo's hints. */
export function showPoints() {
  const { width, height } = sitting.current;
  const groups = groupsOf(hints());
  while (handles().length < groups.length) layer.append(handleOf());
  for (const handle of handles().slice(groups.length)) handle.remove();
  groups.forEach(({ from, to }, place) => {
    const { x, y, colour } = hints()[from];
    const handle = handles()[place];
    handle.style.left = `${100 * (x + 0.5) / width}%`;
    handle.style.top = `${100 * (y + 0.5) / height}%`;
    handle.style.setProperty("--colour", colour === KEEP ? "#808080" : cssOf(colour));
    handle.classList.toggle("keeps", colour === KEEP);
    const said = colour === KEEP ? text("left") : colour;
    handle.setAttribute("aria-label", text(to - from > 1 ? "stroke-label" : "point-label", { number: place + 1, colour: said }));
  });
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.replaceChildren(...groups.filter(({ from, to }) => to - from > 1 || hints()[from].radius > 0).flatMap(strokeOf));
}

/** A stroke's area, faint, and its line. */
function strokeOf({ from, to }) {
  const row = hints().slice(from, to);
  const points = [...row, row.at(-1)].map(({ x, y }) => `${x + 0.5},${y + 0.5}`).join(" ");
  return ["area", "line"].map((name) => {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", points);
    line.setAttribute("class", name);
    if (name === "area") line.setAttribute("stroke-width", 2 * row[0].radius + 1);
    return line;
  });
}

function handleOf() {
  const handle = make("button", { className: "point", type: "button" });
  let held = null; // where the drag began, and the hints as they were
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    handle.setPointerCapture(event.pointerId);
    held = { x: event.clientX, y: event.clientY, from: pointAt(event), hints: hints(), moved: false, group: groupAt(handles().indexOf(handle)) };
  });
  handle.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { x, y } = pointAt(event);
    const by = { x: x - held.from.x, y: y - held.from.y };
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > STILL;
    if (!held.moved) return;
    element("stage").classList.add("dragging");
    move(held, by);
  });
  const drop = () => {
    if (held?.moved) settle();
    element("stage").classList.remove("dragging");
    held = null;
  };
  handle.addEventListener("pointerup", () => {
    if (!held) return;
    drop();
    handle.focus();
    openPalette(handles().indexOf(handle));
  });
  handle.addEventListener("pointercancel", () => {
    if (held?.moved) revert();
    drop();
  });
  handle.addEventListener("keydown", (event) => onKey(event, handles().indexOf(handle)));
  handle.addEventListener("keyup", settle);
  handle.addEventListener("click", ({ detail }) => { // by Enter or the space bar
    if (detail === 0) openPalette(handles().indexOf(handle), true);
  });
  return handle;
}

/** Moves a group as far as all of it stays in the photo. */
function move({ hints: before, group }, by) {
  const { width, height } = sitting.current;
  const row = before.slice(group.from, group.to);
  const bounded = (along, length) => Math.min(
    Math.max(Math.round(by[along]), -Math.min(...row.map((hint) => hint[along]))),
    length - 1 - Math.max(...row.map((hint) => hint[along])),
  );
  const [dx, dy] = [bounded("x", width), bounded("y", height)];
  change({ hints: replaced(before, group, row.map((hint) => ({ ...hint, x: hint.x + dx, y: hint.y + dy }))) });
}

function onKey(event, place) {
  const { width, height } = sitting.current;
  const far = event.shiftKey ? 1 : Math.max(1, Math.round(Math.max(width, height) / STEPS));
  const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
  if (event.key in moves) {
    const [x, y] = moves[event.key];
    move({ hints: hints(), group: groupAt(place) }, { x, y });
  } else if (event.key === "Delete" || event.key === "Backspace") deletePoint(place);
  else if (event.key === "Escape") closePalette();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function deletePoint(place) {
  closePalette();
  change({ hints: replaced(hints(), groupAt(place), []) });
  settle();
  (handles()[Math.min(place, handles().length - 1)] ?? element("view")).focus();
}

export const focusPoint = (place) => handles()[place]?.focus();
export const placeOf = (place) => handles()[place].getBoundingClientRect();
export const countPoints = () => handles().length;
