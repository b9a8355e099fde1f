// NaN and infinities, in an input or in what is not differentiated: they go through every operation and its gradients as
// through its twin, and the same way on every engine.

import { fc, it as property } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, vi } from "vitest";
import { onEachBackend } from "../../test/compare-with-twin.ts";
import { everyOperation } from "../../test/operations/every-operation.ts";
import { at } from "../../test/operations/float64.ts";
import type { OperationUse } from "../../test/operations/operation-case.ts";
import { computedValue, inputsOf, valueAndGradients } from "../../test/operations/run-use.ts";
import { drawsOn, isGraphics, useEngine } from "../../test/test-engines.ts";

vi.setConfig({ testTimeout: 120_000 });

/** The index of the entry to replace, counted over inputs and constants that have any, and the new value. */
interface Spoil {
  readonly array: number;
  readonly position: number;
  readonly value: number;
}

const spoilt: fc.Arbitrary<Spoil> = fc.record({
  array: fc.nat(),
  position: fc.nat(),
  value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
});

onEachBackend((engine) => {
  const settings = { seed: 20_261_125, numRuns: drawsOn(engine, 8) };

  describe.each(everyOperation)("$name", ({ uses }) => {
    if (isGraphics(engine)) {
      // Shaders may assume finite numbers (WGSL, "Differences from IEEE-754"): the GPU decides what NaN and infinities
      // become, and how far they spread. But none may become a number.
      property.prop([uses, spoilt], settings)("makes no number of NaN and infinities", async (use, spoil) => {
        const inputs = spoiled(use, spoil);
        const actual = await computedValue(use.compute, use, inputs);
        const exact = use.reference(...inputs.map((values) => Float64Array.from(values)));
        expect(
          [...actual].filter((value, position) => Number.isFinite(value) && !Number.isFinite(exact[position])),
        ).toEqual([]);
      });
      return;
    }

    beforeAll(async () => {
      await useEngine("cpu");
      await useEngine(engine);
    });

    const title = "passes NaN and infinities on as its twin and plain JavaScript do";
    property.prop([uses, spoilt], settings)(title, async (use, spoil) => {
      const inputs = spoiled(use, spoil);
      const actual = kindsOf(await valueAndGradients(use.compute, use, inputs));
      const expected = kindsOf(await valueAndGradients(use.twin, use, inputs));
      expect(use.keepsInfinities === undefined ? actual : withoutKept(actual, expected)).toEqual(expected);
      if (engine === "cpu") return;
      const current = tf.getBackend();
      tf.setBackend("cpu");
      const onCpu = kindsOf(await valueAndGradients(use.compute, use, inputs));
      tf.setBackend(current);
      expect(actual).toEqual(onCpu);
    });
  });
});

/** The inputs with one entry replaced, or with one of the constants replaced. */
function spoiled(use: OperationUse, { array, position, value }: Spoil): Float32Array[] {
  const inputs = inputsOf(use);
  const arrays = [...inputs, ...(use.constants ?? [])].filter(({ length }) => length > 0);
  const values = arrays[array % arrays.length];
  if (values !== undefined) values[position % values.length] = value;
  return inputs;
}

type Kinds = readonly (readonly string[])[];

function kindsOf(results: readonly Float32Array[]): Kinds {
  return results.map((values) => [...values].map(kindOf));
}

function kindOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? "finite" : String(value);
}

/** The kinds, but NaN for infinite gradients where it is expected. */
function withoutKept(actual: Kinds, expected: Kinds): Kinds {
  return actual.map((kinds, index) =>
    kinds.map((kind, position) => {
      const isKept = index > 0 && kind.endsWith("Infinity") && at(expected[index] ?? [], position) === "NaN";
      return isKept ? "NaN" : kind;
    }),
  );
}
