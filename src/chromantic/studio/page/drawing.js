// Draws versions of the photo that is worked on.

import { element } from "./dom.js";
import { text } from "./language.js";
import { complain, say, settle } from "./notices.js";
import { LIKENESS_SIDE, distance, likeness } from "./pixels.js";
import { askForPictures } from "./service.js";
import { SHOWN_SIDE, fieldsOf, keep, mineOf, read, sitting } from "./sitting.js";
import { showsMoreThan } from "./stage.js";
import { liveliness, showProgress, showVersions } from "./versions.js";
import { choose, show, showPictures } from "./work.js";

const DRAWN = 3; // versions at a time
const TRIED = 8; // for "more like this"

let running = new AbortController();

/** Does something that may fail, in place of what is running, which is given up. */
export function run(action) {
  running.abort();
  running = new AbortController();
  return attempt(action);
}

/** Does something that may fail beside what is running. */
export async function attempt(action) {
  const { signal } = running;
  settle();
  try {
    await action(signal);
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
  if (!signal.aborted) say("");
}

/** Puts a photo on the stage, and draws the versions that it has not got yet. */
export function open(photo) {
  return run(async (signal) => {
    sitting.wanted = null;
    show(photo);
    const missing = DRAWN + (mineOf(photo) ? 2 : 1) - photo.versions.length;
    if (missing > 0) await draw(freshSeeds(photo, missing), signal);
  });
}

const freshSeeds = (photo, count) => (
  Array.from({ length: count }, () => ({ seed: photo.nextSeed++, temperature: liveliness(), own: photo.own }))
);

/** Draws versions one after another, and shows each as soon as it is there. */
async function draw(versions, signal) {
  const photo = sitting.current;
  const refresh = () => {
    if (photo === sitting.current) showVersions(photo);
  };
  photo.versions.push(...versions);
  refresh();
  try {
    for (const version of versions) {
      say(text("drawing"));
      const onProgress = (share) => showProgress(photo, version, share);
      const wish = { ...fieldsOf(photo, version), max_side: SHOWN_SIDE };
      const { pictures } = await askForPictures(photo.file, wish, { signal, onProgress });
      version.content = pictures.sample.content;
      refresh();
      keep(photo);
    }
  } finally {
    photo.versions = photo.versions.filter((version) => version.content || !versions.includes(version));
    refresh();
  }
}

export const somethingElse = () => run((signal) => draw(freshSeeds(sitting.current, DRAWN), signal));

export const moreLikeThis = () => run(async (signal) => {
  const photo = sitting.current;
  const wanted = await likeness(photo.chosen.content);
  const tried = [];
  for (const version of freshSeeds(photo, TRIED)) {
    say(text("trying", { all: TRIED, kept: DRAWN, now: tried.length + 1 }));
    const wish = { ...fieldsOf(photo, version), max_side: 4 * LIKENESS_SIDE };
    const { pictures } = await askForPictures(photo.file, wish, { signal });
    tried.push([distance(wanted, await likeness(pictures.sample.content)), version]);
  }
  tried.sort(([one], [other]) => one - other);
  await draw(tried.slice(0, DRAWN).map(([, version]) => version), signal);
});

/** The same draw, calmer or livelier; the expected colours, which are none, give way to new ones. */
export function redraw() {
  const { chosen } = sitting.current;
  if (chosen.expected) return somethingElse();
  const version = { seed: chosen.seed, temperature: liveliness(), own: chosen.own };
  return run(async (signal) => {
    await draw([version], signal);
    choose(version);
  });
}

/** The photo read anew, as a faded one or not. */
export const readAnew = () => run(async (signal) => {
  const photo = sitting.current;
  const faded = element("faded").checked;
  document.body.setAttribute("aria-busy", "true");
  say(text("reading"));
  try {
    await read(photo, faded, signal);
  } finally {
    document.body.removeAttribute("aria-busy");
    element("faded").checked = sitting.current.faded;
  }
  show(photo);
  await draw(freshSeeds(photo, DRAWN), signal);
});

/** Replaces what is shown by all pixels of it, where more can be seen than are shown. */
export async function sharpen() {
  const photo = sitting.current;
  const { chosen } = photo;
  const { own, shownWidth = photo.shownWidth } = chosen;
  if (shownWidth >= photo.width || chosen.inFull || !showsMoreThan(shownWidth)) return;
  await attempt(async (signal) => {
    say(text("sharpening"));
    const wish = { ...fieldsOf(photo, chosen), format: "png", ...(photo.greyInFull ? {} : { grey: true }) };
    const { pictures } = await askForPictures(photo.file, wish, { signal });
    if (chosen.own !== own) return; // it has got other colours since
    chosen.inFull = (pictures.sample ?? pictures.expected).content;
    photo.greyInFull ??= pictures.grey?.content;
    if (photo === sitting.current) showPictures();
  });
}
