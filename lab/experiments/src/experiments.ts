// The experiments by name.

import { subspaces } from "./analyses/subspaces.ts";
import { latency } from "./costs/latency.ts";
import { switching } from "./costs/switching.ts";
import { defaults } from "./defaults/defaults.ts";
import type { Experiment, ExperimentOptions } from "./experiment.ts";
import { recall } from "./recall/recall.ts";
import { digits } from "./tasks/digits/digits.ts";
import { e2e } from "./tasks/e2e.ts";
import { instructions } from "./tasks/instructions.ts";
import { korean } from "./tasks/korean.ts";
import { questions } from "./tasks/questions.ts";
import { sst2 } from "./tasks/sst2.ts";
import type { Task, TaskOptions } from "./tasks/task.ts";
import { sweepInPeft } from "./training/peer-sweep.ts";
import { searchRates } from "./training/rates.ts";
import { sweep } from "./training/sweep.ts";

/** A comparison of methods on a task. */
interface Comparison {
  readonly name: string;
  /** One line for people. */
  readonly work: string;
  /** Unless others are named; absent: all. */
  readonly only?: readonly string[];
  /** Whether PEFT and torch train on it, too. */
  readonly inPeft?: boolean;
  read(options: TaskOptions): Promise<Task>;
}

/** One method of each kind. */
const mainMethods = "full head bitfit adapter-houlsby prefix ia3 lora-r8-qv lora-r8-all dora-r8".split(" ");

const comparisons: readonly Comparison[] = [
  { name: "sst2", work: "every method on MiniLM and SST-2, seed by seed", read: sst2, inPeft: true },
  {
    name: "e2e",
    work: "methods on SmolLM2 and E2E; with LOWRANK_METRICS, a Python, the paper's five figures",
    only: ["full", "lora-r8-qv", "lora-r2-all", "lora-r8-all"],
    read: e2e,
    inPeft: true,
  },
  {
    name: "questions",
    work: "methods on MiniLM and XQuAD's English questions",
    only: mainMethods,
    read: questions,
  },
  {
    name: "instructions",
    work: "methods on SmolLM2 and Self-Instruct's seed tasks",
    only: mainMethods,
    read: instructions,
  },
  {
    name: "korean",
    work: "methods on SmolLM2 and the articles of the Korean constitution, in KoAlpaca's words",
    only: mainMethods,
    read: korean,
  },
  {
    name: "digits",
    work: "methods on a small ViT that goes from coarse digits to MNIST's",
    only: mainMethods,
    read: digits,
  },
];

export const experiments: readonly Experiment[] = [
  ...comparisons.flatMap(commandsOf),
  defaults,
  recall,
  {
    name: "subspaces",
    work: "section 7 of the paper, from the adapters that sst2 left in runs/: r = 8 against 64, two seeds, amplification",
    run: () => subspaces(),
  },
  {
    name: "latency",
    work: "a forward pass of MiniLM: as it is, merged, with an unmerged adapter, with added layers, with a prefix",
    run: () => latency(),
  },
  {
    name: "switching",
    work: "a hundred adapters on one MiniLM: bytes and milliseconds",
    run: () => switching(),
  },
];

/** The experiments of a comparison: its runs, the search for its learning rates and, if it has one, PEFT's side. */
function commandsOf({ name, work, only, inPeft = false, read }: Comparison): readonly Experiment[] {
  const taskFor = async ({
    epochs,
    dropout,
    ...options
  }: TaskOptions & Pick<ExperimentOptions, "epochs" | "dropout">) => {
    const task = await read(options);
    // What was trained for longer or with dropout is kept by itself.
    const longer = epochs === undefined ? task : { ...task, epochs, name: `${task.name}-${epochs}-epochs` };
    return dropout ? { ...longer, dropout, name: `${longer.name}-dropout` } : longer;
  };
  const runs: Experiment = {
    name,
    work,
    run: async (options) => sweep(await taskFor(options), { ...(only === undefined ? {} : { only }), ...options }),
  };
  const rates: Experiment = {
    name: `${name}-rates`,
    work: "the learning rate that each method is best with, on rows that are not compared on",
    run: async (options) => searchRates(await taskFor({ ...options, forRates: true }), options),
  };
  const peer: Experiment = {
    name: `${name}-peft`,
    work: "some of these methods by the same recipe in PEFT and torch",
    run: async (options) => sweepInPeft(await taskFor(options), options),
  };
  return [runs, rates, ...(inPeft ? [peer] : [])];
}
