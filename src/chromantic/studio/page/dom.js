// Small helpers for the page's elements.

export const element = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

const items = new WeakMap(); // of what is listed

/** Brings a list in line with what is to be shown. Items that stay are not moved, and so keep the focus. */
export function align(list, things, makeItem, update) {
  const wanted = things.map((thing) => {
    if (!items.has(thing)) items.set(thing, makeItem(thing));
    update(items.get(thing), thing);
    return items.get(thing);
  });
  for (const old of [...list.children].filter((item) => !wanted.includes(item))) old.remove();
  wanted.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
}

/** What stands for an item of a list. */
export const listedAs = (things, node) => things.find((thing) => items.get(thing)?.contains(node));

const urls = new WeakMap();

/** An address for a blob, for as long as the blob is needed. */
export function urlOf(blob) {
  if (!urls.has(blob)) urls.set(blob, URL.createObjectURL(blob));
  return urls.get(blob);
}

export function forgetUrl(blob) {
  if (urls.has(blob)) URL.revokeObjectURL(urls.get(blob));
  urls.delete(blob);
}

/** Does what takes a while for a button, which stays where the focus is and takes no other click meanwhile. */
export async function busy(button, label, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const before = button.textContent;
  button.setAttribute("aria-disabled", "true");
  button.textContent = label;
  try {
    await action();
  } finally {
    button.removeAttribute("aria-disabled");
    if (button.textContent === label) button.textContent = before;
  }
}
