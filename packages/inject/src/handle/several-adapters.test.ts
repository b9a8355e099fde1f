// Adapters side by side on one model: found by name, weighed, and refused where a weight is no number.

import { createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, inferenceContext, LowrankError } from "@lowrank/contracts";
import { OverridableParameter } from "@lowrank/engine/hook-points";
import { createLora } from "@lowrank/math";
import { expectClose, HandMadeModel } from "@lowrank/testing";
import type { conflictingAdaptersError } from "../errors/errors.ts";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logits } from "../../test/initialized-model.ts";
import { adaptParameter } from "../adapted/adapted-parameter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";

import { planInjection } from "../plan/plan-injection.ts";
import { type PlannedRawParameter, partsOf } from "../planned/planned-parts.ts";
import { adapterNames, findAdapter } from "./attached-adapters.ts";
import { checkSelection } from "./check-selection.ts";
import { weightedAdapters } from "./weighted-adapters.ts";

let model: HandMadeModel;
beforeEach(() => {
  model = new HandMadeModel();
});
afterEach(() => {
  for (const name of adapterNames(model)) findAdapter(model, name).dispose();
  model.dispose();
});

const attach = (name: string, options: Partial<LoraConfig> = {}) => {
  const config = createLoraConfig({ rank: 2, init: false, targetModules: ["q_proj", "lm_head"], ...options });
  return injectAdapter(model, planInjection(model, config), { name, seed: name.length });
};

describe("adapters by name", () => {
  it("are listed in the order in which they were attached, and found", () => {
    const handles = [attach("b"), attach("aa")];
    expect(adapterNames(model)).toEqual(["b", "aa"]);
    expect(handles.map(({ name }) => findAdapter(model, name))).toEqual(handles);
  });

  it("are gone once they were detached or deleted, and a name is free again", () => {
    const one = attach("one");
    findAdapter(model, "one").detach();
    expect(adapterNames(model)).toEqual([]);
    one.attach();
    findAdapter(model, "one").dispose();
    expect(adapterNames(model)).toEqual([]);
    attach("one");
  });

  it("unknown names cause an error that lists the known ones", () => {
    expect(() => findAdapter(model, "one")).toThrow("No adapter is attached");
    attach("one");
    attach("three");
    expect(() => findAdapter(model, "two")).toThrow(expect.objectContaining({ code: "ADAPTER_NOT_FOUND" }));
    expect(() => findAdapter(model, "two")).toThrow('Attached are "one", "three"');
  });

  it("belong to their model only", () => {
    attach("one");
    const other = new HandMadeModel();
    expect(adapterNames(other)).toEqual([]);
    other.dispose();
  });
});

describe("weights", () => {
  it("multiply each adapter's effect", () => {
    attach("one");
    const [base, full] = [logits(model), logits(model, inferenceContext(activeAdapters("one")))];
    const twice = logits(model, inferenceContext(weightedAdapters({ one: 1 })));
    expect(twice).toEqual(full);
    expectClose(logits(model, inferenceContext(weightedAdapters({ one: 0 }))), base, 1e-6);
  });

  it("select the adapters in the order given", () => {
    expect(weightedAdapters({ b: 1, a: 0.5 })).toEqual({
      kind: "active",
      adapters: [
        { name: "b", weight: 1 },
        { name: "a", weight: 0.5 },
      ],
    });
  });

  it("that are no finite numbers are refused, all of them at once", () => {
    const select = () => weightedAdapters({ a: Number.NaN, b: 1, c: Number.POSITIVE_INFINITY });
    expect(select).toThrow(expect.objectContaining({ code: "INVALID_WEIGHT" }));
    expect(select).toThrow(/"a": NaN.*"c": Infinity/s);
  });

  it.each([
    ["LoRA", {}],
    ["DoRA", { useDora: true }],
    ["an embedding", { targetModules: ["embed_tokens"] }],
    ["rows of a table", { trainableTokenIndices: [1], targetModules: ["up_proj"] }],
  ] satisfies [string, Partial<LoraConfig>][])("are refused in a selection made by hand, too: %s", (_, options) => {
    attach("one", options);
    const adapters = [{ name: "one", weight: Number.NaN }];
    expect(() => logits(model, inferenceContext({ kind: "active", adapters }))).toThrow(
      expect.objectContaining({ code: "INVALID_WEIGHT" }),
    );
  });

  it("are refused in a selection made by hand, too: a raw parameter", () => {
    const config = createLoraConfig({ rank: 2, targetModules: [], targetParameters: ["classifier.weight"] });
    const [planned] = partsOf(planInjection(model, config), "raw-parameter") as [PlannedRawParameter];
    const parameter = new OverridableParameter({ path: planned.path, tensor: tf.zeros([...planned.shape]) });
    const { path, inFeatures, outFeatures, rank, experts } = planned;
    const lora = createLora({ inFeatures, outFeatures, rank, experts, key: { seed: 7, path }, name: "raw" });
    const adapted = adaptParameter(planned, parameter, lora);
    adapted.attach({ name: "one", checkCall: (context) => checkSelection(model, context, undefined) });
    const adapters = [{ name: "one", weight: Number.NaN }];
    const value = () => tf.tidy(() => parameter.value(inferenceContext({ kind: "active", adapters })).dataSync());
    expect(value).toThrow(expect.objectContaining({ code: "INVALID_WEIGHT" }));
    adapted.dispose();
    parameter.dispose();
  });

  it("are not needed in a batch that is mixed by row", () => {
    attach("one");
    const mixed = logits(model, inferenceContext(adapterRows(["one", null])));
    const [one, base] = [logits(model, inferenceContext(activeAdapters("one"))), logits(model)];
    expectClose(mixed, [...one.slice(0, one.length / 2), ...base.slice(base.length / 2)], 1e-6);
  });

  it("as scales of a handle are refused before anything changes", () => {
    const handle = attach("one");
    const before = logits(model, inferenceContext(activeAdapters("one")));
    expect(() => handle.setScale(Number.NaN)).toThrow(expect.objectContaining({ code: "INVALID_SETTING" }));
    expect(handle.scale).toBe(1);
    expect(logits(model, inferenceContext(activeAdapters("one")))).toEqual(before);
  });
});

describe("adapters with their own values for the same weight", () => {
  const both = inferenceContext(activeAdapters("one", "two"));
  const saving = { modulesToSave: ["classifier"], bias: "all" } as const;
  const conflictsOf = (context = both) => {
    try {
      logits(model, context);
    } catch (error) {
      if (LowrankError.isInstance<ReturnType<typeof conflictingAdaptersError>>(error, "CONFLICTING_ADAPTERS"))
        return error.conflicts;
      throw error;
    }
    return [];
  };

  it("are refused together, with every weight, in any order", () => {
    const [one, two] = [attach("one", saving), attach("two", saving)];
    const biases = [0, 1].map((layer) => `model.layers.${layer}.self_attn.q_proj.bias`);
    const paths = [...biases, "classifier.weight", "classifier.bias"];
    expect(conflictsOf()).toEqual([]); // both are the base's as yet
    expect(conflictsOf({ ...both, training: true }).length).toBe(paths.length);
    for (const { variable } of [...partsOf(one, "whole-parameter"), ...partsOf(two, "whole-parameter")])
      tf.tidy(() =>
        variable.assign(tf.add(variable, variable === partsOf(two, "whole-parameter").at(-1)?.variable ? 2 : 1)),
      );
    expect(conflictsOf()).toEqual([{ path: "classifier.bias", adapterNames: ["one", "two"] }]);
    for (const { variable } of partsOf(two, "whole-parameter")) tf.tidy(() => variable.assign(tf.add(variable, 1)));
    for (const names of [
      ["one", "two"],
      ["two", "one"],
    ])
      expect(conflictsOf(inferenceContext(activeAdapters(...names)))).toEqual(
        paths.map((path) => ({ path, adapterNames: names })),
      );
    expect(() => logits(model, both)).toThrow(/"classifier.weight": "one", "two"/);
  });

  it("act one by one, and side by side in a batch mixed by row", () => {
    attach("one", { trainableTokenIndices: [1, 2] });
    const [rows] = partsOf(attach("two", { trainableTokenIndices: [2, 3] }), "token-rows");
    expect(conflictsOf()).toEqual([]); // row 2 is the base's in both
    tf.tidy(() => rows?.variable.assign(tf.add(rows.variable, 1)));
    expect(conflictsOf()).toEqual([{ path: "model.embed_tokens.weight", adapterNames: ["one", "two"] }]);
    const [one, two] = ["one", "two"].map((name) => logits(model, inferenceContext(activeAdapters(name))));
    const mixed = logits(model, inferenceContext(adapterRows(["one", "two"])));
    expectClose(mixed, [...one!.slice(0, one!.length / 2), ...two!.slice(two!.length / 2)], 1e-6);
  });

  it("do not exist if one adapter has no values of its own, or if the rows differ", () => {
    const one = attach("one", saving);
    attach("two");
    logits(model, both);
    one.dispose();
    attach("one", { trainableTokenIndices: [1, 2] });
    attach("three", { trainableTokenIndices: [3, 4] });
    const selections = [
      ["one", "three"],
      ["three", "one"],
    ].map((names) => logits(model, inferenceContext(activeAdapters(...names))));
    expectClose(selections[0]!, selections[1]!, 1e-6);
  });
});
