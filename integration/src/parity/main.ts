// `npm run parity`: every fixture in one line; exit code 1 if one differs. Folders may be given instead, and
// LOWRANK_ENGINE chooses the engine.

import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { fixturesRoot } from "@lowrank/testing";
import { describeCase, runCase } from "./check-case.ts";

const engine = await chooseEngine({ order: ["cpu"] });
console.log(`engine: ${engine.name}`);
const given = process.argv.slice(2).map((path) => resolve(path));
const names = readdirSync(fixturesRoot, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
let failed = 0;
const cases = given.length > 0 ? given : names;
for (const name of cases) {
  try {
    const result = await runCase(name);
    if (!result.isEqual) failed += 1;
    console.log(describeCase(result));
  } catch (error) {
    failed += 1;
    console.log(`${name.padEnd(16)} FAIL ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${cases.length - failed} of ${cases.length} cases equal PEFT`);
process.exitCode = failed > 0 ? 1 : 0;
