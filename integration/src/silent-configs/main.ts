// `node --conditions=lowrank-source --import tsx integration/src/silent-configs/main.ts FOLDER [NAME…]`: one line for each folder that
// scripts/python/make_silent_configs.py made, and the counts last.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { compareFolder } from "./compare-folder.ts";

const [root = ".", ...parts] = process.argv.slice(2);
const names = readdirSync(root).filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)));
await chooseEngine();
const counts = { equal: 0, refused: 0, different: 0 };
for (const name of names.sort()) {
  const { kind, problem, difference } = await compareFolder(join(root, name)).catch((error: unknown) => {
    const kind = LowrankError.isInstance(error) ? ("refused" as const) : ("different" as const);
    return { kind, problem: `${error}`, difference: Number.NaN };
  });
  counts[kind] += 1;
  console.log(`${kind.padEnd(9)} ${name.padEnd(32)} ${difference.toExponential(1)} ${problem.replaceAll("\n", " ")}`);
}
console.log(`${names.length} folders: ${counts.equal} equal, ${counts.refused} refused, ${counts.different} different`);
process.exitCode = counts.different === 0 ? 0 : 1;
