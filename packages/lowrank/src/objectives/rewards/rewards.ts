// Learning from rewards: the model writes completions of prompts, a reward function judges them, and completions that are better
// than others of their prompt become more likely (GRPO, Shao et al. 2024; RLOO, Ahmadian et al. 2024).

import type { TextTokenizer } from "@lowrank/data";
import { policyLoss } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { WrongTaskError } from "../../errors/model-errors.ts";
import { sampleNote } from "../../rewards/sample-note.ts";
import type { DistillationSettings } from "../distillation/distillation.ts";
import type { LearningPlan, Objective } from "../objective.ts";
import { measureReward } from "./measure-reward.ts";
import { gkdPlan } from "./on-policy-distillation.ts";
import {
  type RewardOptions,
  type RewardSettings,
  refuseOthers,
  rewardSettings,
  settingsInWords,
} from "./reward-settings.ts";
import { watchSpread } from "./watch-spread.ts";
import { writeRecords } from "./write-records.ts";
import { type RecordWriter, startWriting } from "./written-batches.ts";

type Options = RewardOptions & DistillationSettings & { readonly tokenizer?: TextTokenizer | undefined };

export const rewards: Objective<Options> = {
  rows: "a prompt, for learning from rewards",
  takes: (row) => row.kind === "prompt",
  options: ["objective", "beta", "teacher", "template"],
  hasText: true,
  batchSize: [4, "prompts, each with several completions"],
  bestBy: "reward",
  rate: ({ rate, size }) => [rate / 10, `a tenth of the rate for a language model ${size}`],
  textOf: () => undefined,
  refuse({ task, modelType }) {
    if (task === "causal-lm") return;
    const advice = "Use a decoder-only model such as Llama or Qwen.";
    throw new WrongTaskError(modelType, task, "Learning from rewards", advice);
  },
  plan(_source, _rows, { tokenizer, ...options }) {
    if (tokenizer === undefined) throw new Error("Prompts need a tokenizer.");
    if (options.objective === "gkd") return gkdPlan(options, tokenizer);
    refuseOthers(options, ["teacher", "teacherShare", "divergence", "divergenceTemperature", "klToBase"]);
    return planOf(rewardSettings(options), tokenizer);
  },
};

function planOf(settings: RewardSettings, tokenizer: TextTokenizer): LearningPlan {
  return {
    kind: "rewards",
    words: settingsInWords(settings),
    comparesNeighbours: true,
    written: {
      ...settings,
      start(run) {
        const watch = watchSpread(run.onWarning);
        const { logCompletions = Number.POSITIVE_INFINITY, numGenerations } = settings;
        let rollouts = 0;
        const onScored: Parameters<typeof writeRecords>[1]["onScored"] = (inputs, totals) => {
          rollouts += 1;
          if (rollouts % logCompletions === 0) run.note?.(sampleNote(inputs, totals, numGenerations));
        };
        const write: RecordWriter["write"] = async (prompts, key) => {
          const writer = { ...run, settings, tokenizer, adapter: run.adapter.name, key, onScored };
          const records = await writeRecords(prompts, writer);
          watch.add(records);
          return records;
        };
        return startWriting(run, { ...settings, write });
      },
    },
    loss(model, batch, { context }) {
      if (batch.policy === undefined) throw new Error("The batches of this loss are written during the run.");
      const { share, ...targets } = batch.policy;
      return tf.tidy(() => tf.mul(policyLoss(model, { ...batch, ...targets }, { ...settings, context }), share));
    },
    measure: (model, data, how) => measureReward(model, data, { ...how, settings, tokenizer }),
  };
}
