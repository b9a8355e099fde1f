// LoRA (Hu et al. 2021, "the paper" below) and its variants, as `@lowrank/inject` attaches them.

import { createLoraConfig, type LoraConfig, type TaskType } from "@lowrank/adapter-format";
import { injectAdapter, planInjection } from "@lowrank/inject";
import type { PretrainedModel } from "@lowrank/models";
import { loraPlus } from "@lowrank/trainer";
import type { LearningRateGroup } from "@lowrank/trainer/internal";
import { type Role, targetsOf } from "./block-sites.ts";
import type { Adapted, Method } from "./method.ts";

const queryAndValue: readonly Role[] = ["query", "value"];
const allRoles: readonly Role[] = ["query", "key", "value", "attentionOutput", "feedForwardInput", "feedForwardOutput"];

interface LoraRow {
  readonly name: string;
  readonly label: string;
  readonly rank?: number;
  readonly roles?: readonly Role[];
  /** Other modules, by the names that PEFT would match. */
  readonly alsoAt?: readonly string[];
  readonly learningRate?: number;
  readonly groups?: readonly LearningRateGroup[];
  readonly config?: Partial<LoraConfig>;
}

/** Decides which new head is trained in addition to A and B. */
const taskTypes: Readonly<Partial<Record<PretrainedModel["task"], TaskType>>> = {
  "sequence-classification": "SEQ_CLS",
  "question-answering": "QUESTION_ANS",
};

/** The best learning rate of the experiment `sst2-rates`. LoRA on all linear layers gets half of it. */
const rate = 2e-3;
/** As in the paper, α keeps the value of the first rank that was tried. */
const alpha = 16;
/** As in PEFT's examples; used by tasks that are trained with dropout. */
const dropout = 0.1;
/** BERT's pooler, trained in full. The classifier after it always is. */
const wholeHead: Partial<LoraConfig> = { modulesToSave: ["pooler"] };

function lora({
  name,
  label,
  rank = 8,
  roles = queryAndValue,
  alsoAt = [],
  learningRate = rate,
  groups,
  config,
}: LoraRow): Method {
  return {
    name,
    label,
    group: "low rank",
    learningRate,
    adapt(model, seed): Adapted {
      const targetModules = [...targetsOf(model, roles), ...alsoAt];
      const taskType = taskTypes[model.task] ?? "CAUSAL_LM";
      // PEFT has no task type for images: modules_to_save names the new classifier instead.
      const fields = model.task === "image-classification" ? { modulesToSave: ["classifier"] } : { taskType };
      const plan = planInjection(
        model,
        createLoraConfig({ rank, alpha, dropout, targetModules, ...fields, ...config }),
      );
      const handle = injectAdapter(model, plan, { seed, baseFingerprint: model.fingerprint });
      return {
        variables: handle.variables,
        ...(groups === undefined ? {} : { learningRateGroups: groups }),
        handle,
        dispose: () => handle.dispose(),
      };
    },
  };
}

/** The ranks of the paper's table 6. */
export const ranks: readonly number[] = [1, 2, 4, 8, 64];

/** The name of LoRA with a rank on query and value ("qv") or on all linear layers. */
export function rankName(rank: number, matrices: "qv" | "all"): string {
  return `lora-r${rank}-${matrices}`;
}

/** The name of LoRA with the paper's settings. */
export const standard: string = rankName(8, "qv");

/** For classifiers: the paper trains RoBERTa's whole head, which has a layer like BERT's pooler. */
const standardWithHead = `${standard}-head`;

export const rankSweep: readonly Method[] = ranks.flatMap((rank) => [
  lora({ name: rankName(rank, "qv"), label: `LoRA, r = ${rank}, query and value`, rank }),
  lora({
    name: rankName(rank, "all"),
    label: `LoRA, r = ${rank}, all linear layers`,
    rank,
    roles: allRoles,
    learningRate: rate / 2,
  }),
]);

export const variants: readonly Method[] = [
  // BERT's pooler comes before the classifier; sentence transformers leave it untrained.
  lora({
    name: "lora-r2-all-pooler",
    label: "LoRA, r = 2, all linear layers and the pooler",
    rank: 2,
    roles: allRoles,
    alsoAt: ["pooler.dense"],
    learningRate: rate / 4,
  }),
  lora({
    name: standardWithHead,
    label: "LoRA, r = 8, query and value; pooler and classifier trained in full",
    learningRate: rate / 2,
    config: wholeHead,
  }),
  lora({
    name: `${rankName(8, "all")}-head`,
    label: "LoRA, r = 8, all linear layers; pooler and classifier trained in full",
    roles: allRoles,
    learningRate: rate / 4,
    config: wholeHead,
  }),
  lora({
    name: "rslora-r8",
    label: "rsLoRA, r = 8, query and value",
    learningRate: rate / 2,
    config: { rankStabilized: true },
  }),
  lora({ name: "dora-r8", label: "DoRA, r = 8, query and value", config: { useDora: true } }),
  lora({
    name: "dora-r2-all",
    label: "DoRA, r = 2, all linear layers",
    rank: 2,
    roles: allRoles,
    learningRate: rate / 2,
    config: { useDora: true },
  }),
  lora({ name: "pissa-r8", label: "PiSSA, r = 8, query and value", config: { init: "pissa" } }),
  // The rate is A's; B learns 16 times as fast.
  lora({ name: "lora-plus-r8", label: "LoRA+, r = 8, query and value", groups: loraPlus(16), learningRate: 5e-4 }),
  lora({
    name: "lora-plus-r2-all",
    label: "LoRA+, r = 2, all linear layers",
    rank: 2,
    roles: allRoles,
    groups: loraPlus(16),
    learningRate: 1.25e-4,
  }),
];

/** The paper's table 5 at MiniLM's width: which matrices of attention get the same number of parameters. */
export const matrices: readonly (Method & { readonly adapted: string; readonly rank: number })[] = [
  matrixRow("q", 8, ["query"]),
  matrixRow("k", 8, ["key"]),
  matrixRow("v", 8, ["value"]),
  matrixRow("o", 8, ["attentionOutput"]),
  matrixRow("qk", 4, ["query", "key"]),
  matrixRow("qv", 4, queryAndValue),
  matrixRow("qkvo", 2, ["query", "key", "value", "attentionOutput"]),
];

function matrixRow(letters: string, rank: number, roles: readonly Role[]): (typeof matrices)[number] {
  const words = roles.map((role) => (role === "attentionOutput" ? "output" : role)).join(", ");
  const name = letters === "qv" ? rankName(rank, "qv") : `lora-r${rank}-${letters}`;
  return { ...lora({ name, label: `LoRA, r = ${rank}, ${words}`, rank, roles }), adapted: words, rank };
}
