// Merged encoders that we write as GGUF, in llama.cpp: the same tokens of a text, and the same embedding.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTokenizer } from "@lowrank/data";
import { ggufFromTokenizer } from "@lowrank/data/internal";
import { chooseEngine } from "@lowrank/engine";
import type { WritableValue } from "@lowrank/gguf/internal";
import { mergeAdapter } from "@lowrank/merge";
import { type GgufFileType, type GgufModelOptions, ggufModelFile } from "@lowrank/merge/gguf";
import { loadGguf, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { bytesSource } from "@lowrank/safetensors";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cosine,
  type Embedded,
  fixtures,
  isThere,
  llamaCppEmbeddings,
  llamaCppFolder,
  ourEmbedding,
  someAdapter,
} from "./with-llama-cpp.ts";

if (!isThere)
  console.info(`skipped: llama.cpp reads our encoders – no ${llamaCppFolder} (scripts/setup-node-llama-cpp.sh)`);

/** Letters, of which the first two frame a text. */
function letters(count: number): ReadonlyMap<string, WritableValue> {
  const tokens = [
    "[CLS]",
    "[SEP]",
    ...Array.from({ length: count - 2 }, (_, index) => `▁${String.fromCodePoint(0x61 + index)}`),
  ];
  return new Map<string, WritableValue>(
    (
      [
        ["model", { type: "string", value: "bert" }],
        ["tokens", { type: "array", of: "string", value: tokens }],
        ["token_type", { type: "array", of: "int32", value: tokens.map((_, id) => (id < 2 ? 3 : 1)) }],
        ...["bos", "unknown", "cls", "padding", "mask"].map(
          (mark) => [`${mark}_token_id`, { type: "uint32", value: 0 }] as const,
        ),
        ["seperator_token_id", { type: "uint32", value: 1 }],
      ] as const
    ).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
  );
}

describe.skipIf(!isThere)("a merged encoder as GGUF", { timeout: 300_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-encoders-"));
  afterAll(() => rmSync(work, { recursive: true }));
  const keep = async (name: string, model: PretrainedModel, options: GgufModelOptions): Promise<string> => {
    const { contents } = await ggufModelFile(model, options);
    writeFileSync(join(work, name), "");
    for await (const piece of contents()) appendFileSync(join(work, name), piece);
    return join(work, name);
  };

  it.each([
    ["bert", "mean"],
    ["bert", "first"],
    ["nomic-bert", "mean"],
  ] as const)("computes what we compute: %s, %s", async (name, pooling) => {
    await chooseEngine({ order: ["cpu"] });
    const model = await loadGguf(bytesSource(readFileSync(join(fixtures, `${name}.gguf`)), name));
    const ids = [0, 14, 15, 30, 35, 2, 1];
    const plain = ourEmbedding(model, ids, pooling);
    await mergeAdapter(model, someAdapter(model, 0.1), { keepOriginals: false });
    const own = ourEmbedding(model, ids, pooling);
    const metadata = letters(model.config.vocabularySize);
    const path = await keep(`${name}-${pooling}.gguf`, model, { type: "F32", pooling, metadata });
    model.dispose();
    const [[theirs] = []] = llamaCppEmbeddings([{ model: path, inputs: [ids] }]);
    // llama.cpp has GELU as a table of 16-bit numbers.
    expect(1 - cosine(theirs!.embedding, own)).toBeLessThan(1e-5);
    expect(1 - cosine(theirs!.embedding, plain)).toBeGreaterThan(1e-3); // the adapter does something
    const again = await loadGguf(bytesSource(readFileSync(path), path));
    expect(1 - cosine(ourEmbedding(again, ids, pooling), own)).toBeLessThan(1e-9);
    again.dispose();
  });

  const weights = findPrepared("minilm");
  if ("missing" in weights) console.info(`skipped: MiniLM merged, in llama.cpp – ${weights.missing}`);
  describe.skipIf("missing" in weights)("of MiniLM", () => {
    const texts = [
      "The lazy dog sleeps.",
      "Ein Café in ZÜRICH – naïve?",
      "向量 e=mc², it's 3.14!",
      "unaffable, [sep] x",
    ];
    const types: readonly (readonly [GgufFileType, number])[] = [
      ["F32", 1e-5],
      ["F16", 1e-4],
      ["Q8_0", 1e-3],
      ["Q4_K_M", 3e-2],
    ];
    let own: readonly Embedded[] = [];
    let theirs: readonly (readonly Embedded[])[] = [];

    beforeAll(async () => {
      await chooseEngine({ order: ["native", "wasm", "cpu"] });
      const folder = openFolder("folder" in weights ? weights.folder : "");
      const model = await loadModel(folder);
      await mergeAdapter(model, someAdapter(model, 0.02), { keepOriginals: false });
      const tokenizer = await openTokenizer(folder);
      own = texts.map((text) => {
        const ids = tokenizer.encode(text);
        return { ids, embedding: [...ourEmbedding(model, ids, "mean")] };
      });
      const metadata = await ggufFromTokenizer(folder, model.config.vocabularySize);
      const paths: string[] = [];
      for (const [type] of types)
        paths.push(await keep(`minilm-${type}.gguf`, model, { type, pooling: "mean", metadata }));
      model.dispose();
      theirs = llamaCppEmbeddings(paths.map((model) => ({ model, inputs: texts })));
    }, 300_000);

    it.each(types)("cuts texts and embeds them as we do: %s", (type, tolerance) => {
      const found = theirs[types.findIndex(([one]) => one === type)] ?? [];
      for (const [position, { ids, embedding }] of own.entries()) {
        expect(found[position]?.ids).toEqual(ids.slice(1, -1));
        expect([texts[position], 1 - cosine(found[position]?.embedding ?? [], embedding)]).toEqual([
          texts[position],
          expect.closeTo(0, -Math.log10(2 * tolerance)),
        ]);
      }
    });
  });
});
