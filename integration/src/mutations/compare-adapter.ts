// One folder of scripts/python/make_mutated_adapters.py: what lowrank makes of a mutated adapter against what PEFT does.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext, LowrankError } from "@lowrank/contracts";
import { checkConfig } from "@lowrank/contracts/families";
import { attachAdapter } from "@lowrank/inject";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectClose } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";

interface Reference {
  /** Folder of the base. */
  readonly base: string;
  readonly ids: readonly number[];
  /** The mutation in words. */
  readonly change: string;
  readonly error?: string;
  /** Null if one is not finite. */
  readonly logits?: readonly number[] | null;
  /** Whether PEFT misses a tensor, and draws it anew. */
  readonly drawn?: boolean;
}

/**
 * - equal: the same logits;
 * - refused: lowrank refuses the files;
 * - warned: other logits than PEFT's, or logits where PEFT has none, with a warning;
 * - accepted: logits where PEFT has an error or draws a tensor, without a word;
 * - different: other logits than PEFT's, without a word.
 */
type MutationKind = "equal" | "refused" | "warned" | "accepted" | "different";

export interface MutationResult {
  readonly kind: MutationKind;
  readonly change: string;
  /** lowrank's error, its warnings, or the difference. */
  readonly words: string;
}

/** Warnings about what a method is, whatever its files hold. */
const always = ["READ_AS_LORA"];

/** Models by folder: a base is loaded once. */
export type Bases = Map<string, Promise<PretrainedModel>>;

export async function compareAdapter(folder: string, bases: Bases): Promise<MutationResult> {
  const reference: Reference = JSON.parse(await readFile(join(folder, "reference.json"), "utf8"));
  const { change } = reference;
  const loading = bases.get(reference.base) ?? loadModel(openFolder(reference.base));
  bases.set(reference.base, loading);
  const warnings: string[] = [];
  try {
    const got = await logitsOf(await loading, folder, { reference, warnings });
    const words = warnings.join("; ");
    const difference = differenceOf(got, reference);
    if (difference === "") return { kind: "equal", change, words };
    if (words !== "") return { kind: "warned", change, words: `${words}; ${difference}` };
    return { kind: reference.logits && !reference.drawn ? "different" : "accepted", change, words: difference };
  } catch (error) {
    if (!LowrankError.isInstance(error)) throw new Error(`${folder}: ${error}`, { cause: error });
    return { kind: "refused", change, words: error.message };
  }
}

async function logitsOf(
  model: PretrainedModel,
  folder: string,
  { reference, warnings }: { readonly reference: Reference; readonly warnings: string[] },
): Promise<Float32Array> {
  const adapter = await readAdapterFolder(folder, {
    base: async () => checkConfig(JSON.parse(await readFile(join(reference.base, "config.json"), "utf8"))),
    onWarning: ({ code, message }) => {
      if (!always.includes(code)) warnings.push(message);
    },
  });
  const handle = attachAdapter(model, adapter);
  try {
    return tf.tidy(() => {
      const inputIds = tf.tensor2d([[...reference.ids]], undefined, "int32");
      return Float32Array.from(model.forward({ inputIds }, inferenceContext(activeAdapters("default"))).dataSync());
    });
  } finally {
    handle.dispose();
  }
}

/** Empty for equal ones. */
function differenceOf(got: Float32Array, { error, logits, drawn }: Reference): string {
  if (error !== undefined) return `PEFT: ${error}`;
  if (drawn === true) return "PEFT draws a tensor";
  if (!logits) return "PEFT's logits are not finite";
  try {
    expectClose(got, Float32Array.from(logits), 1e-4);
    return "";
  } catch (thrown) {
    return String(thrown).split("\n")[0] ?? "";
  }
}
