// How the page speaks with the service, and what it says when that fails.

import { text } from "./language.js";
import { Trouble, sayBusy } from "./notices.js";

const RETRY_SECONDS_AT_MOST = 10;
const TITLED = new Set([401, 408, 413, 415, 422, 503]);

const pause = (seconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, 1000 * seconds);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(signal.reason);
  });
});

async function ask(file, fields, accept, signal) {
  for (;;) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, photo: file })) {
      if (value instanceof Blob) form.set(name, value, name); // without its own name, which the service does not need
      else form.set(name, value);
    }
    let response;
    try {
      response = await fetch("v1/colorize", { method: "POST", body: form, headers: { Accept: accept }, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Trouble(text("no-answer"), text("still-running"), { passing: true });
    }
    if (response.ok) return response;
    if (response.status !== 429) {
      const { detail } = await response.json().catch(() => ({}));
      throw trouble(response.status, detail ?? "");
    }
    sayBusy();
    await pause(Math.min(Number(response.headers.get("Retry-After")) || 1, RETRY_SECONDS_AT_MOST), signal);
  }
}

function trouble(status, detail) {
  const said = detail.replace(/^(photo|result|work): /, "").replace(/ \(.*\)/, ""); // what libraries say helps nobody here
  const title = text(TITLED.has(status) ? `title-${status}` : "wrong");
  const sentence = said && `${said[0].toUpperCase()}${said.slice(1)}.`;
  return new Trouble(title, sentence, { detail: true, passing: ![413, 415, 422].includes(status) });
}

/** A finished picture as a file. */
export async function askForFile(file, fields, signal) {
  const response = await ask(file, fields, "image/*", signal);
  return response.blob();
}

/** Pictures by kind, each with its content as a blob, and what is said of the photo. */
export async function askForPictures(file, fields, { signal, onProgress } = {}) {
  const response = await ask(file, fields, "text/event-stream", signal);
  const pictures = {};
  for await (const [name, data] of events(response.body)) {
    if (name === "progress") onProgress?.(data.rows / data.of);
    else if (name === "picture") pictures[data.kind] = { ...data, content: blob(data) };
    else if (name === "error") throw trouble(data.status, data.detail);
    else return { pictures, ...data };
  }
  throw new Trouble(text("stopped"), text("still-running"), { passing: true });
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let parts = [];
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      return; // a broken connection ends it
    }
    if (piece.done) return;
    parts.push(piece.value);
    if (!piece.value.includes("\n")) continue; // so that a large picture is not searched again and again
    const whole = parts.join("").split("\n\n");
    parts = [whole.pop()];
    for (const event of whole) {
      const [, name, data] = event.match(/^event: (\w+)\ndata: (.*)$/);
      yield [name, JSON.parse(data)];
    }
  }
}

function blob({ content, media_type }) {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: media_type });
}

/** The weights in use and the limits; null where the service does not tell. */
export async function askWhatThereIs() {
  try {
    const response = await fetch("v1/models");
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
