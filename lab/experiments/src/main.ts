// `npm run experiment -- <name>`: makes the runs that are not kept yet, and keeps each as soon as it is over.

import { typed } from "@lowrank/testing/typed";
import { experiments } from "./experiments.ts";

const usage = [
  "npm run experiment -- <name…> [--seeds 3] [--only method,method] [--rows N] [--epochs N] [--dropout]\n",
  ...experiments.map(({ name, work }) => `  ${name.padEnd(18)} ${work}`),
].join("\n");

const { values, positionals } = typed(usage, {
  seeds: { type: "string", default: "3" },
  only: { type: "string" },
  rows: { type: "string" },
  epochs: { type: "string" },
  dropout: { type: "boolean", default: false },
});
const chosen = experiments.filter(({ name }) => positionals.includes(name));
const isWhole = [values.seeds, values.rows, values.epochs].every((one = "1") => /^[1-9]\d*$/.test(one));
if (chosen.length === 0 || chosen.length < positionals.length || !isWhole) {
  console.error(usage);
  process.exit(2);
}
for (const experiment of chosen) {
  console.log(`${experiment.name}: ${experiment.work}`);
  try {
    await experiment.run({
      seeds: Array.from({ length: Number(values.seeds) }, (_, seed) => seed),
      ...(values.only === undefined ? {} : { only: values.only.split(",") }),
      ...(values.rows === undefined ? {} : { rows: Number(values.rows) }),
      ...(values.epochs === undefined ? {} : { epochs: Number(values.epochs) }),
      dropout: values.dropout,
      log: (line) => console.log(`  ${line}`),
    });
  } catch (error) {
    console.error(`${experiment.name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
