// SST-2 (Socher et al. 2013) on MiniLM-L6: is a sentence of a film review positive or negative?

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer, promptTemplate, tokenizeExamples } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { preparedModel } from "../../../benchmarks/src/harness/peer-folders.ts";
import { orderedBatches } from "./ordered-batches.ts";
import type { Task, TaskOptions } from "./task.ts";

const fileNames = ["sst2-train.tsv", "sst2-dev.tsv"];
const batchSize = 16;
const maxLength = 64;
/**
 * The best learning rates of `sst2-rates --epochs 3 --dropout`. Full fine-tuning is not listed and keeps its usual rate: half
 * of it has a lower loss but also a lower accuracy, on the rows held out and on dev.
 */
const ratesWithDropout = {
  "lora-r2-all-pooler": 2.5e-4,
  "lora-r8-all": 5e-4,
  "lora-r8-all-head": 2.5e-4,
  "lora-r8-qv": 1e-3,
  "lora-r8-qv-head": 1e-3,
};

/** The folder of SST-2's files. Throws if it does not exist. */
function sst2Folder(): string {
  const folder = process.env.LOWRANK_DATA ?? "";
  const missing = fileNames.map((name) => join(folder, name)).filter((file) => !existsSync(file));
  if (missing.length === 0) return folder;
  throw new Error(
    `No ${missing.join(" and no ")}: LOWRANK_DATA names a folder with SST-2's two files, which may not be shipped.`,
  );
}

/** Rows at the end of the training file that are held out in searches for learning rates. */
const rateSearchRows = 800;

/** The task with its rows read. Throws if the files are missing. */
export async function sst2({ rows, forRates = false }: TaskOptions = {}): Promise<Task> {
  const data = sst2Folder();
  const files = fileNames.map((name) => join(data, name));
  const folder = openFolder(await preparedModel("minilm"));
  const tokenizer = await openTokenizer(folder);
  const read = async (path: string) => {
    const examples = await readDataFile(path, { header: ["sentence", "label"] });
    // Each sentence is a whole text: no template is used.
    return tokenizeExamples(examples, tokenizer, promptTemplate("plain"), { maxLength }).examples;
  };
  const [train = [], dev = []] = await Promise.all(files.map(read));
  const used = (forRates ? train.slice(0, -rateSearchRows) : train).slice(0, rows);
  const held = forRates ? train.slice(-rateSearchRows) : dev;
  const byLength = [...held].sort((one, other) => one.inputIds.length - other.inputIds.length);
  const all = { train: used, held: byLength, padId: tokenizer.padId, batchSize, heldSize: 64 };
  const { measureHeld, ...ordered } = orderedBatches(all);
  return {
    name: "sst2",
    kind: "classes",
    rateShare: 1,
    ratesWithDropout,
    about: `MiniLM-L6 (22.7 million parameters) on SST-2: ${used.length} sentences, ${batchSize} a step; measured on ${forRates ? `${held.length} others of the training file` : `the ${held.length} of dev`}`,
    figure: "accuracy",
    epochs: 1,
    load: (seed) => loadModel(folder, { task: "sequence-classification", numLabels: 2, newHead: { seed } }),
    ...ordered,
    async measure(model) {
      const { loss, right: accuracy } = await measureHeld(model);
      return { loss, accuracy };
    },
  };
}
