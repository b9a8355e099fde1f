// mlx_lm itself loads the adapters that we write for it, onto the same base: its logits are held to ours.

import "@tensorflow/tfjs-backend-cpu";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeMlxAdapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { parseSafetensors, serializeSafetensors } from "@lowrank/safetensors";
import { fixturesRoot } from "@lowrank/testing";
import { findPrepared } from "@lowrank/testing/cache-folder";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

const found = findPrepared("mlx-venv");
if ("missing" in found) console.info(`skipped: mlx_lm loads our adapters – ${found.missing}`);
const script = join(import.meta.dirname, "../../../scripts/python/logits_in_mlx.py");
const ids = [5, 17, 33, 2, 64, 8];

interface Logits {
  readonly plain: readonly number[];
  readonly adapted: readonly number[];
}

interface Case {
  readonly name: string;
  /** Keys of config.json as mlx_lm reads them. */
  readonly older: object;
  /** What the Hub's own file does not begin its names with. */
  readonly bare?: string;
  /** How many tokens attention sees at most. */
  readonly within?: number;
}

function logitsInMlx({ base, adapter, ids }: { base: string; adapter: string; ids: readonly number[] }): Logits {
  const python = "folder" in found ? join(found.folder, "bin", "python") : "python3";
  const { stdout, stderr, status } = spawnSync(python, [script, base, adapter, ids.join()], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  // Written by the script beside.
  return JSON.parse(stdout) as Logits;
}

const largest = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((most, value, index) => Math.max(most, Math.abs(value - (other[index] ?? Number.NaN))), 0);

describe.skipIf("missing" in found)("mlx_lm with an adapter that we wrote", () => {
  // It reads keys of the base's configuration that transformers 5 has elsewhere, and mistral's and gemma2's windows not at all.
  const rope = { rope_theta: 10_000 };
  const neox = { rotary_emb_base: 10_000, rotary_pct: 0.5 };
  it.each([
    ...["llama-gqa", "llama-gqa-tied", "patterns", "dora-linear", "qwen3", "phi3"].map((name) => ({ name, older: {} })),
    { name: "qwen2", older: rope },
    { name: "mistral", older: rope, within: 4 },
    { name: "gemma2", older: rope, within: 4 },
    { name: "gpt2", older: { n_ctx: 64 }, bare: "transformer." },
    { name: "gpt_neox", older: neox },
  ])(
    "computes what we do: $name",
    { timeout: 120_000 },
    async ({ name, older, bare = "", within = ids.length }: Case) => {
      const [base, source] = [join(fixturesRoot, name, "base"), join(fixturesRoot, name, "adapter")];
      const folder = mkdtempSync(join(tmpdir(), "lowrank-mlx-"));
      const adapter = await readAdapterFolder(source);
      const read = ids.slice(0, within);
      const config: object = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
      writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...older }));
      const weights = parseSafetensors(readFileSync(join(base, "model.safetensors")));
      const renamed = [...weights.tensors.values()].map(
        (tensor) => [tensor.name.replace(bare, ""), { ...tensor, data: weights.bytes(tensor.name) }] as const,
      );
      writeFileSync(
        join(folder, "model.safetensors"),
        serializeSafetensors(new Map(renamed), new Map([["format", "pt"]])),
      );
      for (const [file, content] of Object.entries(writeMlxAdapter(adapter)))
        writeFileSync(join(folder, file), content);
      const model = await loadModel(openFolder(base));
      const handle = attachAdapter(model, adapter);
      const ours = tf.tidy(() => {
        const inputIds = tf.tensor2d([read], undefined, "int32");
        return model.forward({ inputIds }, inferenceContext(activeAdapters(handle.name))).dataSync();
      });
      const { plain, adapted } = logitsInMlx({ base: folder, adapter: folder, ids: read });
      expect(largest(ours, adapted)).toBeLessThan(1e-3);
      expect(largest(plain, adapted)).toBeGreaterThan(1e-2); // it does something
      handle.dispose();
      model.dispose();
      rmSync(folder, { recursive: true });
    },
  );
});
