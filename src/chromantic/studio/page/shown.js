"use strict";

// What the page shows of the photo that is worked on, and of those before it.

const NO_ENLARGEMENT_BEYOND = 2;
const NAMES = { jpeg: "JPEG", png: "PNG", tiff: "TIFF", webp: "WebP" };
const LOSSLESS = new Set(["png", "tiff", "webp"]);

const element = (id) => document.getElementById(id);

function show() {
  element("welcome").hidden = photo !== null;
  element("work").hidden = element("another").hidden = photo === null;
  if (!photo) return;
  const stage = element("stage").style;
  stage.setProperty("--width", photo.width);
  stage.setProperty("--height", photo.height);
  stage.setProperty("--largest", `${NO_ENLARGEMENT_BEYOND * photo.width}px`);
  element("about").textContent = `${photo.name}: ${photo.width} × ${photo.height} pixels. Size, details and camera `
    + "data of the photo are kept; only colour is added.";
  const own = photo.format in NAMES ? photo.format : "png";
  element("format").replaceChildren(...Object.entries(NAMES).map(([format, name]) => {
    const like = format === photo.format ? ", as the photo" : LOSSLESS.has(format) ? ", without loss" : ", smaller";
    return new Option(name + like, format, format === own, format === own);
  }));
  document.querySelector("input[value=colours]").checked = true;
  element("faded").checked = photo.faded;
  hideOverlay();
  if (element("actual").getAttribute("aria-pressed") === "true") toggleActualSize();
  element("takes").replaceChildren();
  choose(photo.chosen);
  showTakes();
}

function choose(take) {
  photo.chosen = take;
  element("before").src = photo.full || photo.grey;
  element("after").src = take.full || take.url;
  if (!take.expected) {
    element("liveliness").value = take.temperature;
    showLiveliness();
  }
  showTakes();
  showSitting();
  if (element("actual").getAttribute("aria-pressed") === "true") sharpen();
}

function showTakes() {
  if (!photo) return;
  for (const take of photo.takes) take.item ??= itemOf(take);
  for (const take of photo.takes) {
    const [button] = take.item.children;
    button.disabled = !take.url;
    button.setAttribute("aria-pressed", String(take === photo.chosen));
    if (take.url && !button.querySelector("img")) {
      button.replaceChildren(Object.assign(new Image(), { src: take.url, alt: "", draggable: false }));
      button.append(captionOf(take));
    }
  }
  const items = photo.takes.map((take) => take.item);
  const shown = [...element("takes").children];
  for (const old of shown.filter((item) => !items.includes(item))) old.remove();
  for (const item of items.filter((item) => !shown.includes(item))) {
    element("takes").append(item);
    element("takes").scrollLeft = element("takes").scrollWidth;
  }
}

function itemOf(take) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  take.bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  take.bar.setAttribute("aria-label", "Drawing");
  button.append(take.bar, captionOf(take));
  button.addEventListener("click", () => choose(take));
  item.append(button);
  return item;
}

function captionOf(take) {
  const calm = take.temperature === 1 ? "" : `, ${take.temperature < 1 ? "calmer" : "livelier"}`;
  const text = take.expected ? "Likeliest" : `Version ${take.seed}${calm}`;
  return Object.assign(document.createElement("span"), { textContent: text });
}

function showSitting() {
  element("sitting-part").hidden = sitting.length < 2;
  element("sitting").replaceChildren(...sitting.map((kept) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.setAttribute("aria-pressed", String(kept === photo));
    const text = Object.assign(document.createElement("span"), { textContent: kept.name });
    button.append(Object.assign(new Image(), { src: kept.chosen.url, alt: "", draggable: false }), text);
    button.addEventListener("click", () => run(async () => {
      photo = kept;
      show();
    }));
    item.append(button);
    return item;
  }));
}

function hideOverlay() {
  element("overlay").hidden = element("legend").hidden = true;
  element("stage").classList.remove("overlaid");
}

function showLegend(classes) {
  const rows = classes
    ? classes.map(({ name, colour, share }) => [name === "background" ? "#0000" : colour,
      `${name === "background" ? "something else" : name}, ${Math.max(1, Math.round(100 * share))}%`])
    : [["#ff6e0022", "surer: few colours are likely"], ["#ff6e00", "less sure: many colours are"]];
  element("legend").replaceChildren(...rows.map(([colour, text]) => {
    const item = document.createElement("li");
    const patch = document.createElement("i");
    patch.style.setProperty("--colour", colour);
    item.append(patch, text);
    return item;
  }));
  element("legend").hidden = false;
}

function showLiveliness() {
  const value = liveliness();
  const word = value === 1 ? "normal" : value === 0 ? "only the likeliest" : value < 1 ? "calmer" : "wilder";
  element("lively").textContent = `${value.toFixed(1)} · ${word}`;
}

function say(text) {
  element("status").textContent = element("reading").textContent = text; // one of them is shown
}

const sayBusy = () => say("Others are ahead of you; waiting for a free place …");

function complain(error) {
  console.error(error);
  element("notice-title").textContent = error.title ?? "Something went wrong.";
  element("notice-text").textContent = error.title ? error.message : "Reload this page and try again.";
  element("notice").hidden = false;
}
