// Every case of the given folders, one line each; a case that cannot run is a failed line with the reason.

import * as tf from "@tensorflow/tfjs-core";
import { type CaseOptions, describeCase, runCase } from "./check-case.ts";
import { type FoundCase, findCases } from "./find-cases.ts";

/** One case, run. */
export interface CaseLine {
  readonly text: string;
  readonly hasPassed: boolean;
}

/** Runs the cases in the order given; never throws. */
export async function* runCases(folders: readonly string[], options: CaseOptions = {}): AsyncGenerator<CaseLine> {
  for (const found of folders.flatMap(findCases)) yield await lineOf(found, options);
}

/** The last line, from which scripts read the numbers. */
export function countLine(lines: readonly CaseLine[]): string {
  const passed = lines.filter(({ hasPassed }) => hasPassed).length;
  return `${passed} passed, ${lines.length - passed} failed`;
}

async function lineOf({ folder, name, problem }: FoundCase, options: CaseOptions): Promise<CaseLine> {
  if (problem !== undefined) return failedLine(name, problem);
  try {
    const before = tf.memory().numTensors;
    const result = await runCase(folder, options);
    const left = tf.memory().numTensors - before;
    if (left !== 0) return failedLine(name, `${left} tensors are left over. ${describeCase(result)}`);
    return { text: describeCase(result), hasPassed: result.isEqual };
  } catch (error) {
    return failedLine(name, error);
  }
}

/** A line about what could not be run. */
export function failedLine(name: string, reason: unknown): CaseLine {
  const message = reason instanceof Error ? reason.message : String(reason);
  return { text: `${name.padEnd(16)} FAIL ${message.replace(/\s*\n\s*/g, " ")}`, hasPassed: false }; // one line a case
}
