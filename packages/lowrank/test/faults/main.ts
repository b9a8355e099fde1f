// npm run faults: saves and resumes that are killed, or whose disk fails, at every single call; and trainings that are
// killed at random, one process or one of two. The last line counts: "N passed, N failed". Words choose scenarios: npm run faults -- run killed.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasMpi } from "@lowrank/testing/mpi";
import { build } from "tsup";
import type { FaultKind } from "./break-file-system.ts";
import { interruptEverywhere } from "./interrupt-everywhere.ts";
import { killRanks } from "./kill-ranks.ts";
import { killTrainings } from "./kill-trainings.ts";
import { scenarios } from "./scenarios.ts";

const words = process.argv.slice(2);
const isWanted = (title: string) => words.every((word) => title.includes(word));
const kinds: ReadonlyMap<FaultKind, string> = new Map([
  ["kill", "killed"],
  ["EIO", "a failing disk"],
  ["ENOSPC", "a full disk"],
]);

process.env.FAULTS_BASE = fileURLToPath(new URL("../../../../fixtures/peft/gpt2/base", import.meta.url));
/** Where everything else is tried, too, each call has one of the kinds in turn; else each has all. */
const step = process.env.CI ? kinds.size : 1;
/** Of processes, each of which takes seconds to start; fewer where everything else is tried, too. */
const kills = process.env.CI ? 6 : 20;
const root = await mkdtemp(join(tmpdir(), "lowrank-faults-"));
let [passed, failed] = [0, 0];

/** Runs one job, prints its counts, and each problem. */
async function count(title: string, work: () => ReturnType<typeof interruptEverywhere>): Promise<void> {
  if (!isWanted(title)) return;
  const start = performance.now();
  const { tried, problems } = await work();
  const wrong = new Set(problems.map((problem) => problem.split(":")[0])).size;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${title}: ${tried} places, ${wrong} wrong, ${seconds} s`);
  for (const problem of problems) console.log(`  ${problem}`);
  passed += Math.max(0, tried - wrong);
  // Where nothing was tried, nothing was tested.
  failed += tried === 0 ? 1 : wrong;
}

try {
  const program = await bundle(join(root, "program"));
  for (const scenario of scenarios) {
    // The kinds at once: much of the time is spent waiting for the disk.
    const jobs = [...kinds].map(async ([kind, what], index) => {
      const folder = await mkdtemp(join(root, "place-"));
      const faults = { kind, first: 1 + (index % step), step };
      await count(`${scenario.name}, ${what}`, () => interruptEverywhere(scenario, faults, { program, root: folder }));
      await rm(folder, { recursive: true });
    });
    await Promise.all(jobs);
  }
  await count("a training, killed at random", () => killTrainings(join(root, "trainings"), { kills: 40 }));
  if (hasMpi()) await count("one of two processes, killed at random", () => killRanks(join(root, "ranks"), { kills }));
  else
    console.log("skipped: one of two processes, killed at random: there is no Open MPI (apt-get install openmpi-bin)");
} finally {
  await rm(root, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The child in one file, without a compiler at its side: hundreds of them start. */
async function bundle(outDir: string): Promise<string> {
  await build({
    entry: [fileURLToPath(new URL("child.ts", import.meta.url))],
    outDir,
    format: ["esm"],
    target: "node20",
    config: false,
    silent: true,
    noExternal: [/./],
    // Dependencies that are CommonJS ask for Node's modules by `require`.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    outExtension: () => ({ js: ".mjs" }),
    esbuildOptions: (options) => {
      options.conditions = ["lowrank-source"];
    },
  });
  return join(outDir, "child.mjs");
}
