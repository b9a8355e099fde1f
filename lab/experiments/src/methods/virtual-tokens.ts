// Prompt tuning and prefix tuning: the model stays unchanged and reads some virtual tokens.

import type { Site } from "@lowrank/contracts";
import type { AdaptationCall } from "@lowrank/contracts/internal";
import { shuffled } from "@lowrank/data";
import type { PretrainedModel } from "@lowrank/models";
import type { ModelInputs } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { sitesOf } from "./block-sites.ts";
import type { Adapted, Method, VirtualTokens } from "./method.ts";
import { OpenedHookPoints } from "./opened-hook-points.ts";

/** Number of virtual tokens. */
const count = 20;

/**
 * Lester, Al-Rfou and Constant 2021: learned embeddings in front of the text, initialized with those of vocabulary words. As
 * in PEFT they come before everything, so that BERT's classifier reads the first of them.
 */
export const promptTuning: Method = {
  name: "prompt",
  label: `prompt tuning, ${count} tokens`,
  group: "virtual tokens",
  learningRate: 2e-2,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    const site = tokenTable(model);
    const prompt = hookPoints.variable("prompt_embeddings", wordsOf(site, seed));
    hookPoints.attach(site, {
      variables: [prompt],
      apply: ({ output }: AdaptationCall) => withRows(output, prompt, 0),
    });
    hookPoints.trainNewHead();
    return withTokens(hookPoints, { widen: (inputs) => widened(inputs, 0), byPosition: true });
  },
};

/**
 * Li and Liang 2021, without the reparametrization network: learned keys and values in each block of an encoder (a decoder would
 * rotate the keys by their positions). Placeholder tokens are added to the text, and in each block their keys and values are
 * replaced by the learned ones. As in PEFT, the placeholders' positions come before the text's. They are inserted after the first
 * token, which a classifier reads.
 */
export const prefixTuning: Method = {
  name: "prefix",
  isForClassifiers: true,
  label: `prefix tuning, ${count} keys and values a block`,
  group: "virtual tokens",
  learningRate: 8e-2,
  adapt(model, seed) {
    const hookPoints = new OpenedHookPoints(model, seed);
    for (const site of [...sitesOf(model, "key"), ...sitesOf(model, "value")]) {
      const name = `${site.path}.prefix`;
      const prefix = hookPoints.variable(name, hookPoints.drawn(name, [count, site.outFeatures], 0.02));
      hookPoints.attach(site, { variables: [prefix], apply: ({ output }) => withRows(output, prefix, 1) });
    }
    hookPoints.trainNewHead();
    return withTokens(hookPoints, { widen: (inputs) => widened(inputs, 1), byPosition: true });
  },
};

function withTokens(hookPoints: OpenedHookPoints, virtualTokens: VirtualTokens): Adapted {
  return { variables: hookPoints.variables, virtualTokens, dispose: () => hookPoints.dispose() };
}

function tokenTable(model: PretrainedModel): Site {
  const found = model.sites().find(({ kind, role }) => kind === "embedding" && role === "input-embedding");
  if (found === undefined) throw new Error("The model has no table of tokens.");
  return found;
}

/** [count, width] */
function wordsOf(site: Site, seed: number): tf.Tensor {
  const ids = shuffled(site.inFeatures, seed).slice(0, count);
  return tf.tidy(() => tf.gather(site.readWeight(), tf.tensor1d(ids, "int32")));
}

/** Replaces `count` states of each text, from column `first` on, by `rows` [count, width]. states [batch, time, width] */
function withRows(states: tf.Tensor, rows: tf.Tensor, first: number): tf.Tensor {
  return tf.tidy(() => {
    const [batch = 0, time = 0, width = 0] = states.shape;
    const part = (from: number, size: number) => tf.slice(states, [0, from, 0], [batch, size, width]);
    const shared = tf.mul(tf.ones([batch, 1, 1]), tf.expandDims(rows, 0));
    const behind = first + count;
    const parts = [...(first > 0 ? [part(0, first)] : []), shared, part(behind, time - behind)];
    return tf.concat(parts, 1);
  });
}

/** A batch with `count` more tokens from column `first` on; the text's positions begin after them. */
function widened<Inputs extends ModelInputs>(inputs: Inputs, first: 0 | 1): Inputs {
  const { inputIds, attentionMask, tokenTypeIds, labels } = inputs;
  if (inputIds?.rank !== 2) throw new Error("Virtual tokens are put before texts.");
  const [batch = 0, time = 0] = inputIds.shape;
  const wide = (grid: tf.Tensor, value: number) => {
    const added = tf.fill([batch, count], value, "int32");
    if (first === 0) return tf.concat<tf.Tensor2D>([added as tf.Tensor2D, grid as tf.Tensor2D], 1);
    const [front, rest] = tf.split(grid as tf.Tensor2D, [1, time - 1], 1);
    return tf.concat<tf.Tensor2D>([front as tf.Tensor2D, added as tf.Tensor2D, rest as tf.Tensor2D], 1);
  };
  const own = Array.from({ length: count }, (_, index) => index);
  const text = Array.from({ length: time }, (_, index) => count + index);
  return {
    ...inputs,
    inputIds: wide(inputIds, 0),
    attentionMask: wide(attentionMask ?? tf.ones([batch, time], "int32"), 1),
    // These positions have no label.
    ...(labels?.rank === 2 ? { labels: wide(labels, -100) } : {}),
    ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: wide(tokenTypeIds, 0) }),
    positionIds: [[...text.slice(0, first), ...own, ...text.slice(first)]],
  };
}
