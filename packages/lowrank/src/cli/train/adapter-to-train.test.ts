import { fileURLToPath } from "node:url";
import type { AdapterHandle } from "@lowrank/inject";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { openModel } from "../../open/open-model.ts";
import { recordingIo } from "../terminal/recording-io.ts";
import { createReport } from "../terminal/report.ts";
import { adapterToTrain } from "./adapter-to-train.ts";
import type { TrainOptions } from "./train-options.ts";

const howItTrains = {
  data: "rows.jsonl",
  out: "adapter",
  batchSize: 1,
  accumulate: 1,
  learningRate: 1e-3,
  schedule: "constant",
  weightDecay: 0,
  clipNorm: 1,
  seed: 7,
} as const;

/** Makes a new adapter of all linear layers for a reference of `@lowrank/models`, for its own task. */
async function withNewAdapter<Found>(reference: string, look: (handle: AdapterHandle) => Found): Promise<Found> {
  const model = fileURLToPath(new URL(`../../../../models/fixtures/${reference}`, import.meta.url));
  const options: TrainOptions = { ...howItTrains, model, targetModules: "all-linear" };
  const report = createReport(recordingIo().io, {});
  const opened = await openModel({ model }, report);
  try {
    const start = { rows: [], padId: 0 };
    const handle = await adapterToTrain(opened, { options, tokenIds: [], variant: {}, start }, report);
    try {
      return look(handle);
    } finally {
      handle.dispose();
    }
  } finally {
    opened.dispose();
  }
}

describe("adapterToTrain", () => {
  it("trains the head that finds answers whole, as PEFT asks of such an adapter's file", async () => {
    await withNewAdapter("bert-question", ({ config, variables }) => {
      expect([config.taskType, config.modulesToSave]).toEqual(["QUESTION_ANS", ["qa_outputs"]]);
      expect([...variables.keys()].filter((key) => key.startsWith("qa_outputs"))).toEqual([
        "qa_outputs.weight",
        "qa_outputs.bias",
      ]);
    });
  });

  it("says of an encoder–decoder's adapter that it writes one sequence for another", async () => {
    const taskType = await withNewAdapter("../../../fixtures/peft/t5/base", ({ config }) => config.taskType);
    expect(taskType).toBe("SEQ_2_SEQ_LM");
  });

  it("gives DistilBERT's pre_classifier no pair: PEFT saves it whole, for its name ends with that of the classifier", async () => {
    await withNewAdapter("distilbert-classifier", ({ variables }) => {
      expect([...variables.keys()].filter((key) => key.startsWith("pre_classifier"))).toEqual([
        "pre_classifier.weight",
        "pre_classifier.bias",
      ]);
    });
  });
});
