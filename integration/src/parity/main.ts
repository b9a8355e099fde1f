// `npm run parity [-- [--base-precision int8] FOLDER…]`: every case in one line and, last, "N passed, N failed". A folder is a case, or holds
// cases or sets of them; without one, the repository's own fixtures/peft are run. With bases in 8 bits, cases of one adapter
// are held to what rounding may change. On the engine that a user gets; LOWRANK_ENGINE chooses another.

import { resolve } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { fixturesRoot } from "@lowrank/testing";
import { typed } from "@lowrank/testing/typed";
import { type CaseLine, countLine, failedLine, runCases } from "./run-cases.ts";

const { values, positionals } = typed("npm run parity [-- [--base-precision int8] FOLDER…]", {
  "base-precision": { type: "string", default: "float32" },
});
const { "base-precision": basePrecision } = values;
const given = positionals.map((path) => resolve(path));
const lines: CaseLine[] = [];
const add = (line: CaseLine) => {
  lines.push(line);
  console.log(line.text);
};
try {
  if (basePrecision !== "float32" && basePrecision !== "int8")
    throw new Error(`--base-precision ${basePrecision}: expected float32 or int8`);
  const { name: engine, note } = await chooseEngine();
  if (note !== undefined) console.error(note);
  console.log(`engine: ${engine}; bases in ${basePrecision}; differences from what PEFT computed`);
  for await (const line of runCases(given.length > 0 ? given : [fixturesRoot], { basePrecision })) add(line);
} catch (error) {
  add(failedLine("parity", error)); // no engine, or a folder that may not be read
}
console.log(countLine(lines));
process.exitCode = lines.every(({ hasPassed }) => hasPassed) ? 0 : 1;
