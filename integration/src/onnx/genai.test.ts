// Models as ONNX Runtime's GenAI builder writes them (fixtures/onnx/genai): queries, keys and values are one node, and so are
// attention and rotation. ONNX Runtime runs them with our adapters, and GenAI itself loads our adapters as its own files.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Adapter, loraMatricesIn } from "@lowrank/adapter-format";
import { type AdapterTensor, buildTensorKey } from "@lowrank/adapter-format/internal";
import { foldAdapter, makeSwitchable, SwitchableSession, writeOnnxAdapter } from "@lowrank/merge/onnx";
import { type OpenedOnnx, openOnnxFile, writeOnnxFolder } from "@lowrank/merge/onnx/node";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { afterAll, describe, expect, it } from "vitest";
import { threeOf } from "../in-page/three-adapters.ts";
import { fixtures } from "./fold-fixture.ts";
import { difference, logitsOf, makeTensor, ort, peftCase, sessionOf, type Tensor } from "./peft-case.ts";

const folderOf = (base: string) => join(fixtures, "onnx/genai", base);
const pathsOf = ({ tensors }: Adapter) => loraMatricesIn(tensors).map(({ path }) => path);
const nothingOf = (adapter: Adapter): Adapter => ({ ...adapter, tensors: new Map() });

/** A case of PEFT on a base of the builder's, which is closed when the test is done. */
async function caseOn(base: string): Promise<Awaited<ReturnType<typeof peftCase>> & { readonly model: OpenedOnnx }> {
  const given = await peftCase(base.split("-")[0] ?? "");
  const feeds = { ...given.feeds, ...emptyCache(base, 2) };
  return { ...given, feeds, model: await openOnnxFile(join(folderOf(base), "model.onnx")) };
}

/** The builder writes Gemma's factor √32 as 5.66. */
const toleranceOf = (base: string) => (base.startsWith("gemma") ? 5e-3 : 1e-4);

/** Keys and values of no tokens. */
function emptyCache(base: string, rows: number): Record<string, Tensor> {
  const heads = base.startsWith("gemma") ? 1 : 2;
  const names = [0, 1].flatMap((layer) => ["key", "value"].map((half) => `past_key_values.${layer}.${half}`));
  return Object.fromEntries(
    names.map((name) => [name, makeTensor("float32", new Float32Array(), [rows, heads, 0, 16])]),
  );
}

describe.skipIf(ort === undefined)("a model of the GenAI builder", { timeout: 60_000 }, () => {
  it.each([
    ["gemma-fp32", 2],
    ["qwen3-fp32", 3],
  ])(
    "computes what PEFT does when an adapter is folded in: %s, of whose queries, keys and values %i",
    async (base, joined) => {
      const { adapter, feeds, mask, base: before, adapted, model } = await caseOn(base);
      const folded = foldAdapter(model, adapter);
      const inOne = folded.changes.filter(({ at }) => at === "model.layers.0.attn.qkv_proj.MatMul.weight");
      expect(inOne).toHaveLength(joined);
      const logits = await logitsOf(folded, feeds);
      expect(difference(logits, adapted, mask)).toBeLessThan(toleranceOf(base));
      expect(difference(logits, before, mask)).toBeGreaterThan(1e-2);
      await model.close();
    },
  );

  it("adds branches to 4-bit weights without changing their error", async () => {
    const { adapter, feeds, mask, base, adapted, model } = await caseOn("gemma-int4");
    const alone = await logitsOf(foldAdapter(model, nothingOf(adapter)), feeds);
    const before = difference(alone, base, mask);
    const folded = foldAdapter(model, adapter);
    expect(new Set(folded.changes.map(({ how }) => how))).toEqual(new Set(["branch"]));
    const logits = await logitsOf(folded, feeds);
    expect(before).toBeGreaterThan(1e-4);
    expect(difference(logits, adapted, mask)).toBeLessThan(2 * before);
    expect(difference(logits, alone, mask)).toBeGreaterThan(1e-2);
    await model.close();
  });

  it.each(["gemma-fp32", "qwen3-fp32"])(
    "computes with an adapter and with none when it is switchable: %s",
    async (name) => {
      const { adapter, feeds, mask, base, adapted, model } = await caseOn(name);
      // One of the joined modules is named: the others get inputs, too.
      const paths = pathsOf(adapter).filter((path) => !path.endsWith("q_proj"));
      const session = await sessionOf(makeSwitchable(model, paths));
      const switchable = new SwitchableSession<Tensor>(session as never, makeTensor);
      const logits = async () => (await switchable.run(feeds)).logits!.data as Float32Array;
      expect(difference(await logits(), base, mask)).toBeLessThan(toleranceOf(name));
      switchable.select(adapter);
      expect(difference(await logits(), adapted, mask)).toBeLessThan(toleranceOf(name));
      switchable.select(null);
      expect(difference(await logits(), base, mask)).toBeLessThan(toleranceOf(name));
      await session.release();
      await model.close();
    },
  );
});

describe.skipIf(ort === undefined)(
  "a pair for gate and up at once, as Phi-3 has them, where the builder took both apart",
  () => {
    /** One A and B for each layer's joint module, or one for each of its parts. */
    function jointAndApart(given: Adapter): readonly [Adapter, Adapter] {
      const [rank, inputs, outputs] = [2, 32, 48];
      const numbers = (count: number, step: number) =>
        Float32Array.from({ length: count }, (_, at) => Math.sin(at * step) / 4);
      const [joint, apart] = [new Map<string, AdapterTensor>(), new Map<string, AdapterTensor>()];
      for (const layer of [0, 1]) {
        const a = { shape: [rank, inputs], values: numbers(rank * inputs, layer + 0.7) };
        const b = numbers(2 * outputs * rank, layer + 0.3);
        const put = (to: Map<string, AdapterTensor>, module: string, values: Float32Array) => {
          const path = `model.layers.${layer}.mlp.${module}`;
          to.set(buildTensorKey({ path, part: "lora_A" }), a);
          to.set(buildTensorKey({ path, part: "lora_B" }), { shape: [values.length / rank, rank], values });
        };
        put(joint, "gate_up_proj", b);
        put(apart, "gate_proj", b.subarray(0, outputs * rank));
        put(apart, "up_proj", b.subarray(outputs * rank));
      }
      return [
        { ...given, tensors: joint },
        { ...given, tensors: apart },
      ];
    }

    it("is folded, and switched, as two", async () => {
      const { adapter, feeds, base, mask, model } = await caseOn("qwen3-fp32");
      const [joint, apart] = jointAndApart(adapter);
      const folded = foldAdapter(model, joint);
      expect(folded.changes.map(({ path }) => path.replace(/.*\./, ""))).toEqual([
        "gate_proj",
        "up_proj",
        "gate_proj",
        "up_proj",
      ]);
      const expected = await logitsOf(foldAdapter(model, apart), feeds);
      expect(await logitsOf(folded, feeds)).toEqual(expected);
      expect(difference(expected, base, mask)).toBeGreaterThan(1e-2);
      const session = await sessionOf(makeSwitchable(model, pathsOf(joint)));
      const switchable = new SwitchableSession<Tensor>(session as never, makeTensor);
      switchable.select(joint);
      const { logits } = await switchable.run(feeds);
      expect(difference(logits!.data as Float32Array, expected, mask)).toBeLessThan(1e-4);
      await session.release();
      await model.close();
    });
  },
);

const found = findPrepared("genai-venv");
if ("missing" in found) console.info(`skipped: ONNX Runtime GenAI loads our adapters – ${found.missing}`);

describe.skipIf("missing" in found || ort === undefined)("ONNX Runtime GenAI", { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-genai-"));
  afterAll(() => rmSync(work, { recursive: true }));

  it.each(["gemma-int4", "qwen3-fp32"])(
    "computes with three of our adapter files and with none on one model: %s",
    async (base) => {
      const { adapter, feeds, model } = await caseOn(base);
      const folder = join(work, base);
      await writeOnnxFolder(folder, makeSwitchable(model, pathsOf(adapter), { fedBy: "adapter-files" }).files);
      cpSync(join(folderOf(base), "genai_config.json"), join(folder, "genai_config.json"));
      const switchable = await openOnnxFile(join(folder, "model.onnx"));
      const three = threeOf(adapter);
      const files = three.map((one, index) => {
        const file = join(work, `${base}-${index}.onnx_adapter`);
        writeFileSync(file, writeOnnxAdapter(switchable, one));
        return file;
      });
      const ids = [...(feeds.input_ids!.data as BigInt64Array)].slice(0, 9);
      const all = logitsInGenai(folder, ids.map(Number), files);
      const integers = (values: readonly bigint[]) =>
        makeTensor("int64", BigInt64Array.from(values), [1, values.length]);
      const one = { input_ids: integers(ids), attention_mask: integers(ids.map(() => 1n)), ...emptyCache(base, 1) };
      for (const [index, each] of [nothingOf(adapter), ...three].entries()) {
        const last = (await logitsOf(foldAdapter(model, each), one)).slice(-100);
        expect(difference(Float32Array.from(all[index]?.slice(-100) ?? []), last, [1])).toBeLessThan(1e-4);
      }
      expect(new Set(all.map((logits) => logits.join())).size).toBe(4);
      await Promise.all([model.close(), switchable.close()]);
    },
  );
});

it("refuses the bias of a module that is joined with others, and explains it", async () => {
  const { adapter, model } = await caseOn("qwen3-fp32");
  const key = "model.layers.0.self_attn.q_proj.base_layer.bias";
  const biased = { ...adapter, tensors: new Map([[key, { shape: [64], values: new Float32Array(64) }]]) };
  expect(() => foldAdapter(model, biased)).toThrow(/q_proj\.bias: its bias is fused with that of other modules/);
  await model.close();
});

it("writes no adapter's file for a model that has no inputs for it, and names its modules", async () => {
  const { adapter, model } = await caseOn("qwen3-fp32");
  expect(() => writeOnnxAdapter(model, adapter)).toThrow(/q_proj: the model is not switchable at this module/);
  await model.close();
});

function logitsInGenai(
  folder: string,
  ids: readonly number[],
  files: readonly string[],
): readonly (readonly number[])[] {
  const python = join("folder" in found ? found.folder : "", "bin/python");
  const script = join(import.meta.dirname, "../../../scripts/python/run_in_genai.py");
  const { stdout, stderr, status } = spawnSync(python, ["-I", script, folder, ids.join(), ...files], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  // Written by the script.
  return JSON.parse(stdout) as readonly (readonly number[])[];
}
