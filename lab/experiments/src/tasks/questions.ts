// Questions about a text that holds the answer: XQuAD's English part (Artetxe et al. 2020), which is of SQuAD's dev set, on MiniLM-L6.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer, promptTemplate, tokenizeExamples } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { preparedModel } from "../../../benchmarks/src/harness/peer-folders.ts";
import { orderedBatches } from "./ordered-batches.ts";
import { parted, type Task, type TaskOptions } from "./task.ts";

const batchSize = 16;
const longest = 320;
/** Every fourth text is held out with its questions. */
const every = 4;
/** The best learning rates of the experiment `questions-rates`. */
const rates = { full: 1e-4, "lora-r8-qv": 2e-3 };

/** Throws if the data are missing. */
export async function questions(options: TaskOptions = {}): Promise<Task> {
  const path = join(process.env.LOWRANK_DATA ?? "", "xquad.en.json");
  if (!existsSync(path)) throw new Error(`No ${path}: LOWRANK_DATA names a folder with XQuAD's English part.`);
  const folder = openFolder(await preparedModel("minilm"));
  const tokenizer = await openTokenizer(folder);
  const read = (await readDataFile(path)).flatMap((row) => (row.kind === "question" ? [row] : []));
  const texts = parted([...new Set(read.map(({ context }) => context))], every, options);
  const tokens = (examples: typeof read) =>
    tokenizeExamples(examples, tokenizer, promptTemplate("plain"), { maxLength: longest }).examples;
  const train = tokens(read.filter(({ context }) => texts.train.includes(context))).slice(0, options.rows);
  const held = [...tokens(read.filter(({ context }) => texts.held.includes(context)))].sort(
    (one, other) => one.inputIds.length - other.inputIds.length,
  );
  const all = { train, held, padId: tokenizer.padId, batchSize, heldSize: batchSize };
  const { measureHeld, ...ordered } = orderedBatches(all);
  return {
    name: "questions",
    kind: "classes",
    figure: "f1",
    rateShare: 1,
    epochs: 3,
    rates,
    about: `MiniLM-L6 on ${train.length} of XQuAD's English questions, ${batchSize} a step; measured on ${held.length} about texts held out, F1 of tokens`,
    load: (seed) => loadModel(folder, { task: "question-answering", newHead: { seed } }),
    ...ordered,
    async measure(model) {
      const { loss, right: f1 } = await measureHeld(model);
      return { loss, f1 };
    },
  };
}
