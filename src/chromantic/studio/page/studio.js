"use strict";

// Photos stay in the page: the service keeps nothing, and gets a photo again for every picture of it.

const SHOWN_SIDE = Math.min(1600, Math.round(1024 * devicePixelRatio)); // all that fits here; the download has all
const DRAWN = 3; // pictures at a time
const TRIED = 8; // for "more like this"
const PHOTOS_KEPT = 12;
const SUFFIXES = { jpeg: "jpg", png: "png", tiff: "tif", webp: "webp" };

const sitting = []; // photos, the newest first
let photo = null; // the one that is worked on
let running = new AbortController();
let limits = null;
let segments = false; // whether the weights know a segmentation

const liveliness = () => Number(element("liveliness").value);
const fieldsOf = (take) => ({
  ...(take.expected ? {} : { seed: take.seed, temperature: take.temperature }),
  ...(photo.faded ? { restore_contrast: true } : {}),
});

/** Does something that may fail, in place of what is running, which is given up. */
function run(action) {
  running.abort();
  running = new AbortController();
  return attempt(action);
}

/** Does something that may fail beside what is running. */
async function attempt(action) {
  const { signal } = running;
  element("notice").hidden = true;
  try {
    await action(signal);
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
  if (!signal.aborted) say("");
}

function open(file, name, faded = false) {
  return run(async (signal) => {
    if (limits && file.size > limits.upload_bytes) {
      throw new Trouble(TITLES[413], `More than ${limits.upload_bytes >> 20} MB are not taken here; make it smaller.`);
    }
    document.body.setAttribute("aria-busy", "true");
    say("Reading the photo …");
    try {
      const wish = { grey: true, max_side: SHOWN_SIDE, restore_contrast: faded };
      const answer = await askForPictures(file, wish, { signal, onBusy: sayBusy });
      const { expected, grey } = answer.pictures;
      photo = {
        file, name, faded, nextSeed: 1, overlays: null, full: false, ...answer.photo,
        grey: URL.createObjectURL(grey.content), shownWidth: grey.width,
        takes: [{ expected: true, content: expected.content, url: URL.createObjectURL(expected.content) }],
      };
    } finally {
      document.body.removeAttribute("aria-busy");
    }
    photo.chosen = photo.takes[0];
    sitting.unshift(photo);
    sitting.splice(PHOTOS_KEPT).forEach(forget);
    show();
    await draw(freshSeeds(DRAWN), signal);
  });
}

const freshSeeds = (count) => (
  Array.from({ length: count }, () => ({ seed: photo.nextSeed++, temperature: liveliness() }))
);

/** Draws pictures one after another, and shows each as soon as it is there. */
async function draw(takes, signal) {
  const mine = photo;
  mine.takes.push(...takes);
  showTakes();
  try {
    for (const take of takes) {
      say("Drawing …");
      const onProgress = (share) => { take.bar.value = share; };
      const wish = { ...fieldsOf(take), max_side: SHOWN_SIDE };
      const { pictures } = await askForPictures(mine.file, wish, { signal, onProgress, onBusy: sayBusy });
      take.content = pictures.sample.content;
      take.url = URL.createObjectURL(take.content);
      showTakes();
    }
  } finally {
    mine.takes = mine.takes.filter((take) => take.url || !takes.includes(take));
    showTakes();
  }
}

const somethingElse = () => run((signal) => draw(freshSeeds(DRAWN), signal));

const moreLikeThis = () => run(async (signal) => {
  const wanted = await likeness(photo.chosen.content);
  const tried = [];
  for (const take of freshSeeds(TRIED)) {
    say(`Trying ${TRIED} new ones, to keep the ${DRAWN} most like it: ${tried.length + 1}`);
    const wish = { ...fieldsOf(take), max_side: 4 * LIKENESS_SIDE };
    const { pictures } = await askForPictures(photo.file, wish, { signal, onBusy: sayBusy });
    tried.push([distance(wanted, await likeness(pictures.sample.content)), take]);
  }
  tried.sort(([one], [other]) => one - other);
  await draw(tried.slice(0, DRAWN).map(([, take]) => take), signal);
});

/** The photo read anew, as a faded one or not. */
function readAnew() {
  const { file, name } = photo;
  forget(sitting.splice(sitting.indexOf(photo), 1)[0]);
  open(file, name, element("faded").checked);
}

/** The same draw, calmer or livelier; the expected colours, which are none, give way to new ones. */
function redraw() {
  if (photo.chosen.expected) return somethingElse();
  const take = { seed: photo.chosen.seed, temperature: liveliness() };
  return run(async (signal) => {
    await draw([take], signal);
    choose(take);
  });
}

async function showOverlay() {
  const kind = document.querySelector("input[name=show]:checked").value;
  hideOverlay();
  if (kind === "colours") return;
  await attempt(async (signal) => {
    if (!photo.overlays) {
      say("Asking what it sees …");
      const wish = { ...fieldsOf({ expected: true }), segmentation: segments, uncertainty: true, max_side: SHOWN_SIDE };
      const { pictures } = await askForPictures(photo.file, wish, { signal, onBusy: sayBusy });
      photo.overlays = {
        uncertainty: { image: await uncertaintyOverlay(pictures.uncertainty.content) },
        segmentation: pictures.segmentation && {
          image: await segmentationOverlay(pictures.segmentation.content),
          classes: pictures.segmentation.classes,
        },
      };
    }
    const { image, classes } = photo.overlays[kind];
    const canvas = element("overlay");
    Object.assign(canvas, { width: image.width, height: image.height, hidden: false });
    canvas.getContext("2d").putImageData(image, 0, 0);
    element("stage").classList.add("overlaid");
    showLegend(classes);
  });
}

async function download() {
  const button = element("download");
  const label = button.textContent;
  Object.assign(button, { disabled: true, textContent: "Preparing …" });
  const { file, name, chosen } = photo;
  const format = element("format").value;
  try {
    const content = await askForFile(file, { ...fieldsOf(chosen), format });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = `${name.replace(/\.[^.]*$/, "")}.color.${SUFFIXES[format]}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    complain(error);
  }
  Object.assign(button, { disabled: false, textContent: label });
}

/** Every pixel of the photo, as large as the screen's. */
async function toggleActualSize() {
  const actual = element("actual").getAttribute("aria-pressed") !== "true";
  element("actual").setAttribute("aria-pressed", String(actual));
  element("frame").classList.toggle("actual", actual);
  const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element("scroller");
  element("scroller").scrollTo((scrollWidth - clientWidth) / 2, (scrollHeight - clientHeight) / 2); // to the handle
  if (actual) await sharpen();
}

/** Replaces what is shown by all pixels of it, where there are more than are shown. */
async function sharpen() {
  const { chosen } = photo;
  if (photo.shownWidth >= photo.width || chosen.full) return;
  await attempt(async (signal) => {
    say("Loading every pixel …");
    const wish = { ...fieldsOf(chosen), format: "png", ...(photo.full ? {} : { grey: true }) };
    const { pictures } = await askForPictures(photo.file, wish, { signal, onBusy: sayBusy });
    chosen.full = URL.createObjectURL((pictures.sample ?? pictures.expected).content);
    if (pictures.grey) photo.full = URL.createObjectURL(pictures.grey.content);
    choose(chosen);
  });
}

function forget(old) {
  for (const url of [old.grey, old.full, ...old.takes.flatMap((take) => [take.url, take.full])]) {
    if (url) URL.revokeObjectURL(url);
  }
}

function start() {
  const moveSplit = () => element("frame").style.setProperty("--split", `${element("split").value}%`);
  const openFirst = (files) => {
    if (files?.length) open(files[0], files[0].name);
  };
  const on = (id, event, action) => element(id).addEventListener(event, action);
  on("choose", "click", () => element("file").click());
  on("file", "change", ({ target }) => {
    openFirst(target.files);
    target.value = ""; // so that the same photo may be chosen again
  });
  on("another", "click", () => element("file").click());
  on("dismiss", "click", () => { element("notice").hidden = true; });
  on("split", "input", moveSplit);
  on("like", "click", moreLikeThis);
  on("else", "click", somethingElse);
  on("liveliness", "input", showLiveliness);
  on("liveliness", "change", redraw);
  on("faded", "change", readAnew);
  on("download", "click", download);
  on("actual", "click", toggleActualSize);
  for (const radio of document.querySelectorAll("input[name=show]")) radio.addEventListener("change", showOverlay);
  for (const button of document.querySelectorAll("[data-example]")) {
    const name = button.dataset.example;
    button.addEventListener("click", async () => open(await (await fetch(`examples/${name}`)).blob(), name));
  }
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    openFirst(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => openFirst(event.clipboardData.files));
  moveSplit();
  showLiveliness();
  fetch("v1/models").then((response) => response.json()).then((told) => {
    limits = told.limits;
    segments = told.models[0].classes.length > 0;
    document.querySelector("input[value=segmentation]").closest("label").hidden = !segments;
  }).catch(() => {});
}

start();
