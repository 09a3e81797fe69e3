// Keeps the sitting in this browser (IndexedDB), so that it outlives a reload. Nothing of it leaves this machine.

const STORES = ["photos", "files"]; // what is known of photos; their files, which are large and never change

let pending = 0;
let failure = null;
let base = null;

/** Whether something is not, or not yet, kept. */
export const isBehind = () => pending > 0 || failure !== null;

function open() {
  base ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(`chromantic ${location.pathname}`, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
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
  const { id, added, opened, name, faded, state, model, width, height, format, grey, shownWidth, nextSeed } = photo;
  const versions = photo.versions.filter(({ content }) => content);
  const record = {
    id, added, opened, name, faded, model, width, height, format, grey, shownWidth, nextSeed,
    state: state === "ready" ? "ready" : "waiting",
    versions: versions.map(({ expected, seed, temperature, content }) => ({ expected, seed, temperature, content })),
    chosen: versions.indexOf(photo.chosen),
  };
  return attempt("photos", (transaction) => transaction.objectStore("photos").put(record, id));
}

export const drop = (id) => attempt(STORES, (transaction) => {
  for (const store of STORES) transaction.objectStore(store).delete(id);
});

const allOf = (store) => new Promise((resolve, reject) => {
  const request = store.getAll();
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const fileOf = (store, id) => new Promise((resolve, reject) => {
  const request = store.get(id);
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** The photos of the last sitting, in the order in which they were added. */
export async function recall() {
  try {
    const transaction = (await open()).transaction(STORES);
    const records = await allOf(transaction.objectStore("photos"));
    const files = await Promise.all(records.map(({ id }) => fileOf(transaction.objectStore("files"), id)));
    return records
      .map((record, place) => ({ ...record, file: files[place], chosen: record.versions[record.chosen] ?? null }))
      .filter(({ file }) => file)
      .sort((one, other) => one.added - other.added);
  } catch {
    return []; // the first photo that cannot be kept says so
  }
}
