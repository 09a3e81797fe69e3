// What the page says of its work, and of what went wrong.

import { element, make } from "./dom.js";
import { text } from "./language.js";

/** What went wrong, in words for the person before the page. */
export class Trouble extends Error {
  constructor(title, said, { detail = false, passing = false, lasting = false } = {}) {
    super(said);
    this.title = title;
    this.detail = detail; // whether it is the service's own English
    this.passing = passing; // whether it may work later
    this.lasting = lasting; // whether it stays true whatever is tried next
  }
}

let focusBefore = null;

export function say(said) {
  element("status").textContent = element("reading").textContent = said; // one of them is shown
}

export const sayBusy = () => say(text("waiting-for-others"));

/** Shows what went wrong with something, until it is dismissed or tried again. */
export function complain(error, about = "") {
  console.error(error);
  const known = error instanceof Trouble;
  const line = make("p", {}, make("strong", { textContent: known ? error.title : text("wrong") }), " ");
  if (about) line.append(`${about}: `);
  line.append(make("span", { textContent: known ? error.message : text("reload"), lang: known && error.detail ? "en" : "" }));
  line.dataset.about = about;
  line.classList.toggle("lasting", known && error.lasting);
  if (!line.lastChild.lang) line.lastChild.removeAttribute("lang");
  element("complaints").append(line);
  if (element("notice").hidden) focusBefore = document.activeElement;
  element("notice").hidden = false;
}

/** Takes back what was said of something. */
export function settle(about = "") {
  for (const line of [...element("complaints").children]) {
    if (line.dataset.about === about && !line.classList.contains("lasting")) line.remove();
  }
  element("notice").hidden = element("complaints").children.length === 0;
}

/** Closes all messages, and goes back to where the focus was. */
export function dismiss() {
  element("complaints").replaceChildren();
  element("notice").hidden = true;
  if (focusBefore?.isConnected) focusBefore.focus();
}
