"use strict";

// How the page speaks with the service, and what it says when that fails.

const RETRY_SECONDS_AT_MOST = 10;
const TITLES = {
  401: "You are not let in.",
  408: "The photo took too long to arrive.",
  413: "This photo is too large.",
  415: "This file is not a photo that the studio can read.",
  422: "This did not work.",
  503: "This took too long.",
};

/** What went wrong, in words for the person before the page. */
class Trouble extends Error {
  constructor(title, text) {
    super(text);
    this.title = title;
  }
}

const pause = (seconds, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, 1000 * seconds);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(signal.reason);
  });
});

async function ask(file, fields, accept, signal, onBusy) {
  for (;;) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set("photo", file, "photo"); // without its name, which the service does not need
    let response;
    try {
      response = await fetch("v1/colorize", { method: "POST", body: form, headers: { Accept: accept }, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Trouble("The studio does not answer.", "Is it still running? Start it again and try once more.");
    }
    if (response.ok) return response;
    if (response.status !== 429) {
      const { detail } = await response.json().catch(() => ({}));
      throw trouble(response.status, detail ?? response.statusText);
    }
    onBusy?.();
    await pause(Math.min(Number(response.headers.get("Retry-After")) || 1, RETRY_SECONDS_AT_MOST), signal);
  }
}

function trouble(status, detail) {
  const text = detail.replace(/^(photo|result|work): /, "").replace(/ \(.*\)/, ""); // what libraries say helps nobody before the page
  return new Trouble(TITLES[status] ?? "Something went wrong.", `${text[0].toUpperCase()}${text.slice(1)}.`);
}

/** A finished picture as a file. */
async function askForFile(file, fields, signal) {
  const response = await ask(file, fields, "image/*", signal);
  return response.blob();
}

/** Pictures by kind, each with its content as a blob, and what is said of the photo. */
async function askForPictures(file, fields, { signal, onProgress, onBusy } = {}) {
  const response = await ask(file, fields, "text/event-stream", signal, onBusy);
  const pictures = {};
  for await (const [name, data] of events(response.body)) {
    if (name === "progress") onProgress?.(data.rows / data.of);
    else if (name === "picture") pictures[data.kind] = { ...data, content: blob(data) };
    else if (name === "error") throw trouble(data.status, data.detail);
    else return { pictures, ...data };
  }
  throw new Trouble("The studio stopped in the middle.", "Is it still running? Start it again and try once more.");
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
