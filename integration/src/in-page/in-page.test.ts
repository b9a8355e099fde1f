// Other libraries in a page of Chromium, with our adapters: onnxruntime-web switches among three on one session, transformers.js
// runs a folded classifier and folded decoders, and wllama writes with an adapter's GGUF file at three strengths.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeGgufAdapter } from "@lowrank/adapter-format/gguf";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { TextTokenizer } from "@lowrank/data";
import { tokenizerFromGguf } from "@lowrank/data/internal";
import { chooseEngine } from "@lowrank/engine";
import { openGguf, type WritableTensor } from "@lowrank/gguf";
import { encodeValues, type GgufSource, ggufPieces } from "@lowrank/gguf/internal";
import { foldAdapter, readOnnx } from "@lowrank/merge/onnx";
import { generate, loadGguf } from "@lowrank/models";
import { bytesSource, joinPieces } from "@lowrank/safetensors";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import type { Browser, Page } from "playwright";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { someAdapter } from "../llama-cpp/with-llama-cpp.ts";
import { fixtures, foldFixture, peftFixture } from "../onnx/fold-fixture.ts";
import { difference } from "../onnx/peft-case.ts";
import { peftValues } from "../onnx/peft-values.ts";
import { words, writeWords } from "../onnx/words.ts";
import { writtenByUs } from "../onnx/written-by-us.ts";
import { chromiumPath, openPage } from "./open-page.ts";
import type * as program from "./page-program.ts";
import { threeOf } from "./three-adapters.ts";

const libraries = join(cacheFolder, "transformers-js");
const areThere = existsSync(join(libraries, "complete"));
if (chromiumPath === undefined) console.info("skipped: libraries in a page with our adapters – no Chromium found");
else if (!areThere) console.info(`skipped: ONNX models in a page – no ${libraries} (scripts/setup-transformers-js.sh)`);

describe.skipIf(chromiumPath === undefined)("in a page", { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-in-page-"));
  let page: Page;
  let browser: Browser;
  beforeAll(async () => {
    const modules = join(libraries, "node_modules");
    const wllama = dirname(dirname(createRequire(import.meta.url).resolve("@wllama/wllama")));
    const opened = await openPage({
      folders: new Map([
        ["onnx", join(fixtures, "onnx")],
        ["peft", join(fixtures, "peft")],
        ["models", join(work, "models")],
        ["gguf", work],
        ["wllama", wllama],
        ["ort", join(modules, "onnxruntime-web/dist")],
        ["ort-common", join(modules, "onnxruntime-common/dist/esm")],
        ["transformers", join(modules, "@huggingface/transformers/dist")],
      ]),
      texts: new Map([["/program.js", await bundled("page-program.ts")]]),
      modules: {
        "onnxruntime-web/webgpu": "/ort/ort.bundle.min.mjs",
        "onnxruntime-common": "/ort-common/index.js",
      },
    });
    ({ page, browser } = opened);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(work, { recursive: true });
  });

  /** Calls a function of page-program.ts in the page. */
  function inPage<Name extends keyof typeof program>(
    name: Name,
    request: Parameters<(typeof program)[Name]>[0],
  ): ReturnType<(typeof program)[Name]> {
    const call = `${name}(${JSON.stringify(request)})`;
    return page.evaluate(`import("/program.js").then((program) => program.${call})`) as never;
  }

  describe.skipIf(!areThere)("ONNX Runtime", () => {
    it("runs any of three adapters, or none, in one session", async () => {
      const { inputs, base, adapted } = peftValues("all-linear-llama");
      const all = await inPage("switched", inputs);
      const adapter = await readAdapterFolder(peftFixture("all-linear-llama", "adapter"));
      const expected = [base, adapted, ...(await Promise.all(threeOf(adapter).slice(1).map(byFolding))), base];
      const counted = inputs.mask.flat();
      const width = base.length / counted.length;
      for (const [turn, logits] of all.entries())
        for (const [index, value] of logits.entries())
          if (counted[Math.floor(index / width)] === 1)
            expect(value).toBeCloseTo(expected[turn]?.[index] ?? Number.NaN, 4);
      expect(all).toHaveLength(5);
    });

    it("gives transformers.js a classifier's logits as PEFT computes them", async () => {
      await foldFixture("bert-seqcls", "bert-seqcls.onnx", join(work, "models", "classifier"));
      const { inputs, adapted } = peftValues("bert-seqcls");
      const logits = await inPage("classified", inputs);
      expect(logits).toHaveLength(adapted.length);
      for (const [index, value] of logits.entries()) expect(value).toBeCloseTo(adapted[index] ?? Number.NaN, 4);
    });
  });

  it.skipIf(!areThere).each(["all-linear-llama", "all-linear-gpt2"])(
    "folds an adapter into the model of transformers.js, which then computes as PEFT and writes as text what we write: %s",
    async (name) => {
      const folder = join(work, "models", name);
      mkdirSync(join(folder, "onnx"), { recursive: true });
      cpSync(join(fixtures, "onnx", `${name}.cached.onnx`), join(folder, "onnx", "model.onnx"));
      cpSync(join(peftFixture(name, "base"), "config.json"), join(folder, "config.json"));
      writeWords(folder);
      const [prompt, tokens] = [[1, 5, 6, 7], 12] as const;
      const ours = await writtenByUs(name, prompt, tokens);
      expect(ours).toHaveLength(tokens);
      const { inputs, adapted } = peftValues(name);
      const { text, logits } = await inPage("written", { name, prompt: words(prompt), tokens, inputs });
      expect(text).toBe(words([...prompt, ...ours]));
      expect(difference(Float32Array.from(logits), adapted, inputs.mask.flat())).toBeLessThan(1e-4);
    },
  );

  it("makes wllama write the same text as lowrank, with an adapter at strengths 0, ½ and 1", async () => {
    await chooseEngine({ order: ["cpu"] });
    const tiny = fileURLToPath(new URL("../../../packages/lowrank/fixtures/tiny.gguf", import.meta.url));
    const source = bytesSource(await lettersAlone(bytesSource(readFileSync(tiny), "tiny.gguf")), "letters.gguf");
    writeFileSync(join(work, "model.gguf"), await source.read(0, source.size));
    const model = await loadGguf(source);
    const { tokenizerJson, tokenizerConfig } = tokenizerFromGguf((await openGguf(source)).metadata);
    const tokenizer = TextTokenizer.fromJson(tokenizerJson, tokenizerConfig);
    const handle = someAdapter(model, 0.3);
    writeFileSync(join(work, "adapter.gguf"), writeGgufAdapter(await handle.toAdapter(), model.config));
    const [prompt, tokens, scales] = ["The lazy", 6, [0, 0.5, 1]] as const;
    const expected: string[] = [];
    for (const scale of scales) {
      handle.setScale(scale);
      const context = inferenceContext(activeAdapters(handle.name));
      const promptIds = [tokenizer.encode(prompt)];
      const [ids = []] = await generate(model, { promptIds, maxNewTokens: tokens, context });
      expected.push(tokenizer.decode(ids));
    }
    expect(await inPage("continued", { prompt, tokens, scales })).toEqual(expected);
    expect(new Set(expected).size).toBe(3); // it does something
    handle.dispose();
    model.dispose();
  });
});

/** The same model without anything to say but letters: wllama stops at bytes that are no text. */
async function lettersAlone(source: GgufSource): Promise<Uint8Array> {
  const file = await openGguf(source);
  const words = file.metadata.get("tokenizer.ggml.tokens") as readonly string[];
  const tensors = new Map<string, WritableTensor>();
  for (const [name, { shape }] of file.tensors) {
    const values = await file.readFloat32(name);
    const width = shape.at(-1) ?? 1;
    if (name === "token_embd.weight")
      for (const [id, word] of words.entries())
        if (!/^Ġ?[a-zA-Z]+$/.test(word)) values.fill(0, id * width, (id + 1) * width);
    tensors.set(name, { type: "F32", shape, bytes: encodeValues(values, "F32") });
  }
  return joinPieces(ggufPieces(await file.readStoredMetadata(), tensors));
}

/** A module of ours with all that it imports, for a page. */
async function bundled(file: string): Promise<string> {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const made = await build({
    logLevel: "error",
    configFile: false,
    resolve: { conditions: ["lowrank-source", "module", "browser"] },
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ["es"], fileName: "program" },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  const [output] = Array.isArray(made) ? made : [made];
  if (output === undefined || !("output" in output)) throw new Error("Nothing was bundled.");
  return output.output[0].code;
}

/** Logits of the model that the adapter is folded into, by ONNX Runtime for Node. */
async function byFolding(adapter: Awaited<ReturnType<typeof readAdapterFolder>>): Promise<Float32Array> {
  const ort = await import("onnxruntime-node");
  const model = await readOnnx(new Uint8Array(readFileSync(join(fixtures, "onnx", "all-linear-llama.onnx"))));
  const [file] = foldAdapter(model, adapter).files;
  const session = await ort.InferenceSession.create((await file?.bytes()) ?? new Uint8Array());
  const { inputs } = peftValues("all-linear-llama");
  const integers = (rows: readonly (readonly number[])[]) =>
    new ort.Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]?.length ?? 0]);
  const { logits } = await session.run({ input_ids: integers(inputs.inputIds), attention_mask: integers(inputs.mask) });
  await session.release();
  return logits?.data as Float32Array;
}
