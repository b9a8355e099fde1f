// Training for long holds no more than training for a while: no tensors, no recycled memory, no memory of the process.

import { describe, expect, it } from "vitest";
import { runProgram } from "../../test/programs/run-program.ts";
import { testEngines } from "../../test/test-engines.ts";

/** .ci/run asks for 10 000. */
const steps = process.env.LOWRANK_TEST_STEPS ?? "1000";
const megabyte = 2 ** 20;

describe.each(testEngines("native"))("on %s", (engine) => {
  it(`${steps} steps of training end with what a fifth of them held`, { timeout: 300_000 }, () => {
    const [early, late] = JSON.parse(runProgram("train-long", [engine, steps]));
    const { numTensors, numDataBuffers, numBytes, pool } = early;
    expect(late).toMatchObject({ numTensors, numDataBuffers, numBytes });
    expect(late.pool).toBeLessThanOrEqual(pool);
    expect(late.arrayBuffers - early.arrayBuffers).toBeLessThan(megabyte / 4);
    expect(late.heapUsed - early.heapUsed).toBeLessThan(4 * megabyte);
    // The process grows and shrinks by tens of megabytes as V8 likes: a lost 8 kB a step would show in 10 000.
    expect(late.rss - early.rss).toBeLessThan(80 * megabyte);
  });
});
