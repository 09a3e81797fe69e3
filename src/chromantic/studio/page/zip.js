// Puts files into a zip archive, as they are: pictures do not get smaller by it.

const LARGEST = 0xffffffff; // bytes, without the extension for larger archives
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

async function crcOf(blob) {
  let crc = 0xffffffff;
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return ~crc >>> 0;
    for (const byte of value) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
}

/** Little-endian numbers, each with its size in bytes. */
function pack(...numbers) {
  const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [size]) => sum + size, 0)));
  let place = 0;
  for (const [size, value] of numbers) {
    if (size === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
    place += size;
  }
  return view.buffer;
}

/** Date and time as DOS had them. */
function stampOf(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  return [[2, time], [2, ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate()]];
}

/** Names of which none occurs twice: a second boat.jpg becomes boat (2).jpg. */
export function distinct(names) {
  const taken = new Set();
  return names.map((name) => {
    const [, stem, suffix] = name.match(/^(.*?)(\.[^.]*)?$/s);
    let free = name;
    for (let count = 2; taken.has(free.toLowerCase()); count += 1) free = `${stem} (${count})${suffix ?? ""}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/** An archive of files, given as pairs of name and blob. Throws a RangeError where they are more than 4 GB. */
export async function zip(files) {
  const parts = [];
  const entries = [];
  const stamp = stampOf(new Date());
  const names = distinct(files.map(([name]) => name));
  let offset = 0;
  for (const [place, [, content]] of files.entries()) {
    const name = new TextEncoder().encode(names[place]);
    const facts = [[2, 20], [2, 0x0800], [2, 0], ...stamp, [4, await crcOf(content)], [4, content.size],
      [4, content.size], [2, name.length], [2, 0]]; // version, names in UTF-8, stored, ...
    parts.push(pack([4, 0x04034b50], ...facts), name, content);
    entries.push(pack([4, 0x02014b50], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), name);
    offset += 30 + name.length + content.size;
    if (offset > LARGEST) throw new RangeError("more than 4 GB");
  }
  const size = entries.reduce((sum, part) => sum + part.byteLength, 0);
  const end = pack([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]);
  return new Blob([...parts, ...entries, end], { type: "application/zip" });
}
