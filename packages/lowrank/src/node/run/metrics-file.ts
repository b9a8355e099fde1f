// metrics.jsonl: one line a step, for plots.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StepEvent } from "@lowrank/trainer";

/** Name of the file in `out`. */
export const metricsFile = "metrics.jsonl";

/** One line of it. */
export function metricsLine({ step, loss, learningRate, gradientNorm }: StepEvent): string {
  return `${JSON.stringify({ step, loss, learningRate, gradientNorm })}\n`;
}

/** The lines of the first `steps` steps of an interrupted run; of a file that was cut or overwritten, the whole ones. */
export async function earlierMetrics(folder: string, steps: number): Promise<string[]> {
  const text = await readFile(join(folder, metricsFile), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => stepOf(line) <= steps)
    .map((line) => `${line}\n`);
}

/** NaN where the line is not of a step. */
function stepOf(line: string): number {
  try {
    const step: unknown = JSON.parse(line).step;
    return typeof step === "number" ? step : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
