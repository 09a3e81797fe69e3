// Finished pictures: downloads, the clipboard, sharing.

import { busy, element, urlOf, forgetUrl } from "./dom.js";
import { text } from "./language.js";
import { Trouble, complain, say, settle } from "./notices.js";
import { askForFile } from "./service.js";
import { fieldsOf, sitting } from "./sitting.js";

export const FORMATS = {
  jpeg: { called: "JPEG", suffix: "jpg" },
  png: { called: "PNG", suffix: "png" },
  tiff: { called: "TIFF", suffix: "tif" },
  webp: { called: "WebP", suffix: "webp" },
};

let preparing = 0;
let ready = null; // a file to share, and what it is of

/** Whether a file is being made that leaving the page would lose. */
export const isPreparing = () => preparing > 0;

export const formatOf = ({ format }) => (format in FORMATS ? format : "png");

export const stemOf = (name) => name.replace(/\.[^.]*$/, "");

/** A file's name, which says of which version it is. The command takes such files for results, not for photos. */
function fileName({ name, faded }, { expected, seed, temperature, own }, format) {
  const drawn = temperature === 1 ? `version-${seed}` : `version-${seed}-liveliness-${temperature}`;
  const version = `${expected ? "likeliest" : drawn}${own ? "-own" : ""}${faded ? "-faded" : ""}`;
  return `${stemOf(name)}.color-${version}.${FORMATS[format].suffix}`;
}

async function fileOf(photo, version, format) {
  preparing += 1;
  try {
    return await askForFile(photo.file, { ...fieldsOf(photo, version), format });
  } finally {
    preparing -= 1;
  }
}

export function save(content, name) {
  const link = document.createElement("a");
  link.href = urlOf(content);
  link.download = name;
  link.click();
  setTimeout(() => forgetUrl(content), 60_000);
}

/** Does something for a button that may fail. */
function withButton(id, label, action) {
  settle();
  return busy(element(id), label, () => action().catch(complain));
}

export const download = () => withButton("download", text("preparing"), async () => {
  const { current: photo } = sitting;
  const { chosen } = photo;
  const format = element("format").value;
  save(await fileOf(photo, chosen, format), fileName(photo, chosen, format));
});

/** The picked versions of all photos, each in its photo's format, in one archive. */
export const downloadAll = () => withButton("all", text("preparing"), async () => {
  const photos = sitting.photos.filter(({ state }) => state === "ready");
  const files = [];
  preparing += 1;
  try {
    for (const photo of photos) {
      element("all").textContent = text("preparing-all", { now: files.length + 1, all: photos.length });
      const { chosen } = photo;
      const format = formatOf(photo);
      try {
        files.push([fileName(photo, chosen, format), await fileOf(photo, chosen, format)]);
      } catch (error) {
        complain(error, photo.name);
      }
    }
    const { zip } = await import("./zip.js");
    if (files.length) save(await zip(files), "chromantic.zip");
  } catch (error) {
    throw error instanceof RangeError ? new Trouble(text("too-much"), text("too-much-remedy")) : error;
  } finally {
    preparing -= 1;
    element("all").textContent = text("download-all");
  }
});

export const canCopy = () => Boolean(navigator.clipboard?.write && globalThis.ClipboardItem);

export const copy = () => withButton("copy", text("preparing"), async () => {
  const { current: photo } = sitting;
  const content = fileOf(photo, photo.chosen, "png");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": content })]);
  say(text("copied"));
});

export const canShare = () => Boolean(navigator.canShare?.({ files: [new File([""], "photo.jpg", { type: "image/jpeg" })] }));

/** Shares the picked version. Where making the file took longer than browsers allow, a second click shares it. */
export const share = () => withButton("share", text("preparing"), async () => {
  const { current: photo } = sitting;
  const { chosen } = photo;
  const format = photo.format === "jpeg" ? "jpeg" : "png";
  if (ready?.version !== chosen || ready.own !== chosen.own) {
    const { own } = chosen;
    const content = await fileOf(photo, chosen, format);
    ready = { version: chosen, own, file: new File([content], fileName(photo, chosen, format), { type: content.type }) };
  }
  try {
    await navigator.share({ files: [ready.file] });
    ready = null;
  } catch (error) {
    if (error.name === "NotAllowedError") say(text("share-again"));
    else if (error.name !== "AbortError") throw error; // else it was given up
  }
});
