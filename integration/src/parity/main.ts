// `npm run parity [-- FOLDER…]`: every case in one line and, last, "N passed, N failed". A folder is a case, or holds
// cases or sets of them; without one, the repository's own fixtures/peft are run. LOWRANK_ENGINE chooses the engine.

import { resolve } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { fixturesRoot } from "@lowrank/testing";
import { type CaseLine, countLine, failedLine, runCases } from "./run-cases.ts";

const given = process.argv.slice(2).map((path) => resolve(path));
const lines: CaseLine[] = [];
const add = (line: CaseLine) => {
  lines.push(line);
  console.log(line.text);
};
try {
  const { name: engine, note } = await chooseEngine({ order: ["cpu"] });
  if (note !== undefined) console.error(note);
  console.log(`engine: ${engine}; largest differences from what PEFT computed`);
  for await (const line of runCases(given.length > 0 ? given : [fixturesRoot])) add(line);
} catch (error) {
  add(failedLine("parity", error)); // no engine, or a folder that may not be read
}
console.log(countLine(lines));
process.exitCode = lines.every(({ hasPassed }) => hasPassed) ? 0 : 1;
