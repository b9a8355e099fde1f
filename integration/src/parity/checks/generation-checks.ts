// Texts that PEFT generated with an adapter, greedily: the tokens, and the logits that each was chosen by.

import { generate, PretrainedModel } from "@lowrank/models";
import { KeyValueCache } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { adapterContext, numbersOf, type ParityCase } from "../fixture/parity-case.ts";
import { compare, type ParityCheck } from "../fixture/parity-check.ts";

/** `generated.tokens` and `generated.logits` after the prompts in `prompt.`, which are padded on the left. */
export async function generationChecks({ fixture, model }: ParityCase): Promise<readonly ParityCheck[]> {
  if (!fixture.tensors.has("generated.tokens")) return [];
  if (!(model instanceof PretrainedModel)) throw new Error("Only a language model generates.");
  const ids = rowsOf(fixture.tensor("prompt.input_ids"));
  const shown = rowsOf(fixture.tensor("prompt.attention_mask"));
  const expected = fixture.tensor("generated.tokens").values;
  const maxNewTokens = expected.length / ids.length;
  const promptIds = ids.map((row, index) => row.filter((_, column) => shown[index]?.[column] === 1));
  const found = await generate(model, { promptIds, maxNewTokens, context: adapterContext, eosTokenIds: [] });
  const logits = await logitsOf(model, { ids, shown, answers: rowsOf(fixture.tensor("generated.tokens")) });
  return [
    compare("generated tokens", { actual: found.flat(), expected }, { tolerance: 0 }),
    compare(
      "generated.logits",
      { actual: logits, expected: fixture.tensor("generated.logits").values },
      { tolerance: 1e-4 },
    ),
  ];
}

type Rows = readonly (readonly number[])[];

interface Texts {
  readonly ids: Rows;
  readonly shown: Rows;
  /** The continuation of each text. */
  readonly answers: Rows;
}

/** Logits [batch, steps, vocabulary] of one token after the other, through a cache. */
async function logitsOf(model: PretrainedModel, { ids, shown, answers }: Texts): Promise<Float32Array> {
  const cache = new KeyValueCache(adapterContext.adapters);
  const mask = shown.map((row) => [...row]);
  let next: Rows = ids;
  try {
    return await numbersOf(() => {
      const steps = (answers[0] ?? []).map((_, step) => {
        const [inputIds, attentionMask] = [matrix(next), matrix(mask)];
        const positionIds = mask.map((row, index) => positionsIn(row).slice(-(next[index]?.length ?? 0)));
        next = answers.map((answer) => [answer[step] ?? 0]);
        for (const row of mask) row.push(1);
        return model.forwardLast({ inputIds, attentionMask, positionIds, cache }, adapterContext);
      });
      return tf.stack(steps, 1);
    });
  } finally {
    cache.dispose();
  }
}

function positionsIn(mask: readonly number[]): readonly number[] {
  let count = 0;
  return mask.map((isShown) => {
    count += isShown;
    return Math.max(0, count - 1);
  });
}

function matrix(rows: Rows): tf.Tensor2D {
  return tf.tensor2d(rows.flat(), [rows.length, rows[0]?.length ?? 0], "int32");
}

function rowsOf({ values, shape }: { readonly values: ArrayLike<number>; readonly shape: readonly number[] }): Rows {
  const [batch = 0, time = 0] = shape;
  const all = Array.from(values);
  return Array.from({ length: batch }, (_, row) => all.slice(row * time, (row + 1) * time));
}
