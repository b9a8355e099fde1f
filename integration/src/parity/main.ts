// `npm run parity [-- FOLDER…]`: every case in one line and, last, "N passed, N failed". A folder is a case or holds
// cases; without one, the repository's own are run. LOWRANK_ENGINE chooses the engine.

import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { fixturesRoot } from "@lowrank/testing";
import { describeCase, runCase } from "./check-case.ts";

/** The cases in a folder, or the folder itself if it is one. */
function casesIn(folder: string): readonly string[] {
  const isCase = (path: string) => existsSync(join(path, "expected.json"));
  if (isCase(folder)) return [folder];
  const inside = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(folder, entry.name)] : [],
  );
  return inside.filter(isCase);
}

const { name: engine } = await chooseEngine({ order: ["cpu"] });
console.log(`engine: ${engine}; largest differences from what PEFT computed`);
const given = process.argv.slice(2).map((path) => resolve(path));
const cases = (given.length > 0 ? given : [fixturesRoot]).flatMap(casesIn);
let failed = cases.length === 0 ? 1 : 0;
for (const folder of cases) {
  try {
    const result = await runCase(folder);
    if (!result.isEqual) failed += 1;
    console.log(describeCase(result));
  } catch (error) {
    failed += 1;
    const message = error instanceof Error ? error.message : String(error);
    console.log(`${basename(folder).padEnd(16)} FAIL ${message.replace(/\s*\n\s*/g, " ")}`); // one line a case
  }
}
console.log(`${Math.max(0, cases.length - failed)} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
