// Photos that wait to be read, one after another, while the person works on those that are.

import { run, open } from "./drawing.js";
import { element } from "./dom.js";
import { number, text } from "./language.js";
import { Trouble, complain, say, settle } from "./notices.js";
import { forget, keep, keepWhole, newPhoto, read, sitting } from "./sitting.js";
import { showStrip } from "./strip.js";
import { show } from "./work.js";

const MOST = 100; // photos; more are for the command

let limits = null;
let reading = null; // the photo that is being read
let controller = null;

export const setLimits = (told) => { limits = told; };

/** Adds files to the sitting; the first of them goes to the stage as soon as it is read. */
export function add(files) {
  const room = MOST - sitting.photos.length;
  const photos = [...files].slice(0, room).map(newPhoto);
  if (files.length > room) complain(new Trouble(text("too-many"), text("too-many-remedy", { most: MOST })));
  if (photos.length === 0) return;
  for (const { name } of photos) settle(name);
  sitting.photos.push(...photos);
  sitting.wanted = photos[0];
  photos.forEach(keepWhole);
  showStrip();
  work();
}

/** Puts a photo on the stage, at once or as soon as it is read. */
export function openWhenRead(photo) {
  if (photo.state === "ready") {
    open(photo);
    return;
  }
  sitting.wanted = photo;
  if (photo.state === "failed") photo.state = "waiting";
  showStrip();
  work();
}

export function remove(photo) {
  if (!confirm(text("remove-sure", { name: photo.name }))) return;
  const place = sitting.photos.indexOf(photo);
  const onStage = photo === sitting.current;
  if (photo === reading) controller.abort();
  forget(photo);
  const next = sitting.photos[place] ?? sitting.photos.at(-1);
  if (onStage) show(null);
  if (onStage && next) openWhenRead(next);
  showStrip();
  const buttons = element("photos").querySelectorAll(".remove");
  (buttons[Math.min(place, buttons.length - 1)] ?? element("choose")).focus();
}

export function removeAll() {
  if (!confirm(text("remove-all-sure"))) return;
  run(() => {}); // gives up what is drawn
  controller?.abort();
  [...sitting.photos].forEach(forget);
  show(null);
  element("choose").focus();
}

/** Goes on with the photos that wait. */
export async function work() {
  if (reading) return;
  const next = () => (sitting.wanted?.state === "waiting" ? sitting.wanted
    : sitting.photos.find(({ state }) => state === "waiting"));
  while ((reading = next())) {
    const photo = reading;
    controller = new AbortController();
    photo.state = "reading";
    if (!sitting.current) say(text("reading"));
    showStrip();
    try {
      if (limits && photo.file.size > limits.upload_bytes) {
        throw new Trouble(text("title-413"), text("too-heavy", { most: number(limits.upload_bytes >> 20) }));
      }
      await read(photo, photo.faded, controller.signal);
      keep(photo);
    } catch (error) {
      if (!controller.signal.aborted) failed(photo, error);
    }
    if (!sitting.current) say("");
    if (photo.state === "ready" && (photo === sitting.wanted || !sitting.current)) open(photo);
    showStrip();
  }
}

/** Photos that cannot be read are let go; others can be tried again. */
function failed(photo, error) {
  complain(error, photo.name);
  if (error.passing || !(error instanceof Trouble)) photo.state = "failed";
  else forget(photo);
  if (photo === sitting.wanted) sitting.wanted = null;
}
