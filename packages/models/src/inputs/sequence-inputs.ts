// Multiple choice comes as [batch, choices, time]; a model reads rows, [batch·choices, time].

import type { Task } from "@lowrank/contracts/families";
import * as tf from "@tensorflow/tfjs-core";
import { modelInputError } from "../errors.ts";
import type { ModelInputs, SequenceInputs } from "./model-inputs.ts";

/** Call it inside a tidy: choices get rows of their own. Throws MODEL_INPUT for tensors of another rank or shape. */
export function sequencesOf(inputs: ModelInputs, task: Task): SequenceInputs {
  const { inputIds, attentionMask, tokenTypeIds, positionIds, ...others } = inputs;
  const rowShape = task === "multiple-choice" ? choiceShape(inputIds) : undefined;
  const rows = (name: string, tensor: tf.Tensor): tf.Tensor2D => {
    if (rowShape !== undefined) return flattened(name, tensor, rowShape);
    if (isMatrix(tensor)) return tensor;
    throw modelInputError(name, `the shape is [${tensor.shape}], expected [batch, time]`);
  };
  return {
    ...others,
    ...(inputIds === undefined ? {} : { inputIds: rows("inputIds", inputIds) }),
    ...(attentionMask === undefined ? {} : { attentionMask: rows("attentionMask", attentionMask) }),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: rows("tokenTypeIds", tokenTypeIds) }),
    ...(positionIds === undefined
      ? {}
      : { positionIds: positionIds instanceof tf.Tensor ? rows("positionIds", positionIds) : positionIds }),
    ...(rowShape === undefined ? {} : { choices: rowShape[1] }),
  };
}

type ChoiceShape = readonly [batch: number, choices: number, time: number];

function choiceShape(inputIds: tf.Tensor | undefined): ChoiceShape {
  const shape = inputIds?.shape ?? [];
  const [batch = 0, choices = 0, time = 0] = shape;
  if (shape.length === 3 && batch * choices * time > 0) return [batch, choices, time];
  const got = inputIds === undefined ? "they are missing" : `the shape is [${shape}]`;
  throw modelInputError("inputIds", `${got}, expected [batch, choices, time] without zeros`);
}

function flattened(name: string, tensor: tf.Tensor, [batch, choices, time]: ChoiceShape): tf.Tensor2D {
  if (!tf.util.arraysEqual(tensor.shape, [batch, choices, time])) {
    throw modelInputError(name, `the shape is [${tensor.shape}], expected [${[batch, choices, time]}]`);
  }
  return tf.reshape(tensor, [batch * choices, time]);
}

function isMatrix(tensor: tf.Tensor): tensor is tf.Tensor2D {
  return tensor.shape.length === 2;
}
