// The experiments by name.

import { subspaces } from "./analyses/subspaces.ts";
import { latency } from "./costs/latency.ts";
import { switching } from "./costs/switching.ts";
import type { Experiment } from "./experiment.ts";
import { digits } from "./tasks/digits/digits.ts";
import { e2e } from "./tasks/e2e.ts";
import { instructions } from "./tasks/instructions.ts";
import { korean } from "./tasks/korean.ts";
import { questions } from "./tasks/questions.ts";
import { sst2 } from "./tasks/sst2.ts";
import { sweepInPeft } from "./training/peer-sweep.ts";
import { searchRates } from "./training/rates.ts";
import { sweep } from "./training/sweep.ts";

export const experiments: readonly Experiment[] = [
  {
    name: "sst2",
    work: "every method on MiniLM and SST-2, seed by seed",
    run: async (options) => sweep(await sst2(options), options),
  },
  {
    name: "sst2-rates",
    work: "the learning rate that a method is best with, on rows of SST-2's training file; src/methods has what it found",
    run: async (options) => searchRates(await sst2({ ...options, heldOut: 800 }), options),
  },
  {
    name: "sst2-peft",
    work: "three of these methods by the same recipe in PEFT and torch",
    run: async (options) => sweepInPeft(await sst2(options), options),
  },
  {
    name: "e2e",
    work: "methods on SmolLM2 and E2E; with LOWRANK_METRICS, a Python, the paper's five figures",
    run: async (options) => sweep(await e2e(options), options),
  },
  {
    name: "e2e-rates",
    work: "the learning rate that full fine-tuning and LoRA are best with, on other restaurants; e2e.ts has what it found",
    run: async (options) => searchRates(await e2e({ ...options, forRates: true }), options),
  },
  {
    name: "e2e-peft",
    work: "two of these methods by the same recipe in PEFT and torch",
    run: async (options) => sweepInPeft(await e2e(options), options),
  },
  {
    name: "questions",
    work: "methods on MiniLM and XQuAD's English questions",
    run: async (options) => sweep(await questions(options.rows), options),
  },
  {
    name: "instructions",
    work: "methods on SmolLM2 and Self-Instruct's seed tasks",
    run: async (options) => sweep(await instructions(options.rows), options),
  },
  {
    name: "korean",
    work: "methods on SmolLM2 and the articles of the Korean constitution, in KoAlpaca's words",
    run: async (options) => sweep(await korean(options.rows), options),
  },
  {
    name: "digits",
    work: "methods on a small ViT that goes from coarse digits to MNIST's",
    run: async (options) => sweep(await digits(options.rows), options),
  },
  {
    name: "subspaces",
    work: "section 7 of the paper, from the adapters that sst2 left in runs/: r = 8 against 64, two seeds, amplification",
    run: () => subspaces(),
  },
  {
    name: "latency",
    work: "a forward pass of MiniLM: as it is, merged, with an adapter beside it, with added layers, with a prefix",
    run: () => latency(),
  },
  {
    name: "switching",
    work: "a hundred adapters on one MiniLM: bytes and milliseconds",
    run: () => switching(),
  },
];
