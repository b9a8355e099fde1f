// What the page says of several processes: what was measured on one machine, and what a model predicts for more.

import type { DistributedResult } from "../distributed/run-distributed.ts";
import { type MeasuredStep, predictStep } from "../distributed/scaling-model.ts";
import type { Result } from "../result.ts";

const latencyMs = 0.05;
const speeds = [1, 10, 25, 100];
const sizes = [2, 4, 8, 16, 32, 64, 128, 256];

/** The section; what was not measured says so. */
export function scalingSection(result: Result | undefined): readonly string[] {
  const heading = ["## Many machines", ""];
  if (result === undefined || !isDistributed(result)) return [...heading, "`distributed`: not measured yet.", ""];
  const [exchanging, alone] = result.parts ?? [];
  const [together, apart, one] = [exchanging?.oursMs ?? 0, exchanging?.peerMs ?? 0, alone?.peerMs ?? 0];
  const step: MeasuredStep = { aloneMs: one, togetherMs: together, bytes: 4 * result.trained };
  return [
    ...heading,
    `**Measured** here (\`distributed\`), ${result.ranks} processes of one thread, each with its own 4 × 128 tokens of SmolLM2-135M and`,
    `${result.trained} numbers to train: a step takes ${together.toFixed(0)} ms, ${apart.toFixed(0)} ms without the exchange, and one`,
    `process alone ${one.toFixed(0)} ms, so that two do ${percent(one / together)} of what two separate machines would.`,
    "",
    "| numbers summed | milliseconds |",
    "| --- | --- |",
    ...result.exchange.map(({ values, milliseconds }) => `| ${values} | ${milliseconds.toPrecision(2)} |`),
    "",
    "**Predicted** – nobody has measured it – is what is left of each machine's own speed where each has one process with as many rows:",
    "the step measured above and, after it, the faster of a ring and a tree over the network",
    `(\`benchmarks/src/distributed/scaling-model.ts\`), each message ${latencyMs * 1000} µs late, as over TCP. Machines that are slower than`,
    "others at times are not in it.",
    "",
    `| machines | ${speeds.map((gigabits) => `${gigabits} Gbit/s`).join(" | ")} |`,
    `| --- | ${speeds.map(() => "---").join(" | ")} |`,
    ...sizes.map((ranks) => `| ${ranks} | ${speeds.map((speed) => predicted(step, ranks, speed)).join(" | ")} |`),
    "",
    `With gradients in half the bytes, 256 machines at 1 Gbit/s would be at ${predicted({ ...step, bytes: step.bytes / 2 }, 256, 1)}, at`,
    `10 Gbit/s at ${predicted({ ...step, bytes: step.bytes / 2 }, 256, 10)}. Summing while the backward pass goes on could at most bring what an`,
    `exchange of no bytes would: ${predicted({ ...step, bytes: 0 }, 256, 1)}. Neither is built, as from 10 Gbit/s on there is next to nothing to win.`,
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
