// mlx_lm itself loads the adapters that we write for it, onto the same base: its logits are held to ours.

import "@tensorflow/tfjs-backend-cpu";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeMlxAdapter } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
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

function logitsInMlx(base: string, adapter: string): Logits {
  const python = "folder" in found ? join(found.folder, "bin", "python") : "python3";
  const { stdout, stderr, status } = spawnSync(python, [script, base, adapter, ids.join()], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  // Written by the script beside.
  return JSON.parse(stdout) as Logits;
}

const largest = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((most, value, index) => Math.max(most, Math.abs(value - (other[index] ?? Number.NaN))), 0);

describe.skipIf("missing" in found)("mlx_lm with an adapter that we wrote", () => {
  it.each(["llama-gqa", "llama-gqa-tied", "patterns", "dora-linear", "qwen3", "phi3"])(
    "computes what we do: %s",
    { timeout: 120_000 },
    async (name) => {
      const [base, source] = [join(fixturesRoot, name, "base"), join(fixturesRoot, name, "adapter")];
      const folder = mkdtempSync(join(tmpdir(), "lowrank-mlx-"));
      const adapter = await readAdapterFolder(source);
      for (const [file, content] of Object.entries(writeMlxAdapter(adapter)))
        writeFileSync(join(folder, file), content);
      const model = await loadModel(openFolder(base));
      const handle = attachAdapter(model, adapter);
      const ours = tf.tidy(() => {
        const inputIds = tf.tensor2d([ids], undefined, "int32");
        return model.forward({ inputIds }, inferenceContext(activeAdapters(handle.name))).dataSync();
      });
      const { plain, adapted } = logitsInMlx(base, folder);
      expect(largest(ours, adapted)).toBeLessThan(1e-3);
      expect(largest(plain, adapted)).toBeGreaterThan(1e-2); // it does something
      handle.dispose();
      model.dispose();
      rmSync(folder, { recursive: true });
    },
  );
});
