import "@lowrank/engine/gradients";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { addTensors, changeExpected, copyCase, inFolder } from "./case-copies.ts";
import { runCase } from "./check-case.ts";

describe("the expectations of a case", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it.each([
    ["gpt2", "adapter.logits"],
    ["multi-adapter", "a.logits"],
    ["weighted-s1", "a.logits"],
    ["pissa", "fresh.logits"],
  ])("fails by name where nothing is known to compare: %s", (name, logits) =>
    inFolder(async (folder) => {
      const spoilt = await copyCase(name, folder);
      await addTensors(spoilt, { "weird.logits": logits, "nested.weird.loss": 1 });
      await changeExpected(spoilt, (expected) => ({
        ...expected,
        weird_norm: 2.5,
        remark: "text says nothing to compare",
      }));
      const { isEqual, problems } = await runCase(spoilt);
      expect(isEqual).toBe(false);
      expect(problems).toEqual([
        'nothing is known to compare with the tensor "nested.weird.loss"',
        'nothing is known to compare with the tensor "weird.logits"',
        `expected.json's "weird_norm" is not known`,
      ]);
    }),
  );

  it("are compared for a state of one adapter: switched off, detached, undone, read again, weighted", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("gpt2", folder);
      await addTensors(copy, {
        "disabled.logits": "base.logits",
        "unloaded.logits": "base.logits",
        "unmerged.logits": "adapter.logits",
        "reloaded.logits": "adapter.logits",
        "0*adapter.logits": "base.logits",
      });
      expect(await runCase(copy)).toMatchObject({ isEqual: true, problems: [] });
      await addTensors(copy, { "-0.5*adapter.logits": "adapter.logits" });
      const { isEqual, checks } = await runCase(copy);
      expect(isEqual).toBe(false);
      expect(checks.find(({ what }) => what === "-0.5*adapter.logits")?.difference).toBeGreaterThan(0.1);
    }));

  it("are compared for a weighted sum of several adapters, or the loss with them", () =>
    inFolder(async (folder) => {
      const copy = await copyCase("multi-adapter", folder);
      await addTensors(copy, { "0*a+1*b.logits": "b.logits", "1*a+b+c.logits": "a+b+c.logits" });
      await changeExpected(copy, (expected) => ({ ...expected, losses: { base: expected.base_loss } }));
      expect(await runCase(copy)).toMatchObject({ isEqual: true, problems: [] });
    }));

  it.each([
    ["base_loss", 1],
    ["adapter_loss", 1],
    ["final_loss", 1],
    ["grad_norm", 1],
    ["trainable_params", 1],
    ["targeted_modules", ["transformer.h.0.attn.c_attn"]],
    ["rank", { "transformer.h.0.attn.c_attn": 3 }],
    ["scaling", { "transformer.h.0.attn.c_attn": 3 }],
    ["inputs", { input_ids: [[1]] }],
    ["tensors", { "absent.logits": ["float32", [1]] }],
  ])("is held to expected.json's %s", (key, value) =>
    inFolder(async (folder) => {
      const spoilt = await copyCase("gpt2", folder);
      await changeExpected(spoilt, (expected) => ({ ...expected, [key]: value }));
      expect(await runCase(spoilt)).toMatchObject({ isEqual: false });
    }),
  );

  it.each([
    ["lrs", [1, 1, 1, 1, 1]],
    ["losses", [1, 1, 1, 1, 1]],
    ["grad_norms_before_clip", [1, 1, 1, 1, 1]],
    ["lora_plus_ratio", 16],
  ])("is held to the training's %s", (key, value) =>
    inFolder(async (folder) => {
      const spoilt = await copyCase("gpt2", folder);
      await changeExpected(spoilt, (expected) => ({
        ...expected,
        train: { ...(expected.train as object), [key]: value },
      }));
      expect(await runCase(spoilt)).toMatchObject({ isEqual: false });
    }),
  );

  it.each([
    ["optimizer", "Lion"],
    ["schedule", "polynomial"],
  ])("names a training's %s that is not known", (key, value) =>
    inFolder(async (folder) => {
      const spoilt = await copyCase("gpt2", folder);
      await changeExpected(spoilt, (expected) => ({
        ...expected,
        train: { ...(expected.train as object), [key]: value },
      }));
      await expect(runCase(spoilt)).rejects.toThrow(`train.${key} "${value}" is not known`);
    }),
  );
});
