// Converts an attached adapter to plain data in torch's layout, as in files.

import type { Adapter, LoraConfig } from "@lowrank/adapter-format";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import type { AdaptableModel } from "@lowrank/contracts";
import type { OptionNames } from "@lowrank/contracts/internal";
import {
  pissaToLora,
  plainLayout,
  readStored,
  type TorchMatrices,
  type TorchMatrix,
  transposedLayout,
} from "@lowrank/math/internal";
import { mergedTableError } from "../errors/errors.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { type AdapterContents, tensorsOf } from "./adapter-contents.ts";
import { baseFingerprintKey } from "./base-fingerprint.ts";
import { baseWeightsToSave, repeatedRows, type SaveEmbeddingLayers } from "./save-embeddings.ts";

/** Options of `toAdapter`. */
export interface ToAdapterOptions {
  /** Further metadata for the weights file, in addition to the base's fingerprint. */
  readonly metadata?: ReadonlyMap<string, string>;
  /**
   * PEFT's `save_embedding_layers`: whether to save the base's input and output embeddings. Default "auto"; for an adapter from a
   * file this means: as in its file.
   */
  readonly saveEmbeddingLayers?: SaveEmbeddingLayers;
}

export const toAdapterNames: OptionNames<ToAdapterOptions> = { metadata: true, saveEmbeddingLayers: true };

interface WrittenAdapter {
  readonly model: AdaptableModel;
  readonly name: string;
  readonly contents: AdapterContents;
  readonly isAttached: () => boolean;
}

/** @throws MERGED_TABLE if an embedding of the base is to be saved that a merge changed */
export async function adapterOf(
  written: WrittenAdapter,
  { metadata = new Map(), saveEmbeddingLayers = "auto" }: ToAdapterOptions,
): Promise<Adapter> {
  const { contents } = written;
  const { config } = contents.plan;
  const isDoubled = partsOf(contents, "site").some(({ lora }) => lora.baseChange?.kind === "subtracted");
  const tensors = await readMatrices(contents, isDoubled);
  for (const { key, variable, layout, isOfBase = false } of tensorsOf(contents)) {
    const isLeftOut = isOfBase && saveEmbeddingLayers === false;
    if (!tensors.has(key) && !isLeftOut) tensors.set(key, await readStored(variable, layout));
  }
  if (saveEmbeddingLayers !== "auto" || contents.isNew) await addBaseWeights(tensors, written, saveEmbeddingLayers);
  const { baseFingerprint } = contents;
  const fingerprint: [string, string][] = baseFingerprint ? [[baseFingerprintKey, baseFingerprint]] : [];
  return {
    config: isDoubled ? plainLoraConfig(config) : config,
    tensors,
    metadata: new Map([...metadata, ...fingerprint]),
  };
}

/** A and B of all layers. If one of them replaces a part of its weight, all get twice the rank. */
async function readMatrices(contents: AdapterContents, isDoubled: boolean): Promise<Map<string, AdapterTensor>> {
  const tensors = new Map<string, AdapterTensor>();
  for (const { keys, lora } of partsOf(contents, "site")) {
    const stored = await lora.toTorch();
    const { a, b } = isDoubled && lora.baseChange?.kind !== "subtracted" ? withDoubledRank(stored) : stored;
    tensors.set(keys.a, a); // [rank, inFeatures]
    tensors.set(keys.b, b); // [outFeatures, rank]
  }
  return tensors;
}

async function addBaseWeights(
  tensors: Map<string, AdapterTensor>,
  { model, name, contents: { plan }, isAttached }: WrittenAdapter,
  choice: SaveEmbeddingLayers,
): Promise<void> {
  const saved = baseWeightsToSave(model, plan, choice).filter(({ key }) => !tensors.has(key));
  const merged = saved.filter(({ site }) => !isAttached() && site.isReplaced).map(({ site }) => site.path);
  if (merged.length > 0) throw mergedTableError(name, [...new Set(merged)]);
  for (const { key, parameter } of saved) {
    const value = parameter.read();
    try {
      tensors.set(key, await readStored(value, parameter.transposedInFile ? transposedLayout : plainLayout));
    } finally {
      value.dispose();
    }
  }
  for (const [key, rows] of repeatedRows(plan, saved)) tensors.set(key, tensors.get(rows)!);
}

// A and B that subtract their initial product are written as plain LoRA of twice the rank (`pissaToLora`), for the unchanged base
// (PEFT's `path_initial_model_for_weight_conversion`). The rest of the adapter is converted here.

/** The configuration of the plain adapter: doubled ranks, the same scaling s, also with patterns. */
function plainLoraConfig(config: LoraConfig): LoraConfig {
  // s is alpha / rank, or alpha / √rank if rank-stabilized.
  const growth = config.rankStabilized ? Math.SQRT2 : 2;
  return {
    ...config,
    init: true,
    rank: 2 * config.rank,
    alpha: growth * config.alpha,
    rankPattern: new Map([...config.rankPattern].map(([pattern, rank]) => [pattern, 2 * rank])),
    alphaPattern: new Map([...config.alphaPattern].map(([pattern, alpha]) => [pattern, growth * alpha])),
  };
}

/** The same update with twice the rank, for an embedding in an adapter with such A and B. */
function withDoubledRank({ a, b }: TorchMatrices): TorchMatrices {
  const nothing = ({ shape, values }: TorchMatrix) => ({ shape, values: new Float32Array(values.length) });
  return pissaToLora({ a, b }, { a: nothing(a), b: nothing(b) });
}
