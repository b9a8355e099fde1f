// Instructions: Self-Instruct's seed tasks in Alpaca's words, on SmolLM2-135M.

import { jobRows } from "../../../benchmarks/src/jobs/job-data.ts";
import { parted, type Task, type TaskOptions } from "./task.ts";
import { type TextRow, textBatches } from "./text-batches.ts";

/** To search for rates, of the rows that are trained on otherwise. */
const every = 6;
/** The best learning rates of the experiment `instructions-rates`. */
const rates = { full: 1e-4, "lora-r8-qv": 4e-3 };

export async function instructions(options: TaskOptions = {}): Promise<Task> {
  const found = await jobRows("alpaca", { train: Number.POSITIVE_INFINITY, validation: 25 });
  if (!found.isReal) throw new Error("LOWRANK_DATA names no folder with alpaca-seed_tasks.jsonl.");
  const read = options.forRates ? parted(found.train, every, options) : { train: found.train, held: found.validation };
  const textsOf = (all: typeof found.train) => all.map(({ prompt, completion }) => ({ prompt, completion }) as TextRow);
  const [train, held] = [textsOf(read.train).slice(0, options.rows), textsOf(read.held)];
  const texts = await textBatches({ train, held });
  return {
    name: "instructions",
    kind: "texts",
    figure: "likelihood",
    epochs: 2,
    rateShare: 1,
    rates,
    about: `SmolLM2-135M on ${train.length} of Self-Instruct's seed tasks, 8 a step; measured on ${held.length} held out`,
    ...texts,
    measure: texts.likelihood,
  };
}
