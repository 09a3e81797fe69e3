// Keeps the sitting in this browser (IndexedDB), so that it outlives a reload. Nothing of it leaves this machine.

const STORES = ["photos", "files"]; // what is known of photos; their files, which are large and never change

const KEPT = ["id", "added", "opened", "name", "faded", "model", "width", "height", "format", "grey", "shownWidth", "nextSeed",
  "own"];
const KEPT_OF_VERSIONS = ["expected", "seed", "temperature", "content", "own", "shownWidth"];
const pick = (thing, names) => Object.fromEntries(names.map((name) => [name, thing[name]]));

let pending = 0;
let failure = null;
let base = null;

/** Whether something is not, or not yet, kept. */
export const isBehind = () => pending > 0 || failure !== null;

const resultOf = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function open() {
  if (base === null) {
    const request = indexedDB.open(`chromantic ${location.pathname}`, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    base = resultOf(request);
  }
  return base;
}

async function change(store, action) {
  const transaction = (await open()).transaction(store, "readwrite");
  action(transaction);
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

/** Changes what is kept. Resolves with whether this is the first time that it cannot. */
async function attempt(store, action) {
  pending += 1;
  try {
    await change(store, action);
    return false;
  } catch (error) {
    const first = failure === null;
    failure = error;
    return first;
  } finally {
    pending -= 1;
  }
}

export const keepFile = ({ id, file }) => attempt("files", (transaction) => transaction.objectStore("files").put(file, id));

/** Keeps all of a photo but its file. */
export function keep(photo) {
  const versions = photo.versions.filter(({ content }) => content);
  const record = {
    ...pick(photo, KEPT),
    state: photo.state === "ready" ? "ready" : "waiting",
    versions: versions.map((version) => pick(version, KEPT_OF_VERSIONS)),
    chosen: versions.indexOf(photo.chosen),
  };
  return attempt("photos", (transaction) => transaction.objectStore("photos").put(record, photo.id));
}

export const drop = (id) => attempt(STORES, (transaction) => {
  for (const store of STORES) transaction.objectStore(store).delete(id);
});

/** The photos of the last sitting, in the order in which they were added. */
export async function recall() {
  try {
    const transaction = (await open()).transaction(STORES);
    const records = await resultOf(transaction.objectStore("photos").getAll());
    const files = await Promise.all(records.map(({ id }) => resultOf(transaction.objectStore("files").get(id))));
    return records
      .map((record, place) => ({ ...record, file: files[place], chosen: record.versions[record.chosen] ?? null }))
      .filter(({ file }) => file)
      .sort((one, other) => one.added - other.added);
  } catch {
    return []; // the first photo that cannot be kept says so
  }
}
