import { activeAdapters, adapterRows, type ForwardContext, inferenceContext, type Site } from "@lowrank/contracts";
import type { Adaptation, TokenPositions } from "@lowrank/contracts/internal";
import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useTestEngine } from "../../test/test-engines.ts";
import { AdaptationSlots } from "./adaptation-slots.ts";

const site: Site = {
  kind: "linear",
  path: "h.0.fc",
  role: "body",
  inFeatures: 2,
  outFeatures: 2,
  hasBias: false,
  fanInFanOut: false,
  attach: () => () => undefined,
  applyBase: (input) => tf.clone(input),
  readWeight: () => tf.zeros([2, 2]),
  replaceWeight: () => () => undefined,
};

/** Multiplies the output by `factor` and adds the input: order and rows both show. */
function marked(factor: number): Adaptation {
  return { variables: [], apply: ({ input, output, weight }) => tf.add(tf.mul(output, factor * weight), input) };
}

async function applied(slots: AdaptationSlots, context: ForwardContext): Promise<number[]> {
  const [input, output] = [
    tf.tensor2d([
      [1, 1],
      [2, 2],
      [3, 3],
    ]),
    tf.ones([3, 2]),
  ];
  const result = slots.apply({ input, output, site, context });
  const values = [...(await result.data())].filter((_, index) => index % 2 === 0);
  tf.dispose([input, output, result]);
  return values;
}

function placesOf(states: readonly number[]): TokenPositions {
  return {
    count: states.length,
    since: () => Float32Array.from(states),
    pick: (some) => placesOf(some.map((state) => states[state] ?? -1)),
  };
}

beforeAll(useTestEngine);

describe("AdaptationSlots", () => {
  it("passes the positions of its own rows' states to each adapter", async () => {
    const slots = new AdaptationSlots();
    const seen = new Map<string, number[]>();
    for (const name of ["one", "two"]) {
      slots.attach(name, {
        variables: [],
        apply: ({ output, context }) => {
          seen.set(name, [...(context.tokenPositions?.since([7]) ?? [])]);
          return tf.clone(output);
        },
      });
    }
    // Two states a row; each tells its own number.
    const tokenPositions = placesOf([0, 1, 2, 3, 4, 5]);
    const context = { ...inferenceContext(adapterRows(["two", "one", "two"])), tokenPositions };
    const [input, output] = [tf.ones([3, 2, 2]), tf.ones([3, 2, 2])];
    tf.dispose([slots.apply({ input, output, site, context }), input, output]);
    expect([...seen]).toEqual([
      ["two", [0, 1, 4, 5]],
      ["one", [2, 3]],
    ]);
  });

  it("applies an active set in the order of the selection", async () => {
    const slots = new AdaptationSlots();
    slots.attach("ten", marked(10));
    slots.attach("two", marked(2));
    expect(await applied(slots, inferenceContext(activeAdapters("ten", "two")))).toEqual([23, 26, 29]);
    expect(await applied(slots, inferenceContext(activeAdapters("two", "ten")))).toEqual([31, 42, 53]);
  });

  it("multiplies by the weight of the active adapter", async () => {
    const slots = new AdaptationSlots();
    slots.attach("ten", marked(10));
    const selection = { kind: "active", adapters: [{ name: "ten", weight: 0.5 }] } as const;
    expect(await applied(slots, inferenceContext(selection))).toEqual([6, 7, 8]);
  });

  it("uses each row's own adapter and the base for the others, in order", async () => {
    const slots = new AdaptationSlots();
    slots.attach("ten", marked(10));
    slots.attach("two", marked(2));
    const rows = (...names: (string | null)[]) => applied(slots, inferenceContext(adapterRows(names)));
    expect(await rows("two", null, "ten")).toEqual([3, 1, 13]);
    expect(await rows("ten", "two", "ten")).toEqual([11, 4, 13]);
    expect(await rows(null, null, "elsewhere")).toEqual([1, 1, 1]);
  });

  it("is open only for adapters that are selected and attached", () => {
    const slots = new AdaptationSlots();
    const detach = slots.attach("ten", marked(10));
    const isAdapted = (...names: string[]) => slots.isAdapted(inferenceContext(activeAdapters(...names)));
    expect([isAdapted(), isAdapted("other"), isAdapted("other", "ten")]).toEqual([false, false, true]);
    expect(slots.isAdapted(inferenceContext(adapterRows([null, "ten"])))).toBe(true);
    detach();
    detach();
    expect(isAdapted("ten")).toBe(false);
    expect(slots.names).toEqual([]);
  });

  it("returns a new handle even if nothing acts, and leaks nothing", async () => {
    const slots = new AdaptationSlots();
    slots.attach("ten", marked(10));
    await expectNoLeak(() => applied(slots, inferenceContext()));
    await expectNoLeak(() => applied(slots, inferenceContext(activeAdapters("ten"))));
    await expectNoLeak(() => applied(slots, inferenceContext(adapterRows(["ten", null, "ten"]))));
  });

  it("refuses a selection with another number of rows than the batch", async () => {
    const slots = new AdaptationSlots();
    slots.attach("ten", marked(10));
    await expect(applied(slots, inferenceContext(adapterRows(["ten"])))).rejects.toThrow(
      expect.objectContaining({ code: "ROW_COUNT_MISMATCH" }),
    );
  });
});
