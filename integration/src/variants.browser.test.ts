// Invariant 24 in a page: outputs and gradients of every kind of adapter on WebGPU as on plain JavaScript.

/// <reference types="vite/types/importMeta.d.ts" />

import { activeAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { describe, it } from "vitest";
import { expectNear } from "./invariants/adapters.ts";
import { gradientsOf } from "./invariants/runs.ts";
import { withSubject } from "./invariants/subjects.ts";
import { moved, type Variant, variants } from "./invariants/variants.ts";

describe.skipIf(import.meta.env.LOWRANK_TEST_ENGINES !== "webgpu")("24. cpu and webgpu give the same numbers", () => {
  it.each(variants)("$name", async (variant) => {
    const expected = await resultsOn("cpu", variant);
    const found = await resultsOn("webgpu", variant);
    for (const [key, values] of expected) expectNear(found.get(key)!, values);
  });
});

/** The logits, and the gradient of each of the adapter's variables. */
async function resultsOn(engine: "cpu" | "webgpu", variant: Variant): Promise<ReadonlyMap<string, Float32Array>> {
  await chooseEngine({ order: [engine], environment: {} });
  const results = new Map<string, Float32Array>();
  await withSubject(variant.subject, (subject) => {
    const handle = moved(subject, variant);
    const call = { adapters: activeAdapters("default") };
    results.set("logits", subject.logits(call));
    for (const [name, gradient] of gradientsOf(handle, () => subject.loss(call))) results.set(name, gradient);
    handle.dispose();
  });
  return results;
}
