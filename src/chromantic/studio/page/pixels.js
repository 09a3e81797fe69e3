// What the page computes from pictures itself.

const OVERLAY_OPACITY = 150; // of 255
export const UNSURE = [255, 110, 0];
const LEVELS_A_BIT = 16; // in the picture of the entropy

export const LIKENESS_SIDE = 24; // pixels of the small pictures that are compared
/** How strongly each fifth of the photo is covered, the surest first; of 255. */
export const UNSURE_OPACITIES = [0, 60, 115, 170, 225];

async function pixelsOf(content, width, height) {
  const bitmap = await createImageBitmap(content);
  const canvas = new OffscreenCanvas(width ?? bitmap.width, height ?? bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

let looked = { content: null, image: null };

/** The colour of a picture, as #rrggbb, at a place given in parts of its width and height. */
export async function colourAt(content, [across, down]) {
  if (looked.content !== content) looked = { content, image: await pixelsOf(content) };
  const { data, width, height } = looked.image;
  const pixel = width * Math.min(Math.floor(down * height), height - 1) + Math.min(Math.floor(across * width), width - 1);
  return `#${[...data.slice(4 * pixel, 4 * pixel + 3)].map((level) => level.toString(16).padStart(2, "0")).join("")}`;
}

/** The classes of these colours (#rrggbb), see-through, and nothing over all else. */
export async function segmentationOverlay(content, colours) {
  const image = await pixelsOf(content);
  const { data } = image;
  const shown = new Set(colours.map((colour) => parseInt(colour.slice(1), 16)));
  for (let i = 0; i < data.length; i += 4) {
    data[i + 3] = shown.has((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]) ? OVERLAY_OPACITY : 0;
  }
  return image;
}

/**
 * The photo in fifths, from where the network is surest to where it is least sure, and the numbers of likely colours
 * between them.
 */
export async function uncertaintyOverlay(content) {
  const image = await pixelsOf(content);
  const { data } = image;
  const below = new Uint32Array(257); // pixels that are surer than a level
  for (let i = 0; i < data.length; i += 4) below[data[i] + 1] += 1;
  for (let level = 1; level < below.length; level += 1) below[level] += below[level - 1];
  const bounds = [1, 2, 3, 4].map((fifths) => below.findIndex((count) => count >= (fifths / 5) * below[256]));
  for (let i = 0; i < data.length; i += 4) {
    const fifth = bounds.filter((bound) => bound <= data[i]).length;
    data.set([...UNSURE, UNSURE_OPACITIES[fifth]], i);
  }
  return { image, bounds: bounds.map((bound) => 2 ** (bound / LEVELS_A_BIT)) };
}

/** How far the colours of two pictures of one photo are apart. */
export function distance(one, other) {
  let sum = 0;
  for (let i = 0; i < one.data.length; i += 1) sum += Math.abs(one.data[i] - other.data[i]);
  return sum;
}

export const likeness = (content) => pixelsOf(content, LIKENESS_SIDE, LIKENESS_SIDE);
