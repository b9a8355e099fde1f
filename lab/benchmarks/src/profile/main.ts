// `npm run bench:profile -- <name…>`: where the time of a step goes, ours and the peer's, part by part. Saved in
// results/<processor>/profiles, from where `npm run bench:page` adds it to the page.

import { typed } from "@lowrank/testing/typed";
import { benchmarks } from "../benchmarks.ts";
import { saveResult } from "../saved-results.ts";
import { type Profile, profileBenchmark } from "./profile-benchmark.ts";
import { workParts } from "./work-parts.ts";

const usage = [
  "npm run bench:profile -- <name…> [--engine NAME] [--threads 2] [--tiny]\n",
  "  all",
  ...benchmarks.map(({ name }) => `  ${name}`),
].join("\n");
const { values, positionals } = typed(usage, {
  engine: { type: "string" },
  threads: { type: "string", default: "2" },
  tiny: { type: "boolean", default: false },
});
const chosen = benchmarks.filter(({ name }) => positionals.includes("all") || positionals.includes(name));
const unknown = positionals.filter((name) => name !== "all" && !benchmarks.some((one) => one.name === name));
if (chosen.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no benchmark "${unknown.join('", "')}".`);
  console.error(usage);
  process.exit(2);
}

const { engine, tiny } = values;
const options = { tiny, threads: Number(values.threads), ...(engine === undefined ? {} : { engine }) };
for (const benchmark of chosen) {
  const profile = await profileBenchmark(benchmark, options);
  describe(profile);
  if (!tiny) saveResult(profile, "profiles");
}

function describe({ name, label, sides, phases = [] }: Profile): void {
  console.log(`${name}: ${label}`);
  for (const phase of phases) console.log(`  ${phase.label.padEnd(40)}${phase.milliseconds.toFixed(1).padStart(8)} ms`);
  if (sides.length === 0) return;
  for (const { by, milliseconds, gflops } of sides) {
    const speed = gflops === undefined ? "" : `; products with frozen matrices at ${gflops.toFixed(0)} GFLOPS`;
    console.log(`  ${by}: ${milliseconds.toFixed(0)} ms under the profiler's clock${speed}`);
  }
  for (const part of workParts) {
    const cells = sides.map(({ parts }) => (parts[part] ?? 0).toFixed(1).padStart(10));
    console.log(`  ${part.padEnd(32)}${cells.join("")} ms`);
  }
}
