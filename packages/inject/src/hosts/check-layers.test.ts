import { createLoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";

import { planInjection } from "../plan/plan-injection.ts";
import { countParameters } from "./count-parameters.ts";

const replicating = createLoraConfig({
  layerReplication: [
    [0, 1],
    [0, 1],
  ],
  targetModules: ["q_proj"],
});

/** A model whose two layers repeat the first of a base. */
function repeated(base: HandMadeModel): AdaptableModel {
  return { sites: () => base.sites(), parameters: () => base.parameters(), layerOrder: [0, 0] };
}

describe("layer_replication", () => {
  it("is planned on a model that repeats exactly these layers, with A and B for each repetition", () => {
    const base = new HandMadeModel();
    const { parts, config } = planInjection(repeated(base), replicating);
    expect(parts.map(({ path }) => path)).toEqual([
      "model.layers.0.self_attn.q_proj",
      "model.layers.1.self_attn.q_proj",
    ]);
    expect(config.layerReplication).toEqual([
      [0, 1],
      [0, 1],
    ]);
    base.dispose();
  });

  it("is refused on a model with other layers, and so is an adapter without it on repeated ones", () => {
    const base = new HandMadeModel();
    const plain = { ...replicating, layerReplication: null };
    expect(() => planInjection(base, replicating)).toThrow(expect.objectContaining({ code: "LAYER_REPLICATION" }));
    expect(() => planInjection(base, replicating)).toThrow(/layer_replication.*layers 0, 0.*withLayers/s);
    expect(() => planInjection(repeated(base), plain)).toThrow(expect.objectContaining({ code: "LAYER_REPLICATION" }));
    base.dispose();
  });

  it("counts shared weights once", () => {
    const base = new HandMadeModel();
    const ofLayer = (layer: number) =>
      countParameters({
        sites: () => base.sites().filter(({ path }) => path.includes(`.${layer}.`)),
        parameters: () => base.parameters().filter(({ path }) => path.includes(`.${layer}.`)),
      });
    expect(countParameters(repeated(base))).toBe(countParameters(base) - ofLayer(1));
    base.dispose();
  });
});
