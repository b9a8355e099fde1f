// A table that an adapter's file brings along reaches every module that shares it: what becomes of it in mixed batches, in
// merged and exported models, and in files.

import { join } from "node:path";
import { adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { exportModel, mergeAdapter } from "@lowrank/merge";
import { filesFolder, loadModel, PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose, expectNoLeak, fixturesRoot, readFixture } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  adapterContext,
  baseContext,
  disposeInputs,
  inputsOf,
  logitsOf,
  openCase,
  type ParityCase,
} from "./parity/fixture/parity-case.ts";

beforeAll(() => tf.setBackend("cpu"));

const cases = [
  "tied-llama-embed-target-own-new-rows",
  "t5-own-new-rows",
  "bart-own-new-rows",
  ...["gpt2", "gpt2-rows", "opt", "bert", "gemma", "t5", "bart"].map((name) => `other-table-${name}`),
];

const folderOf = (name: string) => join(fixturesRoot, "../shared-tables", name);

/** Opens a case, and holds the test to leaving nothing behind. */
function withCase(
  name: string,
  test: (parity: ParityCase, logits: (context: ForwardContext) => Promise<Float32Array>) => Promise<void>,
): Promise<void> {
  return expectNoLeak(
    async () => {
      const fixture = await readFixture(folderOf(name));
      const parity = await openCase(fixture);
      const inputs = inputsOf(fixture);
      try {
        await test(parity, (context) => logitsOf(parity.model, inputs, context));
      } finally {
        disposeInputs(inputs);
        parity.dispose();
      }
    },
    { warmUp: false },
  );
}

describe.each(cases)("the table that %s brings along", (name) => {
  it("acts in the rows of a batch that select its adapter, and in no others", () =>
    withCase(name, async ({ fixture }, logits) => {
      const [base, adapted] = [await logits(baseContext), await logits(adapterContext)];
      const names = ["default", null, "default"].slice(0, fixture.tensor("input_ids").shape[0]);
      const size = base.length / names.length;
      const wanted = names.flatMap((one, row) => [
        ...(one === null ? base : adapted).slice(row * size, (row + 1) * size),
      ]);
      expectClose(await logits(inferenceContext(adapterRows(names))), wanted, 1e-5);
    }));

  it("leaves the base bit for bit what it was when the adapter goes, and comes back from a file as it was", () =>
    withCase(name, async ({ adapter, handle, model }, logits) => {
      const [base, adapted] = [await logits(baseContext), await logits(adapterContext)];
      expect((await handle.toAdapter()).tensors).toEqual(adapter.tensors);
      handle.detach();
      expect(await logits(baseContext)).toEqual(base);
      await expect(logits(adapterContext)).rejects.toThrow(expect.objectContaining({ code: "UNKNOWN_ADAPTER" }));
      const again = attachAdapter(model, await handle.toAdapter());
      expect(await logits(adapterContext)).toEqual(adapted);
      again.dispose();
    }));

  it("is merged wherever it acts, written to files and unmerged", () =>
    withCase(name, async ({ fixture, handle, model }, logits) => {
      if (!(model instanceof PretrainedModel)) throw new TypeError("The case has a model of transformers'.");
      const [base, adapted] = [await logits(baseContext), await logits(adapterContext)];
      const merged = await mergeAdapter(model, handle, { tied: "untie" });
      expectClose(await logits(baseContext), adapted, 1e-5);
      const files = await exportModel(model, { source: openFolder(join(folderOf(name), "base")) });
      const written = await loadModel(filesFolder("merged", files));
      const inputs = inputsOf(fixture);
      expectClose(await logitsOf(written, inputs, baseContext), adapted, 1e-5);
      disposeInputs(inputs);
      written.dispose();
      merged.undo();
      expect(await logits(baseContext)).toEqual(base);
      expect(await logits(adapterContext)).toEqual(adapted);
    }));
});
