// Every operation of the table, on every engine, at drawn sizes: against its twin of plain operations, against a float64
// reference and the central differences of it, and with NaN and infinities.

import { fc, it as property } from "@fast-check/vitest";
import { expectClose, largestMagnitude } from "@lowrank/testing";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";
import { everyOperation } from "../../test/operations/every-operation.ts";
import type { OperationUse } from "../../test/operations/operation-case.ts";
import {
  computedValue,
  inputsOf,
  referenceSlope,
  somePlaces,
  valueAndGradients,
} from "../../test/operations/run-use.ts";
import { drawsOn, isGraphics, isPage, testEngines, useEngine } from "../../test/test-engines.ts";

/** 1e-5 of the largest entry; but where larger numbers cancel, what is left carries their rounding. */
const toleranceFor = (values: ArrayLike<number>) => 1e-5 * Math.max(largestMagnitude(values), 0.1);
const seed = 20_261_125;

// On a busy machine every parallel part of a native call waits until all its threads have been given a processor.
vi.setConfig({ testTimeout: 120_000 });

onEachBackend((engine) => {
  const settings = { seed, numRuns: drawsOn(engine, 12) };

  describe.each(everyOperation)("$name", ({ uses }) => {
    property.prop([uses], settings)("equals its twin and its reference, with their gradients", async (use) => {
      const inputs = inputsOf(use);
      const actual = await valueAndGradients(use.compute, use, inputs);
      expectEqual(actual, await valueAndGradients(use.twin, use, inputs));
      const [value = new Float32Array(), ...gradients] = actual;
      const exact = use.reference(...inputs.map((values) => Float64Array.from(values)));
      expectClose(value, exact, toleranceFor(exact), "the value, in float64");
      for (const [input, gradient] of gradients.entries()) {
        const places = somePlaces(gradient.length, 5);
        const slopes = places.map((place) => referenceSlope(use, inputs, { input, place }));
        const bound = toleranceFor(gradient);
        expectClose(
          places.map((place) => gradient[place] ?? 0),
          slopes,
          bound,
          `some slopes of input ${input}`,
        );
      }
    });

    const spoilt = fc.record({
      input: fc.nat(),
      place: fc.nat(),
      value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    });
    if (isGraphics(engine)) {
      // Shaders may take every number for finite (WGSL, "Differences from IEEE-754"): what comes out of NaN and infinities, and
      // how far they spread, is left to the card. But none may become a number.
      property.prop([uses, spoilt], settings)("makes no number of NaN and infinities", async (use, spoil) => {
        const inputs = spoiled(use, spoil);
        const actual = await computedValue(use.compute, use, inputs);
        const exact = use.reference(...inputs.map((values) => Float64Array.from(values)));
        expect([...actual].filter((value, place) => Number.isFinite(value) && !Number.isFinite(exact[place]))).toEqual(
          [],
        );
      });
      return;
    }

    property.prop([uses, spoilt], settings)("passes NaN and infinities on as its twin does", async (use, spoil) => {
      const inputs = spoiled(use, spoil);
      const [actual, expected] = [
        await computedValue(use.compute, use, inputs),
        await computedValue(use.twin, use, inputs),
      ];
      expect([...actual].map(kindOf)).toEqual([...expected].map(kindOf));
    });
  });
});

// Plain JavaScript has no pieces, and needs long for them; so do emulated graphics, and wasm in a page is wasm in Node.
describe.each(isPage ? [] : testEngines("wasm", "native"))("on %s", (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(everyOperation)("$name", ({ large }) => {
    it("equals its twin at sizes at which work is cut into pieces", async () => {
      for (const use of large) {
        const inputs = inputsOf(use);
        expectEqual(await valueAndGradients(use.compute, use, inputs), await valueAndGradients(use.twin, use, inputs));
      }
    });
  });
});

function expectEqual(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  for (const [index, values] of expected.entries()) {
    const what = index === 0 ? "value" : `gradient of input ${index - 1}`;
    expectClose(actual[index] ?? [], values, toleranceFor(values), what);
  }
}

/** The inputs with one entry replaced. */
function spoiled(use: OperationUse, { input, place, value }: { input: number; place: number; value: number }) {
  const inputs = inputsOf(use);
  const values = inputs[input % inputs.length];
  if (values !== undefined && values.length > 0) values[place % values.length] = value;
  return inputs;
}

function kindOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? "finite" : String(value);
}
