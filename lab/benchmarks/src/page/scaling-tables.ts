// The page's part about several processes: measured on one machine, predicted by a model for more.

import type { DistributedResult } from "../distributed/run-distributed.ts";
import { type MeasuredStep, predictStep } from "../distributed/scaling-model.ts";
import type { Result } from "../result.ts";
import { datesOf, threadText } from "./tables.ts";

const latencyMs = 0.05;
const speeds = [1, 10, 25, 100];
const sizes = [2, 4, 8, 16, 32, 64, 128, 256];

/** The section, also if nothing was measured. */
export function scalingSection(result: Result | undefined): readonly string[] {
  const heading = ["## Many machines", ""];
  if (result === undefined || !isDistributed(result)) return [...heading, "Not measured yet: `distributed`.", ""];
  const [exchanging, alone] = result.parts ?? [];
  const [together, apart, one] = [exchanging?.oursMs ?? 0, exchanging?.peerMs ?? 0, alone?.peerMs ?? 0];
  const step: MeasuredStep = { aloneMs: one, togetherMs: together, bytes: 4 * result.trained };
  const programs = Object.entries(result.versions.ours ?? {}).map(([name, version]) => `${name} ${version}`);
  const half = { ...step, bytes: step.bytes / 2 };
  return [
    ...heading,
    `**${result.processor}; computed with ${threadText(result.threads)} a process; ${datesOf([result.date])}**  `,
    `lowrank: ${programs.join(", ")}.`,
    "",
    `**Measured** (\`distributed\`): ${result.ranks} processes on one machine, each with 4 × 128 tokens of SmolLM2-135M and`,
    `${result.trained} trained numbers. A step takes ${together.toFixed(0)} ms, and ${apart.toFixed(0)} ms without the exchange of gradients. One`,
    `process alone takes ${one.toFixed(0)} ms. So two processes do ${percent(one / together)} of the work of two separate machines.`,
    "",
    "| numbers summed | milliseconds |",
    "| --- | --- |",
    ...result.exchange.map(({ values, milliseconds }) => `| ${values} | ${milliseconds.toPrecision(2)} |`),
    "",
    "**Predicted, not measured**: the part of its own speed that each machine keeps, with one process a machine and the same number of rows. A",
    "predicted step is the measured step and then the faster of a ring and a tree over the network",
    `(\`lab/benchmarks/src/distributed/scaling-model.ts\`). A message has a latency of ${latencyMs * 1000} µs, as over TCP. The model ignores machines that are`,
    "slower than the others for a while.",
    "",
    `| machines | ${speeds.map((gigabits) => `${gigabits} Gbit/s`).join(" | ")} |`,
    `| --- | ${speeds.map(() => "---").join(" | ")} |`,
    ...sizes.map((ranks) => `| ${ranks} | ${speeds.map((speed) => predicted(step, ranks, speed)).join(" | ")} |`),
    "",
    `With gradients in half the bytes, 256 machines would reach ${predicted(half, 256, 1)} at 1 Gbit/s and ${predicted(half, 256, 10)} at 10 Gbit/s. An exchange`,
    `during the backward pass could reach at most ${predicted({ ...step, bytes: 0 }, 256, 1)}, as without any bytes. Neither is built: from 10 Gbit/s on there is almost`,
    "nothing to gain.",
    "",
  ];
}

function isDistributed(result: Result): result is DistributedResult {
  return "exchange" in result;
}

function predicted(step: MeasuredStep, ranks: number, gigabits: number): string {
  return percent(predictStep(step, ranks, { gigabits, latencyMs }).efficiency);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
