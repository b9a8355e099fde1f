// The facts that distinguish one run from another, for its fingerprint.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { PretrainedModel } from "@lowrank/models";
import { omitUndefined } from "../omit-undefined.ts";
import { notedOptions } from "../options/all-options.ts";
import type { RowOrder, RunFacts } from "../run-folder.ts";
import { initBatchesOf } from "./measure-init.ts";
import type { TokenizedRows } from "./tokenized-rows.ts";
import { type LoopOptions, settled } from "./training-options.ts";

export interface TrainedAdapter {
  readonly model: Pick<PretrainedModel, "fingerprint">;
  readonly config: LoraConfig;
  readonly addedTokens: readonly string[];
  readonly basePrecision: string | undefined;
  /** Seed of a new adapter. */
  readonly seed: number | undefined;
}

export function runFacts(
  adapter: TrainedAdapter,
  rows: Pick<TokenizedRows, "train" | "drawn" | "learning" | "media" | "defaults" | "heldOut">,
  options: LoopOptions,
): RunFacts {
  const { batchSize, groupByLength, seed, bestBy } = settled(rows, options);
  const { dropLast = false } = options;
  const { kind, words } = rows.learning; // the loss in words
  const order: readonly RowOrder[] = [
    ...(groupByLength ? (["by length"] as const) : []),
    ...(dropLast ? (["without the last batch"] as const) : []),
  ];
  return {
    base: adapter.model.fingerprint,
    basePrecision: adapter.basePrecision ?? "float32",
    batchSize: options.batchTokens === undefined ? batchSize : `${options.batchTokens} tokens`,
    seed,
    rows: rows.drawn?.sample ?? rows.train,
    ...omitUndefined({ texts: rows.drawn?.texts, media: rows.media }),
    heldOut: rows.heldOut,
    bestBy,
    addedTokens: adapter.addedTokens,
    initBatches: initBatchesOf(options, adapter.config),
    adapter: adapter.config,
    options: notedOptions("fact", options),
    ...(adapter.seed === undefined || adapter.seed === seed ? {} : { adapterSeed: adapter.seed }),
    ...(order.length === 0 ? {} : { order }),
    ...(words === undefined ? {} : { learning: { kind, words } }),
  };
}
