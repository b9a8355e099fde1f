// Whatever is wrong with an adapter or a configuration is said in one error, and nothing changes.

import { type Adapter, createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { LowrankError } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import type { severalProblemsError } from "../errors/errors.ts";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { AdapterMismatchError } from "../errors/mismatch-errors.ts";
import { baseFingerprintKey } from "../handle/base-fingerprint.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { attachAdapter } from "./attach-adapter.ts";
import { injectAdapter } from "./inject-adapter.ts";

let model: HandMadeModel;
beforeEach(() => {
  model = new HandMadeModel();
});
afterEach(() => model.dispose());

/** The error of a call, which must leave no tensor and no attached hook. */
function thrownBy(call: () => unknown): LowrankError {
  const before = tf.memory().numTensors;
  try {
    call();
  } catch (error) {
    expect(tf.memory().numTensors).toBe(before);
    expect(model.sites().flatMap(({ attached }) => attached)).toEqual([]);
    if (error instanceof LowrankError) return error;
    throw error;
  }
  throw new Error("Nothing was refused.");
}

const errorsOf = (error: LowrankError) =>
  LowrankError.isInstance<ReturnType<typeof severalProblemsError>>(error, "SEVERAL_PROBLEMS") ? error.errors : [error];
const codesOf = (error: LowrankError) => errorsOf(error).map(({ code }) => code);

describe("planning", () => {
  const refused = (options: Partial<LoraConfig>) => thrownBy(() => planInjection(model, createLoraConfig(options)));

  it("refuses targets, saved modules and tokens in one error", () => {
    const error = refused({
      targetModules: ["qproj"],
      modulesToSave: ["clasifier"],
      trainableTokenIndices: new Map([
        ["embed_token", [1]],
        ["embed_tokens", [40]],
      ]),
    });
    expect(codesOf(error)).toEqual(["NOTHING_MATCHED", "SAVED_MODULE_NOT_FOUND", "UNSUPPORTED_SITE"]);
    for (const part of ["3 problems", "Did you mean q_proj", '"clasifier", "embed_token"', '"classifier"', "names 40"])
      expect(error.message).toContain(part);
  });

  it("names unsupported features together with every unsupported pattern", () => {
    const error = refused({
      targetModules: "q(?=_proj)",
      rankPattern: new Map([["\\p{L}", 2]]),
      alphaPattern: new Map([["(a)\\1", 2]]),
      arrowConfig: {},
    });
    expect(codesOf(error)).toEqual([
      "UNSUPPORTED_FEATURES",
      "UNSUPPORTED_PATTERN",
      "UNSUPPORTED_PATTERN",
      "UNSUPPORTED_PATTERN",
    ]);
  });

  it("names an unmatched target among others only in an error", () => {
    const names = { targetModules: ["q_proj", "up_porj"] };
    expect(planInjection(model, createLoraConfig(names)).warnings[0]?.message).toContain("Did you mean up_proj");
    const error = refused({ ...names, modulesToSave: ["clasifier"] });
    expect(codesOf(error)).toEqual(["NOTHING_MATCHED", "SAVED_MODULE_NOT_FOUND"]);
    expect(error.message).toContain("Did you mean up_proj");
  });

  it("lists all sites that cannot be adapted together, whatever refuses them", () => {
    const error = refused({
      targetModules: ["embed_tokens", "q_proj"],
      loraBias: true,
      targetParameters: ["classifier.bias"],
      trainableTokenIndices: [1],
    });
    expect(error).toMatchObject({ code: "UNSUPPORTED_SITE" });
    const paths = ["model.embed_tokens", "classifier.bias", "model.embed_tokens"];
    expect(error).toMatchObject({ sites: paths.map((path) => ({ path })) });
  });

  it("throws a single refusal as it is", () => {
    expect(refused({ targetModules: ["qproj"] })).toMatchObject({ code: "NOTHING_MATCHED" });
  });
});

describe("attaching", () => {
  const config = createLoraConfig({
    rank: 4,
    targetModules: ["q_proj", "embed_tokens"],
    modulesToSave: ["classifier"],
  });
  const [q0, q1] = [0, 1].map((layer) => `model.layers.${layer}.self_attn.q_proj`);

  const make = async (on = model, options: Partial<LoraConfig> = {}): Promise<Adapter> => {
    const handle = injectAdapter(on, planInjection(on, { ...config, ...options }), { seed: 7 });
    const adapter = await handle.toAdapter();
    handle.dispose();
    return adapter;
  };
  const changed = (adapter: Adapter, tensors: Readonly<Record<string, number[] | null>>): Adapter => {
    const all = new Map(adapter.tensors);
    for (const [key, shape] of Object.entries(tensors)) {
      if (shape === null) all.delete(key);
      else all.set(key, { shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) });
    }
    return { ...adapter, tensors: all };
  };
  const withValue = (adapter: Adapter, key: string, value: number): Adapter => {
    const { shape, values } = adapter.tensors.get(key)!;
    return { ...adapter, tensors: new Map([...adapter.tensors, [key, { shape, values: values.map(() => value) }]]) };
  };
  const refused = (adapter: Adapter, options: Parameters<typeof attachAdapter>[2] = {}) =>
    thrownBy(() => attachAdapter(model, adapter, options));
  const problemsOf = (error: LowrankError) => (error instanceof AdapterMismatchError ? error.problems : []);

  it("calls a wrong rank a wrong rank, and not another base", async () => {
    const adapter = await make();
    const error = refused({ ...adapter, config: { ...adapter.config, rank: 7 } });
    expect(error.code).toBe("ADAPTER_MISMATCH");
    expect(problemsOf(error).map(({ kind }) => kind)).toEqual(Array(6).fill("rank"));
    expect(problemsOf(error)[0]).toMatchObject({ key: "model.embed_tokens.lora_embedding_A", got: 4, expected: 7 });
    expect(error.message).toContain("rank 4, but the configuration has 7");
  });

  it("distinguishes a wrong rank from another base's width if both occur", async () => {
    const wide = new HandMadeModel({ width: 10 });
    const adapter = await make(wide, { modulesToSave: null });
    wide.dispose();
    const error = refused({ ...adapter, config: { ...adapter.config, rank: 3 } });
    expect(error).toMatchObject({ code: "ADAPTER_FOR_ANOTHER_BASE" });
    expect(error.message).toContain("width 10; this one: width 6");
    expect(new Set(problemsOf(error).map(({ kind }) => kind))).toEqual(new Set(["rank", "shape"]));
  });

  it("names an A without B, a wrong rank, an unknown path, NaN, a wrong shape and an unknown name at once", async () => {
    const good = await make();
    const broken = changed(withValue(good, `${q1}.lora_A.weight`, Number.NaN), {
      [`${q0}.lora_B.weight`]: null,
      [`${q1}.lora_B.weight`]: [8, 5],
      "model.layers.7.self_attn.q_proj.lora_A.weight": [4, 6],
      "classifier.bias": [4],
      "model.lora_strange": [1],
    });
    const error = refused({
      ...broken,
      config: { ...broken.config, targetModules: ["q_proj", "embed_tokens", "v_porj"] },
    });
    expect(
      problemsOf(error)
        .map(({ kind, key }) => `${kind} ${key}`)
        .sort(),
    ).toEqual([
      `missing ${q0}.lora_B.weight`,
      `non-finite ${q1}.lora_A.weight`,
      `rank ${q1}.lora_B.weight`,
      "shape classifier.bias",
      "unknown-path model.layers.7.self_attn.q_proj.lora_A.weight",
      "unmatched-target target_modules",
      "unsupported model.lora_strange",
    ]);
    expect(error.message).toContain(`has only the other half, ${q0}.lora_A.weight`);
    expect(error.message).toContain(`${q1}.lora_A.weight: NaN at position 0`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses values that are %d, tensor by tensor", async (value) => {
    const adapter = await make();
    const broken = withValue(withValue(adapter, `${q0}.lora_A.weight`, value), "classifier.weight", value);
    expect(problemsOf(refused(broken))).toEqual([
      { kind: "non-finite", key: `${q0}.lora_A.weight`, got: value, position: 0 },
      { kind: "non-finite", key: "classifier.weight", got: value, position: 0 },
    ]);
  });

  it("names the part of a model that is not computed, if tensors adapt it", async () => {
    Object.assign(model, { partsLeftOut: ["vision_tower."] });
    const key = "vision_tower.encoder.layers.0.self_attn.q_proj.lora_A.weight";
    const error = refused(changed(await make(), { [key]: [4, 6] }));
    expect(problemsOf(error)).toMatchObject([{ kind: "unsupported", key }]);
    expect(error.message).toContain(`${key}: "vision_tower" is a part of this model that is not supported`);
  });

  it("names the problems of tensors in addition to targets that match nothing", async () => {
    const adapter = changed(withValue(await make(), "classifier.weight", Number.NaN), {
      "model.layers.7.self_attn.q_proj.lora_A.weight": [4, 6],
    });
    const error = refused({ ...adapter, config: { ...adapter.config, targetModules: ["qproj"] } });
    expect(codesOf(error)).toEqual(["NOTHING_MATCHED", "ADAPTER_MISMATCH"]);
    // The missing sites of the targets' tensors are only a consequence.
    expect(problemsOf(errorsOf(error)[1]!).map(({ kind }) => kind)).toEqual(["unknown-path", "non-finite"]);
  });

  it("lists every difference in addition to another fingerprint and another vocabulary", async () => {
    const larger = new HandMadeModel({ vocabulary: 13 });
    const adapter = changed(await make(larger), { "classifier.bias": [4] });
    larger.dispose();
    const vocabulary = refused(adapter);
    expect(vocabulary).toMatchObject({ code: "ADAPTER_VOCABULARY" });
    expect(vocabulary.message).toContain("model.withVocabulary(13)");
    const keys = ["model.embed_tokens.lora_embedding_A", "classifier.bias"];
    expect(problemsOf(vocabulary).map(({ key }) => key)).toEqual(keys);
    const marked = { ...adapter, metadata: new Map([[baseFingerprintKey, "sha256:aaa"]]) };
    const fingerprint = refused(marked, { baseFingerprint: "sha256:bbb" });
    expect(fingerprint).toMatchObject({ code: "ADAPTER_FOR_ANOTHER_BASE" });
    expect(problemsOf(fingerprint).map(({ key }) => key)).toEqual(keys);
    const allowed = refused(marked, { baseFingerprint: "sha256:bbb", allowDifferentBase: true });
    expect(allowed).toMatchObject({ code: "ADAPTER_VOCABULARY" });
  });

  it("does not refuse tokens that the adapter's own vocabulary has", async () => {
    const larger = new HandMadeModel({ vocabulary: 13 });
    const adapter = await make(larger, { targetModules: ["q_proj", "lm_head"], trainableTokenIndices: [12] });
    larger.dispose();
    expect(refused(adapter).code).toBe("ADAPTER_VOCABULARY");
  });

  it("shows an example of each kind if the list is truncated", async () => {
    const adapter = await make();
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x.${index}.lora_A.weight`, [4, 6]]));
    const { message } = refused(changed(withValue(adapter, "classifier.weight", Number.NaN), many));
    expect(message).toContain("classifier.weight: NaN");
    expect(message).toContain("and 29 more");
  });
});
