// A vocabulary that is resized, across packages: what an adapter's file says of it, and what becomes of it elsewhere.

import { type Adapter, createLoraConfig, type LoraConfig, readAdapter, writeAdapter } from "@lowrank/adapter-format";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter, injectAdapter, planInjection } from "@lowrank/inject";
import { UnsupportedSiteError, VocabularyMismatchError, vocabularyOf } from "@lowrank/inject/internal";
import { exportModel, mergeAdapter } from "@lowrank/merge";
import { filesFolder, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, fixturesRoot } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const vocabulary = 100;
const active = inferenceContext(activeAdapters("default"));

async function loadBase(name: string): Promise<PretrainedModel> {
  return loadModel(openFolder(`${fixturesRoot}/${name}/base`));
}

/** A base with another number of tokens, new ones beginning as drawn from `seed`, or as their mean. */
async function resized(name: string, size: number, seed?: number): Promise<PretrainedModel> {
  const base = await loadBase(name);
  try {
    return base.withVocabulary(size, seed === undefined ? {} : { newRows: { seed } });
  } finally {
    base.dispose();
  }
}

/** An adapter with numbers of its own everywhere, as training leaves it. */
function trained(model: PretrainedModel, config: Partial<LoraConfig>) {
  const plan = planInjection(model, createLoraConfig({ rank: 2, init: false, ...config }));
  const handle = injectAdapter(model, plan, { seed: 3, baseFingerprint: model.fingerprint });
  let count = 0;
  for (const variable of handle.variables.values())
    tf.tidy(() => {
      const wave = Float32Array.from({ length: variable.size }, () => Math.sin(++count));
      variable.assign(tf.add(variable, tf.mul(tf.tensor(wave, variable.shape), 0.1)));
    });
  return handle;
}

function logits(model: PretrainedModel, context = inferenceContext()): Float32Array {
  return tf.tidy(() => {
    const inputIds = tf.tensor2d(
      [[5, model.config.vocabularySize - 1, 9, model.config.vocabularySize - 2]],
      undefined,
      "int32",
    );
    return Float32Array.from(model.forward({ inputIds }, context).dataSync());
  });
}

async function throughFiles(adapter: Adapter): Promise<Adapter> {
  const { "adapter_config.json": config, "adapter_model.safetensors": weights } = writeAdapter(adapter);
  return readAdapter({ config, weights });
}

const names = ["llama-gqa", "llama-gqa-tied", "gpt2"] as const;
const kinds = ["plain", "some tokens", "embedding adapted", "embedding saved"] as const;

function configOf(name: (typeof names)[number], kind: (typeof kinds)[number]): Partial<LoraConfig> {
  const [layer, embedding] = name === "gpt2" ? ["c_attn", "wte"] : ["q_proj", "embed_tokens"];
  if (kind === "some tokens") return { targetModules: [layer], trainableTokenIndices: [3, vocabulary] };
  if (kind === "embedding adapted") return { targetModules: [embedding] };
  return { targetModules: [layer], modulesToSave: kind === "plain" ? null : [embedding] };
}

describe("an adapter for more tokens", () => {
  it.each(names.flatMap((name) => kinds.map((kind) => [name, kind] as const)))(
    "brings its tables along – where new rows began elsewhere does not matter – and merging keeps them: %s, %s",
    (name, kind) =>
      fc.assert(
        fc.asyncProperty(fc.integer({ min: 101, max: 110 }), (size) =>
          expectNoLeak(
            async () => {
              const [model, other] = [await resized(name, size), await resized(name, size, 8)];
              const handle = trained(model, configOf(name, kind));
              const expected = logits(model, active);
              const adapter = await throughFiles(await handle.toAdapter());
              expect(vocabularyOf(other, adapter)?.size).toBe(size);
              const attached = attachAdapter(other, adapter);
              expectClose(logits(other, active), expected, 1e-5);
              expect(await attached.toAdapter()).toEqual(adapter);

              // An embedding that is a target cannot be merged while a head shares it: it gets a table of its own.
              await mergeAdapter(other, attached, { tied: "untie" });
              expectClose(logits(other), expected, 1e-5);
              const source = openFolder(`${fixturesRoot}/${name}/base`);
              const again = await loadModel(filesFolder("merged", await exportModel(other, { source })));
              expectClose(logits(again), expected, 1e-5);
              for (const one of [handle, attached, model, other, again]) one.dispose();
            },
            { warmUp: false },
          ),
        ),
        { seed: 5, numRuns: 2 },
      ),
  );

  it("is refused by a base that lacks them, with both sizes, and nothing changes", async () => {
    const [model, base] = [await resized("llama-gqa", 103), await loadBase("llama-gqa")];
    for (const kind of kinds) {
      const handle = trained(model, configOf("llama-gqa", kind));
      const adapter = await handle.toAdapter();
      handle.dispose();
      const attach = () => attachAdapter(base, adapter);
      expect(attach).toThrow(VocabularyMismatchError);
      expect(attach).toThrow(expect.objectContaining({ got: 103, expected: vocabulary, code: "ADAPTER_VOCABULARY" }));
      expect(attach).toThrow("model.withVocabulary(103)");
    }
    expect(base.sites().some(({ path }) => path === "lm_head")).toBe(true);
    base.withVocabulary(103).dispose(); // no adapter is left on it
    for (const one of [model, base]) one.dispose();
  });

  it("explains how to add tokens that the model does not have", async () => {
    const base = await loadBase("llama-gqa");
    const config = createLoraConfig({ targetModules: ["q_proj"], trainableTokenIndices: [3, 101] });
    expect(() => planInjection(base, config)).toThrow(UnsupportedSiteError);
    expect(() => planInjection(base, config)).toThrow("model.withVocabulary(102)");
    base.dispose();
  });
});

describe("save_embedding_layers", () => {
  it("includes or omits the tables, as requested", async () => {
    const model = await loadBase("llama-gqa");
    const handle = trained(model, { targetModules: ["q_proj"] });
    const tables = async (saveEmbeddingLayers: "auto" | boolean) =>
      [...(await handle.toAdapter({ saveEmbeddingLayers })).tensors.keys()].filter((key) => !key.includes("lora_"));
    expect(await tables("auto")).toEqual([]);
    expect(await tables(false)).toEqual([]);
    expect(await tables(true)).toEqual(["model.embed_tokens.weight", "lm_head.weight"]);
    handle.dispose();
    model.dispose();
  });

  it("writes an adapter from a file with the file's content, unless another is requested", async () => {
    const model = await loadBase("llama-gqa");
    const fresh = trained(model, { targetModules: ["embed_tokens"] });
    const [with_, without] = [await fresh.toAdapter(), await fresh.toAdapter({ saveEmbeddingLayers: false })];
    fresh.dispose();
    for (const adapter of [with_, without]) {
      const handle = attachAdapter(model, adapter);
      expect([...(await handle.toAdapter()).tensors.keys()]).toEqual([...adapter.tensors.keys()]);
      const keys = [...(await handle.toAdapter({ saveEmbeddingLayers: true })).tensors.keys()];
      expect(keys.sort()).toEqual([...with_.tensors.keys()].sort());
      expect((await handle.toAdapter({ saveEmbeddingLayers: false })).tensors.size).toBe(2);
      handle.dispose();
    }
    model.dispose();
  });

  it("does not take merged numbers for the base's", async () => {
    const model = await resized("llama-gqa", 101);
    const handle = trained(model, { targetModules: ["embed_tokens"] });
    const before = await handle.toAdapter();
    const merged = await mergeAdapter(model, handle);
    await expect(handle.toAdapter()).rejects.toThrow(expect.objectContaining({ code: "MERGED_TABLE" }));
    await expect(handle.toAdapter({ saveEmbeddingLayers: false })).resolves.toBeDefined();
    merged.undo();
    expect(await handle.toAdapter()).toEqual(before);
    handle.dispose();
    model.dispose();
  });
});
