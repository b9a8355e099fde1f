// Instructions: Self-Instruct's seed tasks in Alpaca's words, on SmolLM2-135M.

import { jobRows } from "../../../benchmarks/src/jobs/job-data.ts";
import type { Task } from "./task.ts";
import { type TextRow, textBatches } from "./text-batches.ts";

export async function instructions(rows = Number.POSITIVE_INFINITY): Promise<Task> {
  const found = await jobRows("alpaca", { train: rows, validation: 25 });
  if (!found.isReal) throw new Error("LOWRANK_DATA names no folder with alpaca-seed_tasks.jsonl.");
  const textsOf = (all: typeof found.train) => all.map(({ prompt, completion }) => ({ prompt, completion }) as TextRow);
  const texts = await textBatches({ train: textsOf(found.train), held: textsOf(found.validation) });
  return {
    ...{ name: "instructions", kind: "texts", figure: "likelihood", epochs: 2, rateShare: 0.15 },
    about: `SmolLM2-135M on ${found.train.length} of Self-Instruct's seed tasks, two epochs of 8 a step; measured on ${found.validation.length} held out`,
    ...texts,
    measure: texts.likelihood,
  };
}
