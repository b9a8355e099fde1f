// The number of threads changes results by rounding at most.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectClose, largestMagnitude } from "@lowrank/testing";
import { describe, it } from "vitest";
import { runProgram } from "../../test/programs/run-program.ts";
import { testEngines } from "../../test/test-engines.ts";

describe.each(testEngines("native"))("on %s", (engine) => {
  it("one thread and two give the same values and gradients of every operation", { timeout: 120_000 }, () => {
    const [one, two] = [computeAll(engine, 1), computeAll(engine, 2)];
    for (const [index, values] of one.entries())
      expectClose(two[index] ?? [], values, 1e-5 * largestMagnitude(values), `tensor ${index}`);
  });
});

function computeAll(engine: string, threads: number): readonly Float32Array[] {
  const folder = mkdtempSync(join(tmpdir(), "lowrank-threads-"));
  try {
    const file = join(folder, "values");
    const printed = runProgram("compute-everything", [engine, file], { LOWRANK_THREADS: String(threads) });
    const lengths = JSON.parse(printed) as readonly number[];
    const values = new Float32Array(Uint8Array.from(readFileSync(file)).buffer);
    let start = 0;
    return lengths.map((length) => {
      start += length;
      return values.subarray(start - length, start);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
