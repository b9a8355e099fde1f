// The parts of an attached adapter for engines that compute a product and its LoRA matrices together.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { LinearSite } from "@lowrank/engine/hook-points";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import type { AdapterHandle } from "../handle/adapter-handle.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { injectAdapter } from "./inject-adapter.ts";

const handles: AdapterHandle[] = [];
const sites: LinearSite[] = [];
afterEach(() => {
  for (const handle of handles.splice(0)) handle.dispose();
  for (const site of sites.splice(0)) site.dispose();
});

/** One linear layer with an adapter named after its only text. */
function adapted(options: Partial<LoraConfig> = {}): LinearSite {
  const site = new LinearSite({ path: "q_proj", inFeatures: 4, outFeatures: 3, bias: false });
  for (const slot of site.slots) slot.fill(tf.ones([...slot.shape]));
  const model = { sites: () => [site], parameters: () => [] };
  const config = createLoraConfig({ rank: 2, alpha: 6, init: false, targetModules: ["q_proj"], ...options });
  handles.push(injectAdapter(model, planInjection(model, config), { name: "one", seed: 1 }));
  sites.push(site);
  return site;
}

const withWeight = (weight: number) => inferenceContext({ kind: "active", adapters: [{ name: "one", weight }] });

describe("plain A and B that were injected", () => {
  it("is a branch of its site, times its scale and the adapter's weight", () => {
    const [branch] = adapted().lowRankParts(withWeight(0.5))?.branches ?? [];
    expect([branch?.a.shape, branch?.b.shape, branch?.scale]).toEqual([[4, 2], [2, 3], 1.5]);
  });

  it("refuses a weight that is not finite, like the place where it is applied", () => {
    const site = adapted();
    expect(() => site.lowRankParts(withWeight(Number.NaN))).toThrow("NaN");
  });

  it("is no branch if nothing selects it", () => {
    expect(adapted().lowRankParts(inferenceContext(activeAdapters("other")))?.branches).toEqual([]);
  });
});

describe("DoRA that was injected", () => {
  it("does not count as plain A and B", () => {
    expect(adapted({ useDora: true }).lowRankParts(withWeight(1))).toBeUndefined();
  });
});
