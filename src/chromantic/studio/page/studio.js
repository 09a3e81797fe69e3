// Photos stay in the page: the service keeps nothing, and gets a photo again for every picture of it.

import { element, listedAs, make } from "./dom.js";
import { attempt, moreLikeThis, readAnew, redraw, run, sharpen, somethingElse } from "./drawing.js";
import { LANGUAGES, begin, language, speak, text } from "./language.js";
import { isBehind, recall } from "./memory.js";
import { dismiss, say } from "./notices.js";
import { add, openWhenRead, remove, removeAll, setLimits, work } from "./queue.js";
import { canCopy, canShare, copy, download, downloadAll, isPreparing, share } from "./results.js";
import { askWhatThereIs } from "./service.js";
import { sitting } from "./sitting.js";
import { startStage } from "./stage.js";
import { showStrip, startStrip } from "./strip.js";
import { showLiveliness, showVersions } from "./versions.js";
import { choose, describe, hideOverlay } from "./work.js";

const isColouring = () => element("colouring").getAttribute("aria-pressed") === "true";

let segments = false; // whether the weights know a segmentation

const on = (id, event, action) => element(id).addEventListener(event, action);

/** What sets own colours, which is loaded where it is needed. */
const withOwn = async (action) => action(await import("./colours.js"));

function showWhatIsWanted() {
  const kind = document.querySelector("input[name=show]:checked").value;
  hideOverlay();
  if (kind === "colours") return;
  if (isColouring()) withOwn(({ setColouring }) => setColouring(false));
  attempt(async (signal) => {
    say(text("asking"));
    const { showOverlay } = await import("./overlays.js");
    await showOverlay(sitting.current, kind, segments, signal);
  });
}

function listenForPhotos() {
  for (const id of ["choose", "another"]) on(id, "click", () => element("file").click());
  on("file", "change", ({ target }) => {
    add(target.files);
    target.value = ""; // so that the same photo may be chosen again
  });
  for (const button of document.querySelectorAll("[data-example]")) {
    const name = button.dataset.example;
    button.addEventListener("click", async () => {
      const content = await (await fetch(`examples/${name}`)).blob();
      add([new File([content], name, { type: content.type })]);
    });
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
    add(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => add(event.clipboardData.files));
}

function listenToControls() {
  on("dismiss", "click", dismiss);
  on("versions", "click", ({ target }) => {
    const version = listedAs(sitting.current.versions, target);
    if (!version?.content) return;
    choose(version);
    sharpen();
  });
  on("like", "click", moreLikeThis);
  on("else", "click", somethingElse);
  on("liveliness", "input", showLiveliness);
  on("liveliness", "change", redraw);
  on("faded", "change", readAnew);
  on("download", "click", download);
  on("all", "click", downloadAll);
  on("copy", "click", copy);
  on("share", "click", share);
  on("colouring", "click", () => withOwn(({ setColouring }) => setColouring(!isColouring())));
  on("work", "shown", () => {
    if (sitting.current.own || isColouring()) withOwn(({ showOwn }) => showOwn());
  });
  document.addEventListener("quiet", sharpen);
  on("remove", "click", () => remove(sitting.current));
  on("remove-all", "click", removeAll);
  for (const radio of document.querySelectorAll("input[name=show]")) radio.addEventListener("change", showWhatIsWanted);
  element("copy").hidden = !canCopy();
  element("share").hidden = !canShare();
}

function offerLanguages() {
  element("language").replaceChildren(...Object.entries(LANGUAGES).map(([name, called]) => (
    make("option", { value: name, textContent: called, lang: name, selected: name === language })
  )));
  on("language", "change", async ({ target }) => {
    await speak(target.value);
    showLiveliness();
    showStrip();
    if (!sitting.current) return;
    const format = element("format").value;
    describe(sitting.current);
    element("format").value = format;
    showVersions(sitting.current);
    if (isColouring()) withOwn(({ refresh }) => refresh());
    showWhatIsWanted();
  });
}

/** Goes on where the last sitting ended. What other weights drew is read anew, since they cannot draw it again. */
async function goOn(model) {
  const photos = await recall();
  for (const photo of photos) {
    if (model && photo.model !== model) Object.assign(photo, { state: "waiting", versions: [], chosen: null, nextSeed: 1 });
  }
  sitting.photos.unshift(...photos);
  showStrip();
  const last = photos.filter(({ opened }) => opened).sort((one, other) => other.opened - one.opened)[0];
  if (last && !sitting.wanted && !sitting.current) openWhenRead(last);
  work();
}

async function start() {
  listenForPhotos();
  listenToControls();
  startStrip(openWhenRead, remove);
  startStage(() => {
    if (sitting.current) sharpen();
  });
  addEventListener("beforeunload", (event) => {
    if (sitting.photos.length && (isBehind() || isPreparing())) event.preventDefault();
  });
  await begin();
  offerLanguages();
  showLiveliness();
  const told = await askWhatThereIs();
  if (told) {
    setLimits(told.limits);
    segments = told.models[0].classes.length > 0;
    element("as-segmentation").closest("label").hidden = !segments;
  }
  await goOn(told?.models[0].name);
}

start();
