"use strict";

// An answer is kept in the browser until the server has acknowledged it: a reload or a lost connection sends it again,
// and the server takes it once.

const PENDING = "pending-answer";
const RETRY_MILLISECONDS = 1000;
const SHORTEST_LOOK_MILLISECONDS = 400; // so that a double tap does not answer twice
const LARGEST_ENLARGEMENT = 2; // of small pictures

const element = (id) => document.getElementById(id);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let shown = null; // key of the picture that may be answered now
let total = 0;

/** Tries until it succeeds, and says so meanwhile. */
async function insist(attempt) {
  for (;;) {
    try {
      const result = await attempt();
      element("notice").hidden = true;
      return result;
    } catch {
      element("notice").hidden = false;
      await pause(RETRY_MILLISECONDS);
    }
  }
}

/** Asks the server until it answers; null where it refuses. */
function exchange(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  return insist(async () => {
    const response = await fetch(path, options);
    if (response.status >= 500) throw new Error(response.statusText);
    return response.ok ? response.json() : null;
  });
}

async function picture(key) {
  const image = new Image(); // a new one each time: a failed one would not be fetched again
  image.src = `pictures/${key}`;
  image.draggable = false;
  await image.decode();
  image.style.maxWidth = `${LARGEST_ENLARGEMENT * image.naturalWidth}px`;
  image.style.maxHeight = `${LARGEST_ENLARGEMENT * image.naturalHeight}px`;
  return image;
}

async function show(state) {
  total = state.total;
  const part = !state.started ? "welcome" : state.picture === null ? "end" : "judging";
  for (const id of ["welcome", "judging", "end"]) element(id).hidden = id !== part;
  if (part === "welcome") {
    element("total").textContent = total === 1 ? "one photograph" : `${total} photographs`;
  }
  if (part !== "judging") return;
  const number = state.answered + 1;
  const image = await insist(() => picture(state.picture));
  image.alt = `Photograph ${number}`;
  element("count").textContent = `${number} of ${total}`;
  element("bar").max = total;
  element("bar").value = state.answered;
  element("frame").replaceChildren(image);
  if (state.upcoming !== null) picture(state.upcoming).catch(() => {}); // so that it is there when its turn comes
  await pause(SHORTEST_LOOK_MILLISECONDS);
  enable(state.picture);
}

function enable(key) {
  shown = key;
  for (const id of ["unnatural", "natural"]) element(id).disabled = key === null;
}

async function answer(natural) {
  if (shown === null) return;
  localStorage.setItem(PENDING, JSON.stringify({ picture: shown, natural }));
  enable(null);
  await proceed();
}

/** Sends the answer that is still to be sent, if any, and shows what comes next. */
async function proceed() {
  const pending = localStorage.getItem(PENDING);
  let state = pending === null ? null : await exchange("answer", JSON.parse(pending));
  localStorage.removeItem(PENDING);
  state ??= await exchange("state");
  await show(state);
}

async function start() {
  element("start").disabled = true;
  const state = await exchange("start", {});
  element("start").disabled = false;
  await show(state);
}

element("start").addEventListener("click", start);
element("again").addEventListener("click", () => show({ started: false, total }));
element("natural").addEventListener("click", () => answer(true));
element("unnatural").addEventListener("click", () => answer(false));
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey || event.ctrlKey || event.metaKey || element("judging").hidden) return;
  if (event.key === "ArrowRight") answer(true);
  else if (event.key === "ArrowLeft") answer(false);
});
enable(null);
proceed();
