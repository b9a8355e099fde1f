// `npm run experiment -- <name>`: makes the runs that are not kept yet, and keeps each as soon as it is over.

import { parseArgs } from "node:util";
import { experiments } from "./experiments.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "3" },
    only: { type: "string" },
    rows: { type: "string" },
  },
});
const chosen = experiments.filter(({ name }) => positionals.includes(name));
if (chosen.length === 0 || chosen.length < positionals.length) {
  console.error("npm run experiment -- <name…> [--seeds 3] [--only method,method] [--rows N]\n");
  for (const { name, work } of experiments) console.error(`  ${name.padEnd(14)} ${work}`);
  process.exit(2);
}
for (const experiment of chosen) {
  console.log(`${experiment.name}: ${experiment.work}`);
  await experiment.run({
    seeds: Array.from({ length: Number(values.seeds) }, (_, seed) => seed),
    ...(values.only === undefined ? {} : { only: values.only.split(",") }),
    ...(values.rows === undefined ? {} : { rows: Number(values.rows) }),
    log: (line) => console.log(`  ${line}`),
  });
}
