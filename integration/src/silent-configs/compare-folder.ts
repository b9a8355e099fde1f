// One folder of scripts/python/make_silent_configs.py: logits and greedy texts against transformers.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LowrankError } from "@lowrank/contracts";
import { generate, loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import * as tf from "@tensorflow/tfjs-core";

interface Listed {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Reference {
  readonly inputs: Readonly<Record<string, Listed>>;
  readonly logits: Listed;
  readonly generated?: {
    readonly prompts: readonly (readonly number[])[];
    readonly together: readonly (readonly number[])[];
    readonly alone: readonly (readonly number[])[];
    /** The lead of each token over the second-best. */
    readonly gaps: readonly (readonly number[])[];
    readonly ends: readonly number[];
  };
}

/** How a folder went; `problem` is empty if it equals transformers. */
export interface FolderResult {
  readonly kind: "equal" | "refused" | "different";
  readonly problem: string;
  /** Largest difference of a logit, over the largest logit if that is above 1. */
  readonly difference: number;
}

const tolerance = 1e-4;
/** A token with a smaller lead may be another one by rounding. */
const clearLead = 1e-3;

const inputNames: Readonly<Record<string, string>> = {
  input_ids: "inputIds",
  attention_mask: "attentionMask",
  decoder_input_ids: "decoderInputIds",
  pixel_values: "pixelValues",
  input_features: "inputFeatures",
};

/** Loads the folder and compares. Only errors of the model itself pass. */
export async function compareFolder(folder: string): Promise<FolderResult> {
  const reference: Reference = JSON.parse(await readFile(join(folder, "reference.json"), "utf8"));
  let model: PretrainedModel;
  try {
    model = await loadModel(openFolder(folder));
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw error;
    return { kind: "refused", problem: error.message, difference: 0 };
  }
  try {
    const { shape, values, difference } = await logitsOf(model, reference);
    const problems = [
      ...(shape.join() === reference.logits.shape.join()
        ? []
        : [`shape [${shape}], expected [${reference.logits.shape}]`]),
      ...(difference <= tolerance ? [] : [`logits ${difference.toExponential(1)} off (largest ${largestOf(values)})`]),
      ...(await textProblems(model, reference)),
    ];
    return { kind: problems.length === 0 ? "equal" : "different", problem: problems.join("; "), difference };
  } finally {
    model.dispose();
  }
}

async function logitsOf(model: PretrainedModel, { inputs, logits }: Reference) {
  const given = Object.entries(inputs).map(([name, { shape, values }]) => {
    const isReal = name === "pixel_values" || name === "input_features";
    return [inputNames[name] ?? name, tf.tensor([...values], [...shape], isReal ? "float32" : "int32")] as const;
  });
  const output = model.forward(Object.fromEntries(given) as Parameters<PretrainedModel["forward"]>[0]);
  const values = await output.data();
  const { shape } = output;
  tf.dispose([output, given.map(([, tensor]) => tensor)]);
  // Padded places of a text have no meaning.
  const shown = inputs["attention_mask"]?.values ?? [];
  const texts = inputs["decoder_input_ids"] === undefined && shape[1] === inputs["input_ids"]?.shape[1] ? shown : [];
  const size = values.length / Math.max(1, texts.length);
  const wrong = logits.values.map((expected, index) => {
    const counts = texts.length === 0 || texts[Math.floor(index / size)] === 1;
    return counts ? Math.abs(expected - (values[index] ?? Number.NaN)) : 0;
  });
  const difference = Math.max(...wrong.map((one) => (Number.isNaN(one) ? Number.POSITIVE_INFINITY : one)));
  return { shape, values, difference: difference / Math.max(1, largestOf(logits.values)) };
}

function largestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

async function textProblems(model: PretrainedModel, { generated }: Reference): Promise<readonly string[]> {
  if (generated === undefined) return [];
  const { prompts, together, alone, gaps, ends } = generated;
  const maxNewTokens = Math.max(...together.map(({ length }) => length), ...alone.map(({ length }) => length));
  const both = await generate(model, { promptIds: prompts, maxNewTokens });
  const problems = prompts.flatMap((_, row) =>
    difference("together", both[row] ?? [], together[row] ?? [], gaps[row] ?? []),
  );
  for (const [row, prompt] of prompts.entries()) {
    const [tokens = []] = await generate(model, { promptIds: [prompt], maxNewTokens });
    problems.push(...difference("alone", tokens, alone[row] ?? [], gaps[row] ?? []));
  }
  return problems;

  function difference(
    how: string,
    got: readonly number[],
    padded: readonly number[],
    leads: readonly number[],
  ): string[] {
    const end = padded.findIndex((token) => ends.includes(token));
    const expected = end < 0 ? padded : padded.slice(0, end + 1);
    const at = expected.findIndex((token, index) => token !== got[index]);
    if (at < 0 && got.length === expected.length) return [];
    if (at >= 0 && (leads[at] ?? 0) < clearLead) return [];
    return [`${how}: token ${at} is ${got[at]}, expected ${expected[at]} (${got.length} of ${expected.length} tokens)`];
  }
}
