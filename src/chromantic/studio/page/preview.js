// What a photo's own colours look like: the expected result for a photo shrunk once, one request after another.

import { element, forgetUrl } from "./dom.js";
import { KEEP } from "./hints.js";
import { complain, settle } from "./notices.js";
import { askForPictures } from "./service.js";
import { fieldsOf, keep, mineOf, sitting } from "./sitting.js";
import { choose, showChosen } from "./work.js";

const SIDE = 1024; // pixels of the shrunk photo
const QUIET = 800; // milliseconds without a change, after which the photo is kept

const shrunk = new WeakMap(); // photos, each with its own colours
let wanted = null;
let asking = false;
let timer = 0;

/** The photo in its own colours, upright, whatever kind of file it is. */
function shrunkOf(photo) {
  if (!shrunk.has(photo)) {
    const hints = JSON.stringify([{ x: 0, y: 0, colour: KEEP, radius: photo.width + photo.height }]);
    const asked = askForPictures(photo.file, { hints, max_side: SIDE }).then(({ pictures: { expected } }) => expected);
    asked.catch(() => shrunk.delete(photo)); // may be tried again
    shrunk.set(photo, asked);
  }
  return shrunk.get(photo);
}

/** Shrinks the photo before it is needed. */
export const prepare = (photo) => shrunkOf(photo).catch(() => {});

async function ask(photo, own, more = {}) {
  const { content, width } = await shrunkOf(photo);
  const scale = width / photo.width;
  const round = (value) => Math.round(100 * value) / 100;
  const hints = own?.hints.map(({ x, y, colour, radius }) => (
    { x: round(x * scale), y: round(y * scale), colour, radius: round(radius * scale) }
  ));
  const wish = { ...fieldsOf(photo, { expected: true, own: own && { ...own, hints } }), max_side: SIDE, ...more };
  if (more.suggest) wish.suggest = more.suggest.map((value) => round(value * scale)).join(",");
  return askForPictures(content, wish);
}

/** The likely colours of a point, given the other hints. */
export async function suggestionsAt(photo, own, { x, y }) {
  return (await ask(photo, own, { suggest: [x, y], max_side: 16 })).suggestions;
}

/** Shows the newest of a photo's own colours as soon as that can be, and picks the version that has them. */
export async function preview(photo, picks = true) {
  const mine = mineOf(photo);
  if (!photo.own) {
    photo.versions = photo.versions.filter((version) => version !== mine);
    if (photo.chosen === mine) choose(photo.versions[0]);
    else showChosen();
  } else if (mine) {
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
  if (asking) return;
  asking = true;
  element("stage").setAttribute("aria-busy", "true");
  try {
    while (wanted) {
      const next = wanted;
      wanted = null;
      if (next.own) await refresh(next, next.own);
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

async function refresh(photo, own) {
  const { pictures: { expected } } = await ask(photo, own);
  const mine = mineOf(photo);
  if (!mine) return;
  const before = mine.content;
  Object.assign(mine, { content: expected.content, shownWidth: expected.width, shows: own });
  if (photo === sitting.current) showChosen();
  if (before !== photo.versions[0].content) forgetUrl(before);
}
