// Training for long holds no more than training for a while: no tensors, no recycled memory, no memory of the process.

import { beforeAll, describe, expect, it } from "vitest";
import { everyOperation } from "../../test/operations/every-operation.ts";
import type { Holding } from "../../test/programs/holding.ts";
import type { Repeated } from "../../test/programs/repeat-operations.ts";
import { runProgram } from "../../test/programs/run-program.ts";
import { testEngines } from "../../test/test-engines.ts";

/** .ci/run asks for 10 000, of the native engine. */
const given = process.env.LOWRANK_TEST_STEPS;
const megabyte = 2 ** 20;
const timeout = 600_000;

function expectNoGrowth([early, late]: readonly Holding[]): void {
  if (early === undefined || late === undefined) throw new Error("The program measured less than twice.");
  const { numTensors, numDataBuffers, numBytes, pool } = early;
  expect(late).toMatchObject({ numTensors, numDataBuffers, numBytes });
  expect(late.pool).toBeLessThanOrEqual(pool);
  expect(late.arrayBuffers - early.arrayBuffers).toBeLessThan(megabyte / 4);
  expect(late.heapUsed - early.heapUsed).toBeLessThan(4 * megabyte);
  // A lost 8 kB a step would show in 10 000.
  expect(late.rss - early.rss).toBeLessThan(48 * megabyte);
}

describe.each(testEngines("native"))("on %s", (engine) => {
  const steps = given ?? "1000";
  it(`${steps} steps of training end with the memory of a fifth of them`, { timeout }, () => {
    expectNoGrowth(JSON.parse(runProgram("train-long", [engine, steps])));
  });
});

describe.each(given === undefined ? testEngines("cpu", "wasm", "native") : testEngines("native"))("on %s", (engine) => {
  const steps = given ?? (engine === "tfjs-node" ? "1000" : "300");
  let repeated: Repeated = { held: [], left: {} };
  beforeAll(() => {
    repeated = JSON.parse(runProgram("repeat-operations", [engine, steps]));
  }, timeout);

  it(`all operations and their gradients, ${steps} times each, end with the memory of a fifth of them`, () => {
    expectNoGrowth(repeated.held);
  });

  it.each(everyOperation)("$name leaves nothing behind", ({ name }) => {
    expect(repeated.left[name]).toEqual({ numTensors: 0, numDataBuffers: 0, numBytes: 0 });
  });
});
