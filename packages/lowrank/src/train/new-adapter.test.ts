import { fileURLToPath } from "node:url";
import type { AdapterHandle } from "@lowrank/inject";
import { describe, expect, it } from "vitest";
import { openModel } from "../index.ts";
import { configFor } from "./new-adapter.ts";

/** Makes a new adapter of all linear layers for a reference of `@lowrank/models`, for its own task. */
async function withNewAdapter<Found>(reference: string, look: (handle: AdapterHandle) => Found): Promise<Found> {
  const path = fileURLToPath(new URL(`../../../models/fixtures/${reference}`, import.meta.url));
  const model = await openModel(path, { engine: false });
  try {
    return look(model.adapt({ targetModules: "all-linear" }, { seed: 7 }).handle);
  } finally {
    model.dispose();
  }
}

describe("a new adapter", () => {
  it("trains a question-answering head in full, as PEFT's adapter file requires", async () => {
    await withNewAdapter("bert-question", ({ config, variables }) => {
      expect([config.taskType, config.modulesToSave]).toEqual(["QUESTION_ANS", ["qa_outputs"]]);
      expect([...variables.keys()].filter((key) => key.startsWith("qa_outputs"))).toEqual([
        "qa_outputs.weight",
        "qa_outputs.bias",
      ]);
    });
  });

  it.each([-1, 0])("refuses an alpha of %d and names the field", async (alpha) => {
    const path = fileURLToPath(new URL("../../../models/fixtures/bert-question", import.meta.url));
    const model = await openModel(path, { engine: false });
    expect(() => model.adapt({ alpha })).toThrow(`alpha: found ${alpha}, expected a number above 0`);
    expect(() => model.adapt({ alphaPattern: new Map([["query", alpha]]) })).toThrow("alphaPattern");
    model.dispose();
  });

  it("has the Hub's name of its base if it is known: the path is in the Hub's cache", async () => {
    const path = fileURLToPath(new URL("../../../models/fixtures/bert-question", import.meta.url));
    const model = await openModel(path, { engine: false });
    const nameOf = (basePath: string) => configFor(model.base, {}, { name: basePath, basePath }).baseModel;
    const commit = "0123456789abcdef0123456789abcdef01234567";
    expect(nameOf(`/cache/hub/models--owner--my--model.v2/snapshots/${commit}`)).toBe("owner/my--model.v2");
    expect(nameOf(`C:\\hub\\models--owner--name\\snapshots\\${commit}`)).toBe("owner/name");
    expect(nameOf("/models/my-model")).toBe("./my-model");
    expect(configFor(model.base, { baseModel: "other/name" }, { name: path, basePath: path }).baseModel).toBe(
      "other/name",
    );
    model.dispose();
  });

  it("has the sequence-to-sequence task type for an encoder–decoder", async () => {
    const taskType = await withNewAdapter("../../../fixtures/peft/t5/base", ({ config }) => config.taskType);
    expect(taskType).toBe("SEQ_2_SEQ_LM");
  });

  it("adds no LoRA to DistilBERT's pre_classifier: PEFT saves it in full, because its name ends like the classifier's", async () => {
    await withNewAdapter("distilbert-classifier", ({ variables }) => {
      expect([...variables.keys()].filter((key) => key.startsWith("pre_classifier"))).toEqual([
        "pre_classifier.weight",
        "pre_classifier.bias",
      ]);
    });
  });
});
