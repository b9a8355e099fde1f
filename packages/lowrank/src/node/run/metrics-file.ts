// metrics.jsonl: a line for each step, each validation, each skipped step, and each change of the learning rate; for plots.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingEvent } from "@lowrank/trainer";

export const metricsFile = "metrics.jsonl";

/** The line of an event, without times and other facts that differ between equal runs. */
export function metricsLines(event: TrainingEvent): readonly string[] {
  const facts = factsOf(event);
  return facts === undefined ? [] : [`${JSON.stringify(facts)}\n`];
}

function factsOf(event: TrainingEvent): object | undefined {
  if (event.type === "step") {
    const { step, loss, learningRate, gradientNorm, metrics } = event;
    return { step, loss, learningRate, gradientNorm, metrics };
  }
  if (event.type === "evaluation") return { step: event.step, validation: event.metrics };
  if (event.type === "restart") {
    const { step: after, reason, learningRateBefore, learningRate } = event;
    return { step: 0, restart: { after, reason, learningRateBefore, learningRate } };
  }
  return event.type === "skip" ? { step: event.step, skipped: event.what, value: String(event.value) } : undefined;
}

export function restartLines(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('{"step":0,"restart":'));
}

/** The lines of the first `steps` steps of an interrupted run; only complete lines of a damaged file. */
export async function earlierMetrics(folder: string, steps: number): Promise<string[]> {
  const text = await readFile(join(folder, metricsFile), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => stepOf(line) <= steps)
    .map((line) => `${line}\n`);
}

/** NaN for lines that are not of a step. */
function stepOf(line: string): number {
  try {
    const step: unknown = JSON.parse(line).step;
    return typeof step === "number" ? step : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
