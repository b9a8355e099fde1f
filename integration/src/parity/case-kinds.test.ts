// Kinds of cases that the sets in fixtures/ do not have, made from those that they have.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { changeExpected, changeTensors, copyCase, inFolder } from "./case-copies.ts";
import { runCase } from "./check-case.ts";

describe("a case", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it("without labels has logits and no loss, and fails if these differ", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("llama-gqa", folder);
      const isKept = (name: string) => /^(input_ids|attention_mask|(base|adapter|merged)\.logits)$/.test(name);
      await changeTensors(copy, (tensors) => {
        for (const name of [...tensors.keys()]) if (!isKept(name)) tensors.delete(name);
      });
      await changeExpected(copy, ({ name, rank }) => ({ name, rank }));
      const { isEqual, problems, checks } = await runCase(copy);
      expect({ isEqual, problems }).toEqual({ isEqual: true, problems: [] });
      expect(checks.map(({ what }) => what)).toEqual(expect.arrayContaining(["base.logits", "adapter.logits"]));
      await changeTensors(copy, (tensors) => tensors.set("adapter.logits", tensors.get("base.logits")!));
      expect((await runCase(copy)).isEqual).toBe(false);
    }));

  it("may have the update of a layer's weight that is a raw parameter, in the layout of files", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("target-parameters", folder);
      await changeTensors(copy, (tensors) => {
        tensors.set("delta.lin.weight", tensors.get("delta.lin")!);
        tensors.delete("delta.lin");
      });
      await changeExpected(copy, ({ tensors: _, ...expected }) => expected);
      const path = join(copy, "adapter", "adapter_config.json");
      const config = JSON.parse(await readFile(path, "utf8")) as object; // a copy of our own file
      const raw = { target_modules: [], target_parameters: ["mlp.experts", "lin.weight"] };
      await writeFile(path, JSON.stringify({ ...config, ...raw }));
      const { isEqual, checks } = await runCase(copy);
      expect(checks.find(({ what }) => what === "deltas")?.difference).toBeLessThan(1e-6);
      expect(isEqual).toBe(true);
    }));

  it("of CorDA measures positions without a label as well", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("../lora-features/corda-ipm", folder, "corda-ipm");
      await changeTensors(copy, (tensors) => {
        const labels = tensors.get("measured.labels")!;
        const data = new Uint8Array(labels.data);
        new Int32Array(data.buffer).fill(-100, 0, 7);
        tensors.set("measured.labels", { ...labels, data });
      });
      expect(await runCase(copy)).toMatchObject({ isEqual: true, problems: [] });
    }));
});
