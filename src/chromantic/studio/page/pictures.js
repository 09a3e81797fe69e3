"use strict";

// What the page computes from pictures itself.

const OVERLAY_OPACITY = 150; // of 255
const UNSURE_OPACITY = 220;
const LIKENESS_SIDE = 24; // pixels of the small pictures that are compared

async function pixelsOf(content, width, height) {
  const bitmap = await createImageBitmap(content);
  const canvas = new OffscreenCanvas(width ?? bitmap.width, height ?? bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The classes' colours, see-through, and nothing over the background. */
async function segmentationOverlay(content) {
  const image = await pixelsOf(content);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) data[i + 3] = data[i] || data[i + 1] || data[i + 2] ? OVERLAY_OPACITY : 0;
  return image;
}

/** Orange, the stronger the more colours the network deems possible there, in comparison with the rest of the photo. */
async function uncertaintyOverlay(content) {
  const image = await pixelsOf(content);
  const { data } = image;
  const below = new Uint32Array(257); // pixels that are surer than a level
  for (let i = 0; i < data.length; i += 4) below[data[i] + 1] += 1;
  for (let level = 1; level < below.length; level += 1) below[level] += below[level - 1];
  for (let i = 0; i < data.length; i += 4) {
    data.set([255, 110, 0, Math.round(UNSURE_OPACITY * below[data[i]] / below[256])], i);
  }
  return image;
}

/** How far the colours of two pictures of one photo are apart. */
function distance(one, other) {
  let sum = 0;
  for (let i = 0; i < one.data.length; i += 1) sum += Math.abs(one.data[i] - other.data[i]);
  return sum;
}

const likeness = (content) => pixelsOf(content, LIKENESS_SIDE, LIKENESS_SIDE);
