// The inputs of an encoder–decoder's decoder: given, or made from the labels as in transformers.

import { familyOf, type ModelConfig, type Task } from "@lowrank/contracts/families";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { SequenceInputs } from "./model-inputs.ts";
import { checkIds } from "./model-inputs.ts";

interface Model {
  readonly config: ModelConfig;
  readonly task: Task;
}

const readsTwice: readonly Task[] = ["sequence-classification", "question-answering"];

/** Whether the decoder reads the text itself: a classifier's does, and in some families also a decoder without other inputs. */
function readsText({ config, task }: Model, labels: tf.Tensor | undefined): boolean {
  if (readsTwice.includes(task)) return true;
  const { readsSource = false } = familyOf(config.modelType).decoderInputs ?? {};
  return readsSource && (task === "feature-extraction" || labels === undefined);
}

/** int32 [batch, targetTime]. Throws MODEL_INPUT if no input determines them, or labels are not tokens. */
export function decoderInputsOf(inputs: SequenceInputs, model: Model): tf.Tensor2D {
  const { config } = model;
  const { labels, inputIds, decoderInputIds } = inputs;
  if (decoderInputIds !== undefined) return decoderInputIds;
  if (inputIds !== undefined && readsText(model, labels)) return shiftRight(inputIds, config);
  if (labels === undefined) {
    throw modelInputError("decoderInputIds", "missing; an encoder–decoder needs them, or labels");
  }
  if (labels.shape.length !== 2) {
    throw modelInputError("labels", `the shape is [${labels.shape}], expected [batch, targetTime]`);
  }
  // Two axes were just checked.
  const shifted = shiftRight(labels as tf.Tensor2D, config);
  checkIds("labels", shifted, config.vocabularySize);
  return shifted;
}

/** Shifts each row right by one: its first token is the start token, or its own last one; −100 becomes padding. */
function shiftRight(labels: tf.Tensor2D, { modelType, decoderStartTokenId, padTokenId }: ModelConfig): tf.Tensor2D {
  if (padTokenId !== null && familyOf(modelType).decoderInputs?.beginWithLast) return lastInFront(labels, padTokenId);
  if (decoderStartTokenId === null || padTokenId === null) {
    const key = padTokenId === null ? "pad_token_id" : "decoder_start_token_id";
    throw modelInputError("decoderInputIds", `they cannot be made from labels: config.json has no ${key}`);
  }
  return tf.tidy(() => {
    const [batch, time] = labels.shape;
    const start: tf.Tensor2D = tf.fill([batch, 1], decoderStartTokenId, "int32");
    const ids = tf.cast<tf.Tensor2D>(tf.slice(labels, [0, 0], [batch, time - 1]), "int32");
    const padding: tf.Tensor2D = tf.fill([batch, time - 1], padTokenId, "int32");
    return tf.concat<tf.Tensor2D>([start, tf.where(tf.equal(ids, -100), padding, ids)], 1);
  });
}

/** The last token that is not padding, here the language, is moved to the front. */
function lastInFront(labels: tf.Tensor2D, padding: number): tf.Tensor2D {
  const rows = labels.arraySync().map((row) => {
    const ids = row.map((id) => (id === -100 ? padding : id));
    // As in transformers, padding within a row shifts this position.
    const last = ids.filter((id) => id !== padding).length - 1;
    return [ids.at(last) ?? padding, ...ids.slice(0, -1)];
  });
  return tf.tensor2d(rows, labels.shape, "int32");
}
