// The photo on the stage: before and after, zoom and pan.

import { element, urlOf } from "./dom.js";
import { number } from "./language.js";

const STEP = 1.5;
const NEAR = 28; // pixels on either side of the handle, where a drag moves it and not the photo
const STILL = 6; // pixels that a click may stray
const view = element("view");
const split = element("split");

let size = { width: 1, height: 1 }; // of the photo in pixels
let scale = null; // the screen's pixels for each of the photo; null fits it in
let middle = [0.5, 0.5]; // the point of the photo in the middle of the view
let tool = null; // takes what one pointer does, in place of the slider
let told = () => {};

const actual = () => 1 / devicePixelRatio;
const fit = () => Math.min(view.clientWidth / size.width, view.clientHeight / size.height);
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** Where the photo lies in the view. */
function place() {
  const used = scale ?? fit();
  const [width, height] = [size.width * used, size.height * used];
  const along = (room, length, point) => (
    length <= room ? (room - length) / 2 : clamp(room / 2 - point * length, room - length, 0)
  );
  return { x: along(view.clientWidth, width, middle[0]), y: along(view.clientHeight, height, middle[1]), width, height };
}

/** The part of the view's width that shows the photo, which is what the slider divides. */
function visible() {
  const { x, width } = place();
  return [Math.max(x, 0), Math.min(x + width, view.clientWidth)];
}

function layOut() {
  if (!view.clientWidth) return;
  const { x, y, width, height } = place();
  const [left, right] = visible();
  const lengths = { x, y, w: width, h: height, left, right, split: left + (split.value / 100) * (right - left) };
  for (const [name, length] of Object.entries(lengths)) element("stage").style.setProperty(`--${name}`, `${length}px`);
  view.classList.toggle("pannable", width > view.clientWidth + 1 || height > view.clientHeight + 1);
  const used = scale ?? fit();
  element("zoom").textContent = number(used / actual(), { style: "percent", maximumFractionDigits: 0 });
  element("fit").setAttribute("aria-pressed", String(scale === null));
  element("actual").setAttribute("aria-pressed", String(Math.abs(used / actual() - 1) < 0.005));
}

/** Zooms, and leaves the point of the photo where it is that lies there in the view. */
function zoomTo(wanted, x = view.clientWidth / 2, y = view.clientHeight / 2) {
  const least = Math.min(fit(), actual());
  const most = Math.max(2 * fit(), actual());
  const before = place();
  const point = [(x - before.x) / before.width, (y - before.y) / before.height];
  const used = clamp(wanted, least, most);
  scale = Math.abs(used / fit() - 1) < 0.01 ? null : used;
  const [width, height] = [size.width * used, size.height * used];
  moveTo(point[0] + (view.clientWidth / 2 - x) / width, point[1] + (view.clientHeight / 2 - y) / height);
  told(used * devicePixelRatio * size.width); // pixels that could be shown
}

function moveTo(x, y) {
  const { width, height } = place();
  const bound = (point, room, length) => {
    const half = Math.min(room / length / 2, 0.5);
    return clamp(point, half, 1 - half);
  };
  middle = [bound(x, view.clientWidth, width), bound(y, view.clientHeight, height)];
  layOut();
}

function pan(byX, byY) {
  const { width, height } = place();
  moveTo(middle[0] - byX / width, middle[1] - byY / height);
}

const zoomBy = (factor, ...point) => zoomTo((scale ?? fit()) * factor, ...point);
const fitIn = () => zoomTo(fit());

/** Shows a photo, as a whole. */
export function stageSize(width, height) {
  size = { width, height };
  scale = null;
  middle = [0.5, 0.5];
  element("stage").style.setProperty("--ratio", `${width} / ${height}`);
  layOut();
}

export function stagePictures(before, after) {
  element("before").src = urlOf(before);
  element("after").src = urlOf(after);
}

/** Lets a tool have clicks and, where its `begin` takes them, drags; null gives them back to the slider. */
export function useTool(wanted) {
  tool = wanted;
}

/** The point of the photo, in its pixels, that a place of the window shows. */
export function pointAt({ clientX, clientY }) {
  const { left, top } = view.getBoundingClientRect();
  const { x, y, width } = place();
  const used = width / size.width;
  return { x: (clientX - left - x) / used, y: (clientY - top - y) / used };
}

/** The point of the photo in the middle of the view. */
export const pointInMiddle = () => ({ x: middle[0] * size.width, y: middle[1] * size.height });

/** Whether more pixels of the photo could be seen than so many in a row. */
export const showsMoreThan = (pixels) => (scale ?? 0) * devicePixelRatio * size.width > 1.05 * pixels;

function watchPointers() {
  const pointers = new Map();
  let splitting = false;
  let start = null; // of a click for the tool; null once it is none
  let using = false; // whether the tool has the drag
  const at = ({ clientX, clientY }) => {
    const { left, top } = view.getBoundingClientRect();
    return [clientX - left - view.clientLeft, clientY - top - view.clientTop];
  };
  const splitTo = (x) => {
    const [left, right] = visible();
    split.value = 100 * clamp((x - left) / (right - left), 0, 1);
    layOut();
  };
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const [x, y] = at(event);
    const handle = parseFloat(element("stage").style.getPropertyValue("--split"));
    if (tool && pointers.size === 0) {
      start = [x, y];
      using = tool.begin(pointAt(event));
    } else if (tool) {
      if (using) tool.cancel();
      start = null;
      using = false;
    }
    splitting = !tool && pointers.size === 0 && (!view.classList.contains("pannable") || Math.abs(x - handle) < NEAR);
    pointers.set(event.pointerId, [x, y]);
    view.setPointerCapture(event.pointerId);
    if (splitting) splitTo(x);
  });
  view.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = [...pointers.values()];
    const [x, y] = at(event);
    const [oldX, oldY] = pointers.get(event.pointerId);
    pointers.set(event.pointerId, [x, y]);
    if (start && Math.hypot(x - start[0], y - start[1]) > STILL) start = null;
    if (pointers.size === 1 && using) tool.move([...event.getCoalescedEvents?.() ?? [], event].map(pointAt));
    else if (pointers.size === 1 && splitting) splitTo(x);
    else if (pointers.size === 1) pan(x - oldX, y - oldY);
    else if (pointers.size === 2) {
      const apart = ([one, other]) => Math.hypot(one[0] - other[0], one[1] - other[1]);
      const after = [...pointers.values()];
      zoomBy(apart(after) / Math.max(apart(before), 1), (after[0][0] + after[1][0]) / 2, (after[0][1] + after[1][1]) / 2);
      pan((x - oldX) / 2, (y - oldY) / 2);
    }
  });
  const gone = ({ pointerId }) => pointers.delete(pointerId);
  view.addEventListener("pointerup", (event) => {
    if (!gone(event)) return;
    if (using) tool.end();
    else if (start) tool?.click(pointAt(event));
    start = null;
    using = false;
  });
  view.addEventListener("pointercancel", (event) => {
    gone(event);
    if (using) tool.cancel();
    start = null;
    using = false;
  });
  view.addEventListener("dblclick", (event) => !tool && (scale === null ? zoomTo(Math.max(actual(), 2 * fit()), ...at(event)) : fitIn()));
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoomBy(Math.exp(-clamp(event.deltaY, -50, 50) / 100), ...at(event));
  }, { passive: false });
}

function watchKeys() {
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const zooms = { "+": () => zoomBy(STEP), "=": () => zoomBy(STEP), "-": () => zoomBy(1 / STEP), 0: fitIn };
  element("stage").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = event.target === view && view.classList.contains("pannable") && moves[event.key];
    if (move) pan(move[0] * view.clientWidth / 10, move[1] * view.clientHeight / 10);
    else if (tool && event.target === view && event.key === "Enter") tool.click(pointInMiddle());
    else if (event.key in zooms) zooms[event.key]();
    else return;
    event.preventDefault();
  });
}

/** Begins to watch the stage, and tells when it was zoomed. */
export function startStage(onZoom) {
  told = onZoom;
  watchPointers();
  watchKeys();
  element("closer").addEventListener("click", () => zoomBy(STEP));
  element("farther").addEventListener("click", () => zoomBy(1 / STEP));
  element("fit").addEventListener("click", fitIn);
  element("actual").addEventListener("click", () => zoomTo(actual()));
  split.addEventListener("input", layOut);
  new ResizeObserver(layOut).observe(view);
}
