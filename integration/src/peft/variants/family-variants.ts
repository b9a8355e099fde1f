// Every family with every head that `@lowrank/models` has a reference for: all of its linear layers, and the head's own
// where it has one. A new reference is a new row by itself.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoraConfig } from "@lowrank/adapter-format";
import { checkConfig, resolveTask, type Task } from "@lowrank/contracts/families";
import { referencesRoot } from "../bases/open-base.ts";
import type { Variant } from "./variant.ts";

interface Reference {
  readonly name: string;
  readonly modelType: string;
  readonly task: Task;
}

/**
 * Without a head there is no loss, so that nothing can be trained, nor where transformers has none. That of pairs it computes
 * without labels: fixtures/family-features has them.
 */
const untrained: readonly Task[] = [
  "feature-extraction",
  "text-encoding",
  "distilled-image-classification",
  "image-embedding",
  "text-embedding",
  "image-text-matching",
];

const references = readdirSync(referencesRoot, { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? [referenceIn(entry.name)] : []))
  .filter(({ task }) => !untrained.includes(task));

/** Settings of an adapter for a task. Some tasks have no task type in PEFT, so their heads are named here. */
const tasks: Readonly<Record<Task, Partial<LoraConfig>>> = {
  "causal-lm": { taskType: "CAUSAL_LM" },
  "masked-lm": {},
  "sequence-classification": { taskType: "SEQ_CLS" },
  "token-classification": { taskType: "TOKEN_CLS" },
  "question-answering": { taskType: "QUESTION_ANS" },
  "sequence-to-sequence": { taskType: "SEQ_2_SEQ_LM" },
  "image-classification": { modulesToSave: ["classifier"] },
  "multiple-choice": { modulesToSave: ["classifier"] },
  "next-sentence-prediction": { modulesToSave: ["seq_relationship"] },
  "replaced-token-detection": { modulesToSave: ["dense_prediction"] },
  "distilled-image-classification": {},
  "image-text-matching": {},
  "image-embedding": {},
  "text-embedding": {},
  "feature-extraction": {},
  "text-encoding": {},
};

const queries = ["q_proj", "k_proj", "v_proj", "o_proj"];

/** For types of which PEFT takes the maps of any feed-forward for those of experts: all other linear layers. */
const exceptFeedForward: ReadonlyMap<string, readonly string[]> = new Map([
  ["qwen3_next", [...queries, "in_proj_qkvz", "in_proj_ba", "out_proj"]],
  ["deepseek_v3", ["q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"]],
  ["glm4_moe", queries],
  ["cohere2_moe", queries],
]);

/** One row a reference. */
const plain = references.map((reference): Variant => rowOf(reference, "all linear layers", {}));

/**
 * One more row for each head of a family, which has most of what an adapter can have at once. PEFT writes the bias of a
 * head that finds masked tokens under two names.
 */
const rich = references
  .filter((reference, index) => index === references.findIndex((one) => isSameKind(one, reference)))
  .map((reference): Variant => {
    return rowOf(reference, "DoRA, rsLoRA and all biases", { useDora: true, rankStabilized: true, bias: "all" });
  });

/** Modules to which a model gives its texts joined into one list of states, which PEFT takes for texts of one token: IndexError. */
const joined: ReadonlyMap<string, readonly string[]> = new Map([
  ["opt", ["fc1", "fc2"]],
  ["qwen2_moe", ["gate_proj", "up_proj", "down_proj", "shared_expert_gate"]],
  ["deepseek_v3", ["kv_b_proj"]], // of a state with one head
]);

/** One row for each causal language model, whose adapter acts from the middle of the first text on. */
const activated = references
  .filter(({ task }) => task === "causal-lm")
  .map((reference): Variant => {
    const activationTokens = middleOf(reference.name);
    const excludeModules = joined.get(reference.modelType) ?? null;
    const row = rowOf(reference, "activated by tokens of its batch", { activationTokens, excludeModules });
    return { ...row, isNotMerged: "no weight is right for all tokens; PEFT refuses, too" };
  });

function isSameKind(one: Reference, other: Reference): boolean {
  return one.modelType === other.modelType && one.task === other.task;
}

/** All of them. */
export const familyVariants: readonly Variant[] = [...plain, ...rich, ...activated];

function rowOf({ name, task, modelType }: Reference, what: string, config: Partial<LoraConfig>): Variant {
  const common = { rank: 2, alpha: 4, targetModules: exceptFeedForward.get(modelType) ?? "all-linear" };
  // PEFT's class for texts passes ids of texts on, which Whisper does not take.
  const taskConfig = modelType === "whisper" ? {} : tasks[task];
  return {
    name: `${name}, ${what}`,
    base: `references/${name}`,
    config: { ...common, ...taskConfig, ...config },
  };
}

/** Two tokens of a reference's first text. */
function middleOf(name: string): readonly number[] {
  // The repository's own file, as in `openBase`.
  const { inputs } = JSON.parse(readFileSync(join(referencesRoot, name, "expected.json"), "utf8")) as {
    inputs: { readonly input_ids: readonly (readonly number[])[] };
  };
  const [first = []] = inputs.input_ids;
  return first.slice(first.length >> 1).slice(0, 2);
}

function referenceIn(name: string): Reference {
  const config = checkConfig(JSON.parse(readFileSync(join(referencesRoot, name, "config.json"), "utf8")));
  return { name, modelType: config.modelType, task: resolveTask(config) };
}
