// Token ids and labels of one batch. What they are does not matter to the time.

import { checkConfig } from "@lowrank/contracts/families";
import { imageReaderOf } from "@lowrank/contracts/families/checkpoint";
import type { LabelledInputs } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { type Settings, shapeOf } from "../settings.ts";

export interface Batch {
  /** [batch · time] */
  readonly ids: Int32Array;
  /** [batch · time] with −100 at positions without a label, or a class for each row, [batch]. */
  readonly labels: Int32Array;
}

export function randomBatch(settings: Settings): Batch {
  const { batch, time, supervised = 1 } = settings;
  const { config, task } = shapeOf(settings);
  const image = Number(config.image_token_id ?? -1);
  // Each row begins with an image, if the model reads any.
  const shown = imageReaderOf(checkConfig(config))?.tokens ?? 0;
  const ids = Int32Array.from({ length: batch * time }, (_, index) =>
    index % time < shown ? image : idAt(index, image < 0 ? Number(config.vocab_size) : image),
  );
  if (task === "SEQ_CLS") return { ids, labels: Int32Array.from({ length: batch }, (_, row) => row % 2) };
  const firstSupervised = time - Math.round(supervised * time);
  return { ids, labels: ids.map((id, index) => (index % time < firstSupervised ? -100 : id)) };
}

/** As tensors, inside a tidy. */
export function inputsOf({ ids, labels }: Batch, settings: Settings): LabelledInputs {
  const { batch, time } = settings;
  const inputIds = tf.tensor2d(ids, [batch, time], "int32");
  const labelShape = labels.length === ids.length ? [batch, time] : [batch];
  const { image_size: side } = Object(shapeOf(settings).config.vision_config);
  const pixelValues = side === undefined ? undefined : tf.randomUniform<tf.Rank.R4>([batch, 3, side, side], -1, 1);
  return { inputIds, labels: tf.tensor(labels, labelShape, "int32"), ...(pixelValues && { pixelValues }) };
}

/** From 5 on: lower ids are padding and the like. */
function idAt(index: number, vocabulary: number): number {
  return 5 + ((Math.imul(index + 1, 2654435761) >>> 0) % (vocabulary - 5));
}
