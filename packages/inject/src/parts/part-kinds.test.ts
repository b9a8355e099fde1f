// Every kind of part has the same order in files, in a plan and in a handle, and reads the tensors that it writes.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { injectAdapter } from "../attach/inject-adapter.ts";

import { planInjection } from "../plan/plan-injection.ts";
import { tensorsFor } from "./part-kinds.ts";

let model: HandMadeModel;
beforeEach(() => {
  model = new HandMadeModel({ tiedHead: true });
});
afterEach(() => model.dispose());

const plan = (options: Partial<LoraConfig>) => planInjection(model, createLoraConfig({ rank: 2, ...options }));

const cases: readonly (readonly [Partial<LoraConfig>, readonly string[]])[] = [
  [{ targetModules: ["0.self_attn.q_proj"], loraBias: true }, ["site"]],
  [{ targetModules: ["embed_tokens"], ensureWeightTying: true, useDora: true }, ["site", "tied-site"]],
  [
    {
      targetModules: ["0.self_attn.q_proj"],
      targetParameters: ["classifier.weight"],
      trainableTokenIndices: [2, 3],
      bias: "lora_only",
    },
    ["site", "raw-parameter", "token-rows", "whole-parameter"],
  ],
  [{ targetModules: ["0.self_attn.q_proj"], modulesToSave: ["classifier"] }, ["site", "whole-parameter"]],
];

describe.each(cases)("the parts of %j", (options, kinds) => {
  it("are in the order of files, in the plan and in the handle", () => {
    const planned = plan(options);
    expect([...new Set(planned.parts.map(({ part }) => part))]).toEqual(kinds);
    const handle = injectAdapter(model, planned, { seed: 7 });
    expect(handle.parts.map(({ part }) => part)).toEqual(planned.parts.map(({ part }) => part));
    handle.dispose();
  });

  it("write just the tensors, of just the shapes, that they need in a file", async () => {
    const planned = plan(options);
    const handle = injectAdapter(model, planned, { seed: 7 });
    const { tensors } = await handle.toAdapter({ saveEmbeddingLayers: false });
    handle.dispose();
    const written = [...tensors].map(([key, { shape }]): [string, readonly number[]] => [key, [...shape]]);
    expect(new Map(written)).toEqual(tensorsFor(planned.parts));
  });

  it("are all refused, and nothing is made, if the model lacks the hook point of one", () => {
    const { parts, ...rest } = plan(options);
    const { numTensors } = tf.memory();
    for (const part of parts) {
      const path = `${part.path}.elsewhere`;
      const moved = parts.map((one) => (one === part ? { ...one, path } : one));
      expect(() => injectAdapter(model, { ...rest, parts: moved }, { seed: 7 })).toThrow(
        expect.objectContaining({ code: "STALE_PLAN" }),
      );
      expect(() => injectAdapter(model, { ...rest, parts: moved }, { seed: 7 })).toThrow(path);
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
