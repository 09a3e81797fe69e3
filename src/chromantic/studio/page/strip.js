// The strip of the sitting's photos, with those that still wait.

import { align, element, listedAs, make, urlOf } from "./dom.js";
import { text } from "./language.js";
import { sitting } from "./sitting.js";

export function showStrip() {
  const { photos, current } = sitting;
  const done = photos.filter(({ state }) => state === "ready").length;
  element("photos-part").hidden = photos.length < 2 && (photos.length === 0 || current !== null || photos[0].state !== "failed");
  align(element("photos"), photos, itemOf, update);
  element("queue").textContent = done < photos.length ? text("queue", { done, all: photos.length }) : "";
  element("all").hidden = done < 2;
}

function itemOf() {
  return make("li", {}, make("button", { className: "open" }, make("span", { className: "picture" }), make("span")),
    make("button", { className: "remove", textContent: "✕" }));
}

function update(item, photo) {
  const [open, remove] = item.children;
  const [picture, name] = open.children;
  open.setAttribute("aria-pressed", String(photo === sitting.current));
  remove.setAttribute("aria-label", text("remove", { name: photo.name }));
  name.textContent = photo.name;
  open.title = photo.name;
  if (photo.chosen?.content) {
    const shown = picture.querySelector("img") ?? make("img", { alt: "", draggable: false });
    const url = urlOf(photo.chosen.content);
    if (shown.src !== url) shown.src = url;
    if (!shown.isConnected) picture.replaceChildren(shown);
  } else {
    picture.textContent = text(photo.state);
  }
}

/** Keeps what is on the stage in view. */
export function showPlace() {
  element("photos").querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Tells which photo was opened, and which removed. */
export function startStrip(onOpen, onRemove) {
  element("photos").addEventListener("click", ({ target }) => {
    const photo = listedAs(sitting.photos, target);
    if (!photo) return;
    if (target.closest(".remove")) onRemove(photo);
    else if (target.closest(".open")) onOpen(photo);
  });
}
