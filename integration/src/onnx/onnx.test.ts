// ONNX Runtime runs models that adapters were put into, on bases that torch's exporters wrote (fixtures/onnx). What they give is
// held to what PEFT computed from the same adapters (fixtures/peft).

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Adapter, loraMatricesIn } from "@lowrank/adapter-format";
import type { StoredMatrices } from "@lowrank/adapter-format/internal";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { foldAdapter, makeSwitchable, readOnnx, SwitchableSession } from "@lowrank/merge/onnx";
import { bytesSource } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { fixtures } from "./fold-fixture.ts";
import { difference, logitsOf, makeTensor, ort, peftCase, sessionOf, type Tensor } from "./peft-case.ts";

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(fixtures, "onnx", name)));

const models = [
  ["bert-seqcls", "bert-seqcls.onnx"],
  ["bert-seqcls", "bert-seqcls.newer.onnx"],
  ["all-linear-llama", "all-linear-llama.onnx"],
  ["all-linear-llama", "all-linear-llama.newer.onnx"],
  ["all-linear-gpt2", "all-linear-gpt2.onnx"],
  ["dora-linear", "all-linear-llama.onnx"],
  ["bias-all", "all-linear-gpt2.onnx"],
] as const;

describe.skipIf(ort === undefined)("an adapter folded into an ONNX model", { timeout: 60_000 }, () => {
  it.each(models)("equals PEFT's result: %s in %s", async (name, file) => {
    const { adapter, feeds, mask, base, adapted } = await peftCase(name);
    const model = await readOnnx(bytesOf(file), { name: file });
    const logits = await logitsOf(foldAdapter(model, adapter), feeds);
    expect(difference(logits, adapted, mask)).toBeLessThan(1e-4);
    expect(difference(logits, base, mask)).toBeGreaterThan(1e-2);
  });

  it("is merged into weights in a separate data file", async () => {
    const { adapter, feeds, mask, adapted } = await peftCase("all-linear-llama");
    const openOutside = async (name: string) => bytesSource(bytesOf(`beside/${name}`), name);
    const folded = foldAdapter(await readOnnx(bytesOf("beside/model.onnx"), { openOutside }), adapter);
    expect(folded.files.map(({ name }) => name)).toEqual(["model.onnx", "model.onnx_data"]);
    expect(difference(await logitsOf(folded, feeds), adapted, mask)).toBeLessThan(1e-4);
    // The model's own file is what it was: only weights changed.
    expect(await folded.files[0]!.bytes()).toEqual(bytesOf("beside/model.onnx"));
  });

  it.each(["int8", "int4"])("is added to weights of %s without changing their error", async (type) => {
    const { adapter, feeds, mask, base, adapted } = await peftCase("all-linear-llama");
    const model = await readOnnx(bytesOf(`all-linear-llama.${type}.onnx`));
    const none: Adapter = { ...adapter, tensors: new Map() };
    const alone = await logitsOf(foldAdapter(model, none), feeds);
    const before = difference(alone, base, mask);
    const folded = foldAdapter(model, adapter);
    expect(new Set(folded.changes.map(({ how }) => how))).toEqual(new Set(["branch"]));
    const logits = await logitsOf(folded, feeds);
    expect(before).toBeGreaterThan(1e-4);
    expect(difference(logits, adapted, mask)).toBeLessThan(2 * before);
    expect(difference(logits, alone, mask)).toBeGreaterThan(1);
  });
});

describe.skipIf(ort === undefined)("a switchable ONNX model", { timeout: 60_000 }, () => {
  it.each(["all-linear-llama.onnx", "all-linear-llama.newer.onnx"])(
    "computes with any adapter and with none: %s",
    async (file) => {
      const { adapter, feeds, mask, base, adapted } = await peftCase("all-linear-llama");
      const paths = loraMatricesIn(adapter.tensors).map(({ path }) => path);
      const session = await sessionOf(makeSwitchable(await readOnnx(bytesOf(file)), paths));
      const switchable = new SwitchableSession<Tensor>(session as never, makeTensor);
      expect(switchable.inputNames).toEqual(["input_ids", "attention_mask"]);
      const logits = async () => (await switchable.run(feeds)).logits!.data as Float32Array;
      const asBase = await logits();
      expect(difference(asBase, base, mask)).toBeLessThan(1e-4);
      switchable.select(adapter);
      expect(difference(await logits(), adapted, mask)).toBeLessThan(1e-4);
      // Another rank, on fewer modules.
      const one = loraMatricesIn(adapter.tensors)[0]!;
      const half = { shape: [1, one.a.shape[1]!], values: one.a.values.subarray(0, one.a.shape[1]) };
      const b = { shape: [one.b!.shape[0]!, 1], values: new Float32Array(one.b!.shape[0]!) };
      switchable.select({
        ...adapter,
        tensors: new Map([
          [one.keys.a, half],
          [one.keys.b, b],
        ]),
      });
      expect(await logits()).toEqual(asBase);
      switchable.select(null);
      expect(await logits()).toEqual(asBase);
      await session.release();
    },
  );

  it("refuses an adapter that it cannot switch, and keeps the previous one", async () => {
    const { adapter, feeds, base, mask } = await peftCase("dora-linear");
    const paths = loraMatricesIn(adapter.tensors).map(({ path }) => path);
    const session = await sessionOf(makeSwitchable(await readOnnx(bytesOf("all-linear-llama.onnx")), paths));
    const switchable = new SwitchableSession<Tensor>(session as never, makeTensor);
    expect(() => switchable.select(adapter)).toThrow(expect.objectContaining({ code: "ONNX_MISFIT" }));
    expect(() => switchable.select(adapter)).toThrow(/magnitudes cannot be switched/);
    const { logits } = await switchable.run(feeds);
    expect(difference(logits!.data as Float32Array, base, mask)).toBeLessThan(1e-4);
  });
});

describe("an adapter that does not fit an ONNX model", () => {
  it("is refused with every module that has no node, and the nearest names", async () => {
    const adapter = await readAdapterFolder(join(fixtures, "peft/all-linear-llama/adapter"));
    const model = await readOnnx(bytesOf("bert-seqcls.onnx"), { name: "bert.onnx" });
    expect(() => foldAdapter(model, adapter)).toThrow(
      /bert\.onnx.*q_proj: no node computes it; the nearest are bert\..*pooler_output.*or merge/s,
    );
  });

  it("is refused if the sizes differ", async () => {
    const { config, metadata, tensors } = await readAdapterFolder(join(fixtures, "peft/all-linear-llama/adapter"));
    const [{ path, keys, a, b }] = loraMatricesIn(tensors) as [StoredMatrices];
    const narrow = { shape: [a.shape[0]!, 3], values: a.values.subarray(0, a.shape[0]! * 3) };
    const adapter = {
      config,
      metadata,
      tensors: new Map([
        [keys.a, narrow],
        [keys.b, b!],
      ]),
    };
    const model = await readOnnx(bytesOf("all-linear-llama.onnx"));
    const [inputs, outputs] = [a.shape[1], b!.shape[0]];
    expect(() => foldAdapter(model, adapter)).toThrow(
      `${path}: its weight maps ${inputs} to ${outputs}, and the adapter's A and B 3 to ${outputs}`,
    );
  });
});
