// Merged models that we write as GGUF, in llama.cpp: of each architecture, in each type of file, and compared with the file
// that its own quantizer makes of the same numbers.

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseEngine } from "@lowrank/engine";
import { openGguf } from "@lowrank/gguf";
import type { WritableValue } from "@lowrank/gguf/internal";
import { mergeAdapter } from "@lowrank/merge";
import { type GgufFileType, ggufModelFile } from "@lowrank/merge/gguf";
import { generate, loadGguf } from "@lowrank/models";
import { bytesSource } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";
import { findPrepared } from "@lowrank/testing/cache-folder";
import koffi from "koffi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomLlama } from "./random-llama.ts";
import { words } from "./rewritten.ts";
import {
  expertParameters,
  fixtureNames,
  fixtures,
  idsOf,
  isThere,
  largestDifference,
  llamaCpp,
  llamaCppFolder,
  type NextTokenRequest,
  ours,
  someAdapter,
  toleranceOf,
} from "./with-llama-cpp.ts";

if (!isThere)
  console.info(`skipped: llama.cpp reads our merged models – no ${llamaCppFolder} (scripts/setup-node-llama-cpp.sh)`);

describe.skipIf(!isThere)("a merged model as GGUF", { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-merged-gguf-"));
  afterAll(() => rmSync(work, { recursive: true }));
  const keep = async (name: string, pieces: AsyncIterable<Uint8Array>): Promise<string> => {
    writeFileSync(join(work, name), "");
    for await (const piece of pieces) appendFileSync(join(work, name), piece);
    return join(work, name);
  };

  describe("of each architecture", () => {
    const expected = new Map<string, Float32Array>();
    let theirs: readonly ReadonlyMap<number, number>[] = [];

    beforeAll(async () => {
      await chooseEngine({ order: ["cpu"] });
      const requests: NextTokenRequest[] = [];
      for (const name of fixtureNames) {
        const model = await loadGguf(bytesSource(readFileSync(join(fixtures, name)), name));
        const handle = someAdapter(model, 0.3, expertParameters(model));
        await mergeAdapter(model, handle, { tied: "untie" });
        const ids = idsOf(name);
        expected.set(name, ours(model, ids));
        const metadata = new Map<string, WritableValue>(words(model.config.vocabularySize));
        const { contents } = await ggufModelFile(model, { type: "F32", metadata });
        requests.push({ model: await keep(name, contents()), lora: null, scale: 1, ids });
        handle.dispose();
        model.dispose();
      }
      theirs = llamaCpp(requests);
    }, 120_000);

    it.each(fixtureNames)("computes the same as lowrank: %s", (name) => {
      expect(largestDifference(theirs[fixtureNames.indexOf(name)]!, expected.get(name)!)).toBeLessThan(
        toleranceOf(name),
      );
    });
  });

  describe("in each type of file", () => {
    // llama.cpp's numbers of file types (LLAMA_FTYPE).
    const types: readonly (readonly [GgufFileType, number])[] = [
      ...([
        ["F16", 1],
        ["Q4_0", 2],
        ["Q8_0", 7],
        ["Q4_K_M", 15],
        ["Q5_K_M", 17],
        ["Q6_K", 18],
        ["BF16", 32],
      ] as const),
    ];

    let plain = "";
    let quantized: ReturnType<typeof quantizer>;
    beforeAll(async () => {
      quantized = quantizer();
      plain = await keep("plain.gguf", randomLlama());
    });

    it.each(types)("has the tensors that llama.cpp's own quantizer makes: %s", async (type, id) => {
      const model = await loadGguf(bytesSource(readFileSync(plain), "plain.gguf"));
      const metadata = new Map<string, WritableValue>(words(model.config.vocabularySize));
      const own = await keep("own.gguf", (await ggufModelFile(model, { type, metadata })).contents());
      model.dispose();
      const other = join(work, "other.gguf");
      quantized(plain, other, id);
      const sources = [await openFile(own), await openFile(other)] as const;
      const [file, reference] = [await openGguf(sources[0]), await openGguf(sources[1])];
      expect([...file.tensors.keys()].sort()).toEqual([...reference.tensors.keys()].sort());
      for (const [name, { type: written }] of file.tensors) {
        expect([name, written]).toEqual([name, reference.tensors.get(name)?.type]);
        const [ours, theirs] = [await file.readBytes(name), await reference.readBytes(name)];
        expect([name, Buffer.from(ours).equals(theirs)]).toEqual([name, true]);
      }
      for (const source of sources) await source.close?.();
    });
  });

  const weights = findPrepared("smollm2");
  if ("missing" in weights) console.info(`skipped: SmolLM2 merged, in llama.cpp – ${weights.missing}`);
  it.skipIf("missing" in weights)(
    "writes as SmolLM2 what we write, whose twenty likeliest next words are ours",
    async () => {
      await chooseEngine({ order: ["native", "wasm", "cpu"] });
      const source = await openFile(join("folder" in weights ? weights.folder : "", "SmolLM2-135M-Instruct.Q4_1.gguf"));
      const model = await loadGguf(source);
      const handle = someAdapter(model, 0.03);
      await mergeAdapter(model, handle, { tied: "untie" });
      const stored = await (await openGguf(source)).readStoredMetadata();
      const metadata = new Map([...stored].filter(([key]) => key.startsWith("tokenizer.")));
      const { contents } = await ggufModelFile(model, { type: "F16", metadata });
      const path = await keep("smollm2.gguf", contents());
      const prompt = [504, 3575, 282, 4649, 314];
      const [written = []] = await generate(model, { promptIds: [prompt], maxNewTokens: 3 });
      const texts = [0, 1, 2].map((count) => [...prompt, ...written.slice(0, count)]);
      const theirs = llamaCpp(texts.map((ids) => ({ model: path, lora: null, scale: 1, ids })));
      for (const [index, ids] of texts.entries()) {
        const own = ours(model, ids);
        const likeliest = [...own.keys()].sort((one, other) => own[other]! - own[one]!).slice(0, 20);
        expect(likeliest[0]).toBe(written[index]);
        for (const id of likeliest) expect(Math.abs(theirs[index]!.get(id)! - own[id]!)).toBeLessThan(3e-3);
      }
      handle.dispose();
      model.dispose();
      await source.close?.();
    },
  );
});

/** llama-quantize, by the library's own function; its parameters begin with the threads and the file's type. */
function quantizer(): (from: string, to: string, fileType: number) => void {
  const platform = `${process.platform}-${process.arch}`;
  const bins = join(llamaCppFolder, "node_modules/@node-llama-cpp", platform, "bins", platform);
  const library = koffi.load(join(bins, readdirSync(bins).find((name) => name.startsWith("libllama.")) ?? ""));
  const callback = koffi.pointer(koffi.proto("void heard(int level, const char* text, void* user)"));
  const silent = koffi.register(() => {}, callback);
  library.func("llama_log_set", "void", ["void*", "void*"])(silent, null);
  library.func("void llama_backend_init()")();
  const defaults = library.func("void* llama_model_quantize_default_params(_Out_ uint8_t* out)");
  const quantize = library.func("uint32_t llama_model_quantize(const char* from, const char* to, uint8_t* parameters)");
  return (from, to, fileType) => {
    const parameters = new Uint8Array(512);
    defaults(parameters);
    new DataView(parameters.buffer).setInt32(0, 2, true);
    new DataView(parameters.buffer).setInt32(4, fileType, true);
    if (quantize(from, to, parameters) !== 0) throw new Error("llama.cpp does not quantize the file");
  };
}
