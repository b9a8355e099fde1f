// Every family with every head that `@lowrank/models` has a reference for: all of its linear layers, and the head's own
// where it has one. A new reference is a new row by itself.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoraConfig } from "@lowrank/adapter-format";
import { checkConfig, resolveTask, type Task } from "@lowrank/families";
import { referencesRoot } from "./open-base.ts";
import { type Variant, wholeNumbersBecomeIntegers } from "./variant.ts";

interface Reference {
  readonly name: string;
  readonly modelType: string;
  readonly task: Task;
}

/** Without a head there is no loss, so that nothing can be trained. */
const references = readdirSync(referencesRoot, { withFileTypes: true })
  .flatMap((entry) => (entry.isDirectory() ? [referenceIn(entry.name)] : []))
  .filter(({ task }) => task !== "feature-extraction");

/** What a task asks of an adapter. */
const tasks: Readonly<Record<Task, Partial<LoraConfig>>> = {
  "causal-lm": { taskType: "CAUSAL_LM" },
  "masked-lm": {},
  "sequence-classification": { taskType: "SEQ_CLS" },
  "token-classification": { taskType: "TOKEN_CLS" },
  "question-answering": { taskType: "QUESTION_ANS", modulesToSave: ["qa_outputs"] },
  "sequence-to-sequence": { taskType: "SEQ_2_SEQ_LM" },
  "image-classification": { modulesToSave: ["classifier"] },
  "feature-extraction": {},
};

/** What single references need besides. */
const besides: ReadonlyMap<string, Partial<LoraConfig>> = new Map([
  // "classifier", which PEFT saves whole, is the end of this name, too; it then fails on the pair that is there already.
  ["distilbert-classifier", { excludeModules: ["pre_classifier"] }],
]);

/** Families whose configurations have whole numbers that transformers takes as floats only. */
const withWholeFloats: ReadonlySet<string> = new Set(["bart", "t5", "gemma2", "gemma3_text"]);

/** One row a reference. */
const plain = references.map((reference): Variant => rowOf(reference, "all linear layers", {}));

/**
 * One more row a family, which has most of what an adapter can have at once. Not where masked tokens are found: PEFT saves
 * the bias of that head under two names, and we under one, which PEFT takes for a file with something missing.
 */
const rich = references
  .filter(({ task }) => task !== "masked-lm")
  .filter(({ modelType }, index, rest) => index === rest.findIndex((one) => one.modelType === modelType))
  .map((reference): Variant => {
    return rowOf(reference, "DoRA, rsLoRA and all biases", { useDora: true, rankStabilized: true, bias: "all" });
  });

/** All of them. */
export const familyVariants: readonly Variant[] = [...plain, ...rich];

function rowOf({ name, task, modelType }: Reference, what: string, config: Partial<LoraConfig>): Variant {
  const common = { rank: 2, alpha: 4, targetModules: "all-linear" } as const;
  return {
    name: `${name}, ${what}`,
    base: `references/${name}`,
    config: { ...common, ...tasks[task], ...besides.get(name), ...config },
    ...(withWholeFloats.has(modelType) && { isNotMerged: wholeNumbersBecomeIntegers }),
  };
}

function referenceIn(name: string): Reference {
  const config = checkConfig(JSON.parse(readFileSync(join(referencesRoot, name, "config.json"), "utf8")));
  return { name, modelType: config.modelType, task: resolveTask(config) };
}
