// `node --conditions=lowrank-source --import tsx integration/src/mutations/main.ts FOLDER [NAME…]`: each folder that
// scripts/python/make_mutated_adapters.py made and that is not equal or refused, and the counts last.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { type Bases, compareAdapter } from "./compare-adapter.ts";

const [root = ".", ...parts] = process.argv.slice(2);
const names = readdirSync(root).filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
await chooseEngine();
const counts = { equal: 0, refused: 0, warned: 0, accepted: 0, different: 0 };
const bases: Bases = new Map();
for (const name of names) {
  const { kind, change, words } = await compareAdapter(join(root, name), bases);
  counts[kind] += 1;
  if (kind !== "equal" && (kind !== "refused" || change === "none"))
    console.log(`${kind} ${name}: ${change} → ${words}`);
}
console.log(
  `${names.length} folders: ${Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ")}`,
);
process.exitCode = counts.different === 0 ? 0 : 1;
