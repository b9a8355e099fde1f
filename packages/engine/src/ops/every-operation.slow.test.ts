// Every operation of the table, on every engine, at drawn sizes: against its twin of plain operations, against a float64
// reference and the central differences of it.

import { it as property } from "@fast-check/vitest";
import { beforeAll, describe, it, vi } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";
import { expectEqualPart, expectEqualResults, nearbyInput } from "../../test/expect-equal-results.ts";
import { everyOperation } from "../../test/operations/every-operation.ts";
import type { OperationUse } from "../../test/operations/operation-case.ts";
import { inputsOf, referenceGradient, someIndices, valueAndGradients } from "../../test/operations/run-use.ts";
import { drawsOn, isPage, testEngines, useEngine } from "../../test/test-engines.ts";

const seed = 20_261_125;

// On a busy machine every parallel part of a native call waits until all its threads have been given a processor.
vi.setConfig({ testTimeout: 120_000 });

onEachBackend((engine) => {
  describe.each(everyOperation)("$name", ({ uses }) => {
    property.prop([uses], { seed, numRuns: drawsOn(engine, 12) })(
      "equals its twin and its reference, with their gradients",
      async (use) => {
        const inputs = inputsOf(use);
        const actual = await valueAndGradients(use.compute, use, inputs);
        await expectTwins(use, inputs, actual);
        const [value = new Float32Array(), ...gradients] = actual;
        const exact = use.reference(...inputs.map((values) => Float64Array.from(values)));
        const rounding = { ...roundingOf(use, inputs), whole: [exact, ...gradients] };
        await expectEqualPart(value, exact, { ...rounding, index: 0, what: "the value, in float64" });
        for (const [input, gradient] of gradients.entries()) {
          const indices = someIndices(gradient.length, 5);
          const grads = indices.map((position) => referenceGradient(use, inputs, { input, position }));
          const entries = indices.map((position) => gradient[position] ?? 0);
          const what = `some slopes of input ${input}`;
          await expectEqualPart(entries, grads, { ...rounding, index: input + 1, what });
        }
      },
    );
  });
});

// Plain JavaScript has no pieces, and needs long for them; so do emulated graphics, and wasm in a page is wasm in Node.
describe.each(isPage ? [] : testEngines("wasm", "native"))("on %s", (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(everyOperation)("$name", ({ large }) => {
    it("equals its twin at sizes at which work is cut into pieces", async () => {
      for (const use of large) {
        const inputs = inputsOf(use);
        await expectTwins(use, inputs, await valueAndGradients(use.compute, use, inputs));
      }
    });
  });
});

async function expectTwins(use: OperationUse, inputs: readonly Float32Array[], actual: readonly Float32Array[]) {
  await expectEqualResults(actual, await valueAndGradients(use.twin, use, inputs), roundingOf(use, inputs));
}

function roundingOf(use: OperationUse, inputs: readonly Float32Array[]) {
  return {
    terms: use.terms?.(...inputs),
    nearby: () => valueAndGradients(use.twin, use, inputs.map(nearbyInput)),
  };
}
