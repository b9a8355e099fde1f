import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeGgufAdapter } from "@lowrank/adapter-format/gguf";
import { chooseEngine } from "@lowrank/engine";
import { loadGguf } from "@lowrank/models";
import { bytesSource } from "@lowrank/safetensors";
import { openFile } from "@lowrank/safetensors/node";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rewritten } from "./rewritten.ts";
import {
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
  console.info(`skipped: llama.cpp reads our adapters – no ${llamaCppFolder} (scripts/setup-node-llama-cpp.sh)`);

describe.skipIf(!isThere)("llama.cpp", { timeout: 300_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-llama-cpp-"));
  afterAll(() => rmSync(work, { recursive: true }));
  const keep = (name: string, ...pieces: readonly Uint8Array[]): string => {
    writeFileSync(join(work, name), "");
    for (const piece of pieces) appendFileSync(join(work, name), piece);
    return join(work, name);
  };

  describe("on a tiny model of each architecture", () => {
    const expected = new Map<string, { readonly base: Float32Array; readonly adapted: Float32Array }>();
    let theirs: readonly ReadonlyMap<number, number>[] = [];

    beforeAll(async () => {
      await chooseEngine({ order: ["cpu"] });
      const requests: NextTokenRequest[] = [];
      for (const name of fixtureNames) {
        const bytes = readFileSync(join(fixtures, name));
        const model = await loadGguf(bytesSource(bytes, name));
        const handle = someAdapter(model, 0.3);
        const ids = idsOf(name);
        expected.set(name, { base: ours(model, ids), adapted: ours(model, ids, handle) });
        const lora = keep(`lora-${name}`, writeGgufAdapter(await handle.toAdapter(), model.config));
        const path = keep(name, ...(await rewritten(bytesSource(bytes, name))));
        requests.push({ model: path, lora: null, scale: 1, ids }, { model: path, lora, scale: 1, ids });
        handle.dispose();
        model.dispose();
      }
      theirs = llamaCpp(requests);
    }, 120_000);

    it.each(fixtureNames)("computes the same as lowrank, with and without the adapter: %s", (name) => {
      const index = 2 * fixtureNames.indexOf(name);
      const { base, adapted } = expected.get(name)!;
      expect(largestDifference(theirs[index]!, base)).toBeLessThan(toleranceOf(name));
      expect(largestDifference(theirs[index + 1]!, adapted)).toBeLessThan(toleranceOf(name));
      expect(largestDifference(theirs[index + 1]!, base)).toBeGreaterThan(0.01); // it does something
    });
  });

  const weights = findPrepared("smollm2");
  if ("missing" in weights) console.info(`skipped: llama.cpp with SmolLM2 – ${weights.missing}`);
  it.skipIf("missing" in weights)("gives SmolLM2's next words with our adapter, at strengths 0, ½ and 1", async () => {
    const path = join("folder" in weights ? weights.folder : "", "SmolLM2-135M-Instruct.Q4_1.gguf");
    await chooseEngine({ order: ["native", "wasm", "cpu"] });
    const source = await openFile(path);
    const model = await loadGguf(source);
    // Weights in float32: with 4-bit weights llama.cpp rounds states to 8 bits.
    const whole = keep("smollm2.gguf", ...(await rewritten(source)));
    await source.close?.();
    const ids = [504, 3575, 282, 4649, 314];
    const handle = someAdapter(model, 0.03);
    const adapter = await handle.toAdapter();
    const expected = [0, 0.5, 1].map((scale) => {
      handle.setScale(scale);
      return ours(model, ids, handle);
    });
    for (const dtype of ["F32", "F16", "Q8_0"] as const) {
      const lora = keep(`smollm2-${dtype}.gguf`, writeGgufAdapter(adapter, model.config, { dtype }));
      const theirs = llamaCpp([0, 0.5, 1].map((scale) => ({ model: whole, lora, scale, ids })));
      const differences = theirs.map((probabilities, index) => largestDifference(probabilities, expected[index]!));
      expect(Math.max(...differences)).toBeLessThan(dtype === "Q8_0" ? 5e-3 : 1e-3);
      expect(largestDifference(theirs[2]!, expected[0]!)).toBeGreaterThan(0.05);
    }
    handle.dispose();
    model.dispose();
  });
});
