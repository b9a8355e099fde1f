// Losses from another model's outputs: distillation from a teacher, or a KL penalty towards the model's own base.

import type { ForwardContext } from "@lowrank/contracts";
import type { TextTokenizer } from "@lowrank/data";
import { batchTensors, distillationLoss, type PretrainedModel } from "@lowrank/models";
import type { DistillationOptions, Divergence } from "@lowrank/models/internal";
import { trainingOptionsError } from "@lowrank/trainer/internal";
import * as tf from "@tensorflow/tfjs-core";
import { measureRows } from "../head-loss/head-loss.ts";
import type { LearningPlan } from "../objective.ts";

/** The teacher: an opened model, with or without an adapter. The caller keeps and disposes of it. */
export interface Teacher {
  readonly base: PretrainedModel;
  readonly opened: { readonly context: ForwardContext };
  tokenizer(): Promise<TextTokenizer>;
}

export interface DistillationSettings {
  /** Weight of a KL penalty that keeps outputs close to the base model; default 0. The options' check refuses it with a teacher. */
  readonly klToBase?: number | undefined;
  /** A teacher: another model with the same tokenizer, whose token distributions are imitated at the trained positions. */
  readonly teacher?: Teacher | undefined;
  /** Weight of the teacher's loss, 0 to 1; the rest is the loss of the rows. Default 0.5. */
  readonly teacherShare?: number | undefined;
  /** Direction of the KL divergence: "forward" (default) covers all likely tokens of the teacher, "reverse" its likeliest ones. */
  readonly divergence?: Divergence | undefined;
  /** Temperature that divides the logits of both models; default 1. */
  readonly divergenceTemperature?: number | undefined;
}

/** Undefined if there is neither penalty nor teacher. Throws TRAINING_OPTIONS if the teacher's tokenizer is not the model's. */
export async function distillationPlan(
  options: DistillationSettings,
  tokenizer: TextTokenizer | undefined,
): Promise<LearningPlan | undefined> {
  const { teacher, klToBase = 0, teacherShare = 0.5, divergence = "forward", divergenceTemperature = 1 } = options;
  if (teacher === undefined && klToBase === 0) return undefined;
  const how = { divergence, temperature: divergenceTemperature };
  const at = divergenceTemperature === 1 ? "" : `, temperature ${divergenceTemperature}`;
  if (teacher === undefined) {
    const words = `its own and ${klToBase} × ${divergence} KL divergence from the base${at}`;
    return planOf(words, { ...how, weight: klToBase, labelWeight: 1 });
  }
  const taught = await teachingModel(teacher, tokenizer);
  const { model } = taught;
  const words = `${1 - teacherShare} × its own and ${teacherShare} × ${divergence} KL divergence from ${model.modelType} ${model.fingerprint}${at}`;
  const weights = { weight: teacherShare, labelWeight: 1 - teacherShare };
  return planOf(words, { ...how, ...weights, teacher: taught });
}

/** The teacher for a loss, or the model of another option. Throws TRAINING_OPTIONS if its tokenizer is not the model's. */
export async function teachingModel(teacher: Teacher, tokenizer: TextTokenizer | undefined, option = "teacher") {
  if (tokenizer !== undefined) checkTokenizers(tokenizer, await teacher.tokenizer(), option);
  return { model: teacher.base, context: teacher.opened.context };
}

function planOf(words: string, options: Omit<DistillationOptions, "context">): LearningPlan {
  return {
    kind: "distillation",
    words,
    loss: (model, batch, { context }) =>
      tf.tidy(() => distillationLoss(model, batchTensors(batch), { ...options, context })),
    measure: measureRows,
  };
}

/** Number of tokens that are compared, spread over the vocabulary. */
const comparedTokens = 4096;

function checkTokenizers(tokenizer: TextTokenizer, teacherTokenizer: TextTokenizer, option: string): void {
  const size = Math.max(tokenizer.vocabSize, teacherTokenizer.vocabSize);
  const step = Math.max(1, Math.floor(size / comparedTokens));
  const textOf = (tokenizer: TextTokenizer, id: number) => tokenizer.decode([id], { skipSpecialTokens: false });
  for (let id = 0; id < size; id += step) {
    const [ours, theirs] = [textOf(tokenizer, id), textOf(teacherTokenizer, id)];
    if (ours === theirs) continue;
    const found = `token ${id} is ${JSON.stringify(theirs)} for the ${option} and ${JSON.stringify(ours)} for the model`;
    throw trainingOptionsError([`${option}: must use the model's tokenizer; ${found}`]);
  }
}
