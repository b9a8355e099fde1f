// npm run house: the shape of the packages, as far as a machine can count it. Prints a table and how long files and how full
// folders are, which are hints and never gates. Fails if folders of a package import each other in a ring.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const code = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"])
  .toString()
  .split("\n")
  .filter((path) => path !== "");
const texts = new Map(code.map((path) => [path, read(path)]).filter(([, text]) => text !== undefined));
const rings = [];
const packages = groupBy(sources(), packageOf);
const rows = [...packages].map(([name, files]) => {
  const own = ringsOf(name, files);
  for (const ring of own) rings.push(`${name} has folders that import each other in a ring: ${ring.join(", ")}`);
  return {
    package: name,
    files: files.length,
    rooms: new Set(files.map(dirname)).size,
    "fullest room": Math.max(...countsOf(files).values()),
    "longest file": Math.max(...files.map(linesOf)),
    rings: own.length,
  };
});
console.table(Object.fromEntries(rows.map(({ package: name, ...row }) => [name, row])));
console.log(`lines of a file: ${distribution([...texts.keys()].map(linesOf))}`);
console.log(`source files in a folder: ${distribution([...countsOf(sources()).values()])}`);
for (const ring of rings) console.log(`FAILED  ${ring}`);
process.exit(rings.length > 0 ? 1 : 0);

function distribution(counts) {
  const sorted = [...counts].sort((one, other) => one - other);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return `median ${at(0.5)}, 90 % at most ${at(0.9)}, 99 % at most ${at(0.99)}, maximum ${at(1)}`;
}

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

function countsOf(files) {
  return new Map([...groupBy(files, dirname)].map(([folder, inside]) => [folder, inside.length]));
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
