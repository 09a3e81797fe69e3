// What a photo's own colours look like: the expected result for a photo shrunk once, one request after another.

import { element, forgetUrl } from "./dom.js";
import { KEEP } from "./hints.js";
import { complain, settle } from "./notices.js";
import { askForPictures } from "./service.js";
import { fieldsOf, keep, mineOf, sitting } from "./sitting.js";
import { choose, showChosen } from "./work.js";

const SIDE = 1024; // pixels of the shrunk photo
const QUICK_SIDE = 512; // of what is shown at once: writing a picture takes longer than all else
const PAUSE = 250; // milliseconds without a change, after which all of the shrunk photo's pixels are shown
const QUIET = 800; // and after which the photo is kept

const EVERYWHERE = 1e6; // a radius, in pixels, that reaches all of any photo

const shrunk = new WeakMap(); // files
let wanted = null;
let asking = false;
let newer = () => {}; // ends the pause
let timer = 0;

/** A photo in its own colours, upright, whatever kind of file it is. */
function shrunkOf(file) {
  if (!shrunk.has(file)) {
    const hints = JSON.stringify([{ x: 0, y: 0, colour: KEEP, radius: EVERYWHERE }]);
    const asked = askForPictures(file, { hints, max_side: SIDE }).then(({ pictures: { expected } }) => expected);
    asked.catch(() => shrunk.delete(file)); // may be tried again
    shrunk.set(file, asked);
  }
  return shrunk.get(file);
}

/** Shrinks a photo before it is needed. */
export const prepare = ({ file }) => shrunkOf(file).catch(() => {});

/** A photo's own colours, as they are for the shrunk photo. */
async function scaled({ hints, reference, ...sliders }, scale) {
  const round = (value) => Math.round(100 * value * scale) / 100;
  return {
    ...sliders,
    hints: hints.map(({ x, y, colour, radius }) => ({ x: round(x), y: round(y), colour, radius: round(radius) })),
    reference: reference && (await shrunkOf(reference)).content,
  };
}

async function ask(photo, own, more) {
  const { content, width } = await shrunkOf(photo.file);
  const fitting = await scaled(own, width / photo.width);
  return askForPictures(content, { ...fieldsOf(photo, { expected: true, own: fitting }), ...more });
}

/** The likely colours of a point, given the other hints. */
export async function suggestionsAt(photo, own, { x, y }) {
  const scale = (await shrunkOf(photo.file)).width / photo.width;
  const suggest = [x, y].map((value) => (value * scale).toFixed(2)).join(",");
  return (await ask(photo, own, { suggest, max_side: 16 })).suggestions;
}

/** Shows the newest of a photo's own colours as soon as that can be, and picks the version that has them. */
export async function preview(photo, picks = true) {
  const mine = mineOf(photo);
  if (!photo.own) {
    photo.versions = photo.versions.filter((version) => version !== mine);
    if (photo.chosen === mine) choose(photo.versions[0]);
    else showChosen();
  } else if (mine) {
    if (mine.inFull) forgetUrl(mine.inFull);
    Object.assign(mine, { own: photo.own, inFull: null });
    if (picks && photo.chosen !== mine) choose(mine);
  } else {
    const begun = { expected: true, own: photo.own, content: photo.versions[0].content, shownWidth: photo.shownWidth };
    photo.versions.splice(1, 0, begun);
    if (picks) choose(begun);
    else showChosen();
  }
  clearTimeout(timer);
  timer = setTimeout(() => {
    keep(photo);
    document.dispatchEvent(new Event("quiet"));
  }, QUIET);
  wanted = photo;
  newer();
  if (asking) return;
  asking = true;
  element("stage").setAttribute("aria-busy", "true");
  try {
    while (wanted) {
      const next = wanted;
      wanted = null;
      const { own } = next;
      if (!own) continue;
      await refresh(next, own, QUICK_SIDE);
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); newer = resolve; });
      if (!wanted) await refresh(next, own, SIDE);
    }
    settle(photo.name);
  } catch (error) {
    settle(photo.name);
    complain(error, photo.name);
  } finally {
    asking = false;
    element("stage").removeAttribute("aria-busy");
  }
}

async function refresh(photo, own, side) {
  const { pictures: { expected } } = await ask(photo, own, { max_side: side });
  const mine = mineOf(photo);
  if (!mine) return;
  const before = mine.content;
  Object.assign(mine, { content: expected.content, shownWidth: expected.width, shows: own });
  if (photo === sitting.current) showChosen();
  if (before !== photo.versions[0].content) forgetUrl(before);
}
