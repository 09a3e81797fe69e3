// The photos of this sitting, and what is asked for each of their versions.

import { forgetUrl } from "./dom.js";
import { text } from "./language.js";
import * as memory from "./memory.js";
import { Trouble, complain } from "./notices.js";
import { askForPictures } from "./service.js";

export const SHOWN_SIDE = Math.min(1600, Math.round(1024 * devicePixelRatio)); // all that fits here; the download has all

/** The photos in the order in which they were added, the one on the stage, and the one that shall be there next. */
export const sitting = { photos: [], current: null, wanted: null };

let last = 0;

export function newPhoto(file) {
  last = Math.max(Date.now(), last + 1); // no two at once, so that their order is kept
  return {
    id: `${last} ${Math.random()}`, added: last, opened: 0, file, name: file.name,
    faded: false, state: "waiting", versions: [], chosen: null, nextSeed: 1, own: null,
  };
}

export const fieldsOf = (photo, version) => ({
  ...(version.expected ? {} : { seed: version.seed, temperature: version.temperature }),
  ...(photo.faded ? { restore_contrast: true } : {}),
  ...fieldsOfOwn(version.own),
});

/** Of a version's own colours, what is not as usual. */
function fieldsOfOwn(own) {
  if (!own) return {};
  const { hints, saturation, warmth, reference } = own;
  return {
    ...(hints.length ? { hints: JSON.stringify(hints) } : {}),
    ...(saturation === 1 ? {} : { saturation }),
    ...(warmth === 0 ? {} : { warmth }),
    ...(reference ? { reference } : {}),
  };
}

/** The version that shows a photo's own colours as they are now, without a draw. */
export const mineOf = (photo) => photo.versions.find(({ expected, own }) => expected && own);

/** Asks for the expected colours of a photo, with which its versions begin anew. */
export async function read(photo, faded, signal) {
  const wish = { grey: true, max_side: SHOWN_SIDE, restore_contrast: faded };
  const answer = await askForPictures(photo.file, wish, { signal });
  const { expected, grey } = answer.pictures;
  forgetPictures(photo);
  const likeliest = { expected: true, content: expected.content };
  Object.assign(photo, answer.photo, {
    state: "ready", faded, model: answer.model, grey: grey.content, shownWidth: grey.width, greyInFull: null, overlays: null,
    versions: [likeliest], chosen: likeliest, nextSeed: 1,
  });
}

async function remember(kept) {
  if (await kept) complain(new Trouble(text("not-kept"), text("not-kept-remedy"), { lasting: true }));
}

/** Keeps what is new about a photo, unless it was removed meanwhile. */
export async function keep(photo) {
  if (sitting.photos.includes(photo)) await remember(memory.keep(photo));
}

export async function keepWhole(photo) {
  await remember(memory.keepFile(photo));
  await keep(photo);
}

/** Takes a photo out of the sitting, and forgets it. */
export function forget(photo) {
  const place = sitting.photos.indexOf(photo);
  if (place < 0) return;
  sitting.photos.splice(place, 1);
  forgetPictures(photo);
  if (sitting.wanted === photo) sitting.wanted = null;
  if (sitting.current === photo) sitting.current = null;
  remember(memory.drop(photo.id));
}

function forgetPictures(photo) {
  const pictures = [photo.grey, photo.greyInFull, ...photo.versions.flatMap(({ content, inFull }) => [content, inFull])];
  for (const picture of pictures) if (picture) forgetUrl(picture);
}
