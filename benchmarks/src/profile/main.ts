// `npm run bench:profile -- <name>`: where the time of a training step goes, kernel by kernel, on the engine that a user
// would get. TensorFlow.js between the kernels is the rest.

import { measureMatMul } from "@lowrank/engine";
import { benchmarks } from "../benchmarks.ts";
import { startTraining } from "../ours/start-training.ts";
import type { Settings } from "../settings.ts";
import { timeKernels } from "./kernel-times.ts";

const steps = 5;
const sides = benchmarks.flatMap(({ name, sides }) =>
  sides.ours?.program === "ours/training-step" ? [{ name, ...sides.ours }] : [],
);
const chosen = sides.find(({ name }) => name === process.argv[2]);
if (chosen === undefined) {
  console.error(`npm run bench:profile -- <name>, one of\n  ${sides.map(({ name }) => name).join("\n  ")}`);
  process.exit(2);
}
if (chosen.engine !== undefined) process.env.LOWRANK_ENGINE ??= chosen.engine;
process.env.LOWRANK_THREADS ??= "2";
const threads = Number(process.env.LOWRANK_THREADS);
const settings: Settings = { ...chosen.settings, tiny: false, threads };

const { versions, makeStep } = await startTraining(settings);
await makeStep();
await makeStep();
const clock = timeKernels();
const start = performance.now();
for (let step = 0; step < steps; step++) await makeStep();
const whole = (performance.now() - start) / steps;

const times = clock.times();
const inKernels = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / steps;
console.log(`${chosen.name} on ${versions.engine}, ${threads} threads: ${whole.toFixed(0)} ms a step`);
console.log(`  ${inKernels.toFixed(0)} ms in kernels, ${(whole - inKernels).toFixed(0)} ms between them`);
for (const { kernel, milliseconds, calls } of times.slice(0, 24))
  console.log(`${(milliseconds / steps).toFixed(1).padStart(9)} ms ${String(calls / steps).padStart(6)} × ${kernel}`);
for (const size of [1024, 2048]) {
  const { gflops } = await measureMatMul(size);
  console.log(`  a product of two ${size} × ${size} matrices: ${gflops.toFixed(0)} GFLOPS`);
}
process.exit(0);
