// In which language the page speaks. English is always there, so that nothing waits for texts.

import * as english from "./texts-en.js";

/** The languages that there are, each by its own name. The texts of each are in its file. */
export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français" };

const KEPT = "chromantic-language";

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // where storage is forbidden
  }
}

const wished = [kept(), ...navigator.languages.map((name) => name.slice(0, 2))].find((name) => name in LANGUAGES) ?? "en";
export let language = "en";
let texts = english;

async function turnTo(name) {
  if (name !== language) texts = await import(`./texts-${name}.js`);
  language = name;
  translate();
}

/** Begins in the language that the person wishes. */
export const begin = () => turnTo(wished);

/** A text of the page, with values in place of names in braces. */
export function text(key, values = {}) {
  return texts.page[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** What the network recognizes, by the name that it has for it. */
export const thing = (name) => texts.things[name] ?? name;

export const number = (value, options) => value.toLocaleString(language, options);

/** Gives every element that names a text this text. */
function translate() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text(node.dataset.label));
  for (const node of document.querySelectorAll("[data-title]")) node.title = text(node.dataset.title);
  for (const node of document.querySelectorAll("[data-alt]")) node.alt = text(node.dataset.alt);
}

export async function speak(wanted) {
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // then it is only for now
  }
  await turnTo(wanted);
}
