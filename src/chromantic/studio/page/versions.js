// The strip of a photo's versions.

import { align, element, make, urlOf } from "./dom.js";
import { number, text } from "./language.js";

/** What a version is called. */
function captionOf({ expected, seed, temperature, own }) {
  if (expected) return text(own ? "own" : "likeliest");
  const key = temperature === 1 ? "version" : temperature < 1 ? "version-calmer" : "version-livelier";
  const caption = text(key, { seed });
  return own ? text("with-own", { caption }) : caption;
}

export function showVersions({ versions, chosen }) {
  const strip = element("versions");
  const known = strip.childElementCount;
  align(strip, versions, itemOf, (item, version) => update(item, version, version === chosen));
  const fresh = known ? strip.children[known] : null;
  if (fresh?.querySelector("progress")) { // the first new one comes into view, those behind it wait
    strip.scrollLeft += Math.max(0, fresh.getBoundingClientRect().right - strip.getBoundingClientRect().right);
  }
}

function itemOf() {
  return make("li", {}, make("button", {}, make("progress", { max: 1, value: 0 }), make("span")));
}

function update(item, version, chosen) {
  const [button] = item.children;
  button.setAttribute("aria-pressed", String(chosen));
  button.setAttribute("aria-disabled", String(!version.content));
  button.lastChild.textContent = captionOf(version);
  button.querySelector("progress")?.setAttribute("aria-label", text("drawing"));
  if (!version.content) return;
  const img = button.querySelector("img") ?? make("img", { alt: "", draggable: false });
  const url = urlOf(version.content);
  if (img.src !== url) img.src = url;
  if (!img.isConnected) button.firstChild.replaceWith(img);
}

/** How much of a version is drawn, from 0 to 1. */
export function showProgress(photo, version, share) {
  const place = photo.versions.indexOf(version);
  const bar = element("versions").children[place]?.querySelector("progress");
  if (bar) bar.value = share;
}

export const liveliness = () => Number(element("liveliness").value);

export function showLiveliness() {
  const value = liveliness();
  const key = value === 1 ? "normal" : value === 0 ? "only-likeliest" : value < 1 ? "calmer" : "wilder";
  element("lively").textContent = `${number(value, { minimumFractionDigits: 1 })} · ${text(key)}`;
}
