// npm run house: what STYLE.md and ARCHITECTURE.md ask of rooms, as far as a machine can count it. Prints the packages as a
// table and each breach as a line; fails if there is one that is not named in `known`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Source files that lie directly in a folder of a package's `src`; tests are not counted. */
const mostFiles = 15;
/** Lines of a file, tests among them. */
const mostLines = 300;
/** Breaches that are older than this check: their places. A line goes as soon as its breach is gone. */
const known = new Set([]);

const code = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"])
  .toString()
  .split("\n")
  .filter((path) => path !== "");
const texts = new Map(code.map((path) => [path, read(path)]).filter(([, text]) => text !== undefined));
const breaches = [...longFiles(), ...fullFolders()];
const packages = groupBy(sources(), packageOf);
const rows = [...packages].map(([name, files]) => {
  const rings = ringsOf(name, files);
  for (const ring of rings)
    breaches.push({ place: name, what: `has rooms that import each other in a ring: ${ring.join(", ")}` });
  return {
    package: name,
    files: files.length,
    rooms: new Set(files.map(dirname)).size,
    "fullest room": Math.max(...countsOf(files).values()),
    "longest file": Math.max(...files.map(linesOf)),
    rings: rings.length,
  };
});
console.table(Object.fromEntries(rows.map(({ package: name, ...row }) => [name, row])));
for (const { place, what } of breaches) console.log(`${known.has(place) ? "known " : "FAILED"}  ${place} ${what}`);
const ended = [...known].filter((place) => !breaches.some((breach) => breach.place === place));
for (const place of ended) console.log(`mended  ${place} is as it should be: its line in scripts/house.mjs can go`);
process.exit(breaches.some(({ place }) => !known.has(place)) ? 1 : 0);

/** Undefined for a file that git has and the folder has not. */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function sources() {
  return [...texts.keys()].filter((path) => /^packages\/[^/]+\/src\//.test(path) && !/\.test\.tsx?$/.test(path));
}

function packageOf(path) {
  return path.split("/").slice(0, 2).join("/");
}

function linesOf(path) {
  return texts.get(path).trimEnd().split("\n").length;
}

function longFiles() {
  return [...texts.keys()]
    .filter((path) => linesOf(path) > mostLines)
    .map((path) => ({ place: path, what: `has ${linesOf(path)} lines; the most is ${mostLines}` }));
}

function countsOf(files) {
  return new Map([...groupBy(files, dirname)].map(([folder, inside]) => [folder, inside.length]));
}

function fullFolders() {
  return [...countsOf(sources())]
    .filter(([, count]) => count > mostFiles)
    .map(([folder, count]) => ({ place: folder, what: `has ${count} source files; the most is ${mostFiles}` }));
}

/**
 * The rooms of a package – folders of its `src`, and files beside them – that import each other, types included: each ring a
 * list of names. index.ts is no room but the door.
 */
function ringsOf(name, files) {
  const roomOf = (path) => path.slice(`${name}/src/`.length).split("/")[0];
  const arrows = new Map();
  for (const path of files.filter((file) => file !== `${name}/src/index.ts`)) {
    const from = roomOf(path);
    if (!arrows.has(from)) arrows.set(from, new Set());
    for (const [, specifier] of texts.get(path).matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g)) {
      const target = normalize(join(dirname(path), specifier));
      if (target.startsWith(`${name}/src/`) && roomOf(target) !== from) arrows.get(from).add(roomOf(target));
    }
  }
  const reached = new Map([...arrows.keys()].map((room) => [room, reachableFrom(room, arrows)]));
  const rings = new Map();
  for (const [room, others] of reached) {
    const ring = [...others].filter((other) => reached.get(other)?.has(room)).sort();
    if (ring.length > 1) rings.set(ring.join(), ring);
  }
  return [...rings.values()];
}

function reachableFrom(start, arrows) {
  const seen = new Set();
  const waiting = [start];
  for (let room = waiting.pop(); room !== undefined; room = waiting.pop()) {
    for (const next of arrows.get(room) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return seen;
}

/** As Map.groupBy of later versions of Node. */
function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
