// What --like-peft means: the defaults of PEFT and transformers in place of this library's.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { LoopOptions } from "../train/training-options.ts";

/** A LoraConfig's of PEFT: rank and alpha 8, and its own table of modules. */
export const likePeft: Partial<LoraConfig> = { rank: 8, alpha: 8, targetModules: null };

/** Those of transformers' Trainer. */
export const likeTrainer: LoopOptions = { batchSize: 8, learningRate: 5e-5, epochs: 3, warmupSteps: 0 };
