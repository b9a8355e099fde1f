// The bias of a head that follows trained rows of the embedding (BERT's output). peft 0.21.2 forgets it: its
// TrainableTokensLayer computes F.linear(x, W) until the rows are merged. Here the head keeps it, trained or merged; so what
// PEFT computed without it is compared without it, and says so.

import type { Restore } from "@lowrank/contracts/internal";
import { partsOf } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import type { ParityCase } from "../fixture/parity-case.ts";
import type { ParityCheck } from "../fixture/parity-check.ts";

const note = "without the head's bias, which PEFT forgets";

/** The checks, made while the adapter's heads compute with what PEFT's compute with. */
export async function asPeftComputes(
  parity: Pick<ParityCase, "model" | "handle">,
  check: () => Promise<readonly ParityCheck[]>,
): Promise<readonly ParityCheck[]> {
  const restores = forgetBiases(parity);
  try {
    const checks = await check();
    const isAlike = ({ what }: ParityCheck) => restores.length === 0 || what.startsWith("base");
    return checks.map((one) => (isAlike(one) ? one : { note, ...one }));
  } finally {
    for (const restore of restores) restore();
  }
}

/** Whether PEFT forgets a bias of this adapter's. */
export function forgetsBiases(parity: Pick<ParityCase, "model" | "handle">): boolean {
  return forgottenBiases(parity).length > 0;
}

function forgetBiases(parity: Pick<ParityCase, "model" | "handle">): readonly Restore[] {
  const { name } = parity.handle;
  return forgottenBiases(parity).map((parameter) => parameter.override(name, (value) => tf.zerosLike(value)));
}

function forgottenBiases({ model, handle }: Pick<ParityCase, "model" | "handle">) {
  const tables = new Set(partsOf(handle.plan, "token-rows").flatMap(({ path, tiedModules }) => [path, ...tiedModules]));
  const heads = model.sites().filter(({ kind, path, hasBias }) => kind === "linear" && hasBias && tables.has(path));
  const biases = new Set(heads.map(({ path, biasPath = `${path}.bias` }) => biasPath));
  return model.parameters().filter(({ path }) => biases.has(path));
}
