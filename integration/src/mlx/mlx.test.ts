// mlx_lm itself loads the adapters that we write for it, and writes some that we read, onto the same base: its logits are held to
// ours.

import "@tensorflow/tfjs-backend-cpu";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Adapter, writeMlxAdapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { serializeSafetensors } from "@lowrank/safetensors";
import { parseSafetensors } from "@lowrank/safetensors/internal";
import { fixturesRoot } from "@lowrank/testing";
import { findPrepared } from "@lowrank/testing/cache-folder";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";

const found = findPrepared("mlx-venv");
if ("missing" in found) console.info(`skipped: mlx_lm loads our adapters – ${found.missing}`);
const scripts = join(import.meta.dirname, "../../../scripts/python");
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

function logitsInMlx(script: string, ...args: readonly string[]): Logits {
  const python = "folder" in found ? join(found.folder, "bin", "python") : "python3";
  const { stdout, stderr, status } = spawnSync(python, [join(scripts, script), ...args], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  // Written by the script in this folder.
  return JSON.parse(stdout) as Logits;
}

/** Puts a base into a folder as mlx_lm reads it. */
function writeBase(folder: string, { name, older, bare = "" }: Case): void {
  const base = join(fixturesRoot, name, "base");
  const config: object = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...older }));
  const weights = parseSafetensors(readFileSync(join(base, "model.safetensors")));
  const renamed = [...weights.tensors.values()].map(
    (tensor) => [tensor.name.replace(bare, ""), { ...tensor, data: weights.bytes(tensor.name) }] as const,
  );
  writeFileSync(join(folder, "model.safetensors"), serializeSafetensors(new Map(renamed), new Map([["format", "pt"]])));
}

async function ourLogits(name: string, adapter: Adapter, read: readonly number[]): Promise<ArrayLike<number>> {
  const model = await loadModel(openFolder(join(fixturesRoot, name, "base")));
  const handle = attachAdapter(model, adapter);
  const logits = tf.tidy(() => {
    const inputIds = tf.tensor2d([[...read]], undefined, "int32");
    return model.forward({ inputIds }, inferenceContext(activeAdapters(handle.name))).dataSync();
  });
  handle.dispose();
  model.dispose();
  return logits;
}

const largest = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((max, value, index) => Math.max(max, Math.abs(value - (other[index] ?? Number.NaN))), 0);

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
  ])("computes what we do: $name", { timeout: 120_000 }, async ({ within = ids.length, ...one }: Case) => {
    const folder = mkdtempSync(join(tmpdir(), "lowrank-mlx-"));
    const adapter = await readAdapterFolder(join(fixturesRoot, one.name, "adapter"));
    const read = ids.slice(0, within);
    writeBase(folder, one);
    for (const [file, content] of Object.entries(writeMlxAdapter(adapter))) writeFileSync(join(folder, file), content);
    const ours = await ourLogits(one.name, adapter, read);
    const { plain, adapted } = logitsInMlx("logits_in_mlx.py", folder, folder, read.join());
    expect(largest(ours, adapted)).toBeLessThan(1e-3);
    expect(largest(plain, adapted)).toBeGreaterThan(1e-2); // it does something
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf("missing" in found)("an adapter that mlx_lm wrote", () => {
  it.each(["lora", "dora"])("gives our model the logits of mlx_lm: %s", { timeout: 120_000 }, async (kind) => {
    const [base, folder] = ["base", "adapter"].map((part) => mkdtempSync(join(tmpdir(), `lowrank-mlx-${part}-`)));
    writeBase(base!, { name: "llama-gqa", older: {} });
    const { plain, adapted } = logitsInMlx("adapter_of_mlx.py", base!, folder!, ids.join(), kind);
    const ours = await ourLogits("llama-gqa", await readAdapterFolder(folder!), ids);
    expect(largest(ours, adapted)).toBeLessThan(1e-3);
    expect(largest(plain, adapted)).toBeGreaterThan(1e-2); // it does something
    for (const made of [base!, folder!]) rmSync(made, { recursive: true });
  });
});
