// An adapter on a model as plain data in torch's layout, as a file will have it.

import type { Adapter, AdapterTensor, LoraConfig } from "@lowrank/adapter-format";
import type { AdaptableModel, OptionNames } from "@lowrank/contracts";
import {
  pissaToLora,
  plainLayout,
  readStored,
  type TorchMatrices,
  type TorchMatrix,
  transposedLayout,
} from "@lowrank/math";
import { MergedTableError } from "../errors/errors.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { type AdapterContents, tensorsOf } from "./adapter-contents.ts";
import { baseFingerprintKey } from "./base-fingerprint.ts";
import { baseWeightsToSave, repeatedRows, type SaveEmbeddingLayers } from "./save-embeddings.ts";

/** What goes into an adapter's files besides its variables. */
export interface ToAdapterOptions {
  /** Entries for the weights file's header besides the base's fingerprint. */
  readonly metadata?: ReadonlyMap<string, string>;
  /**
   * PEFT's `save_embedding_layers`: whether the base's tables over tokens go into the file. Default "auto", of which an
   * adapter that was read from a file makes: what was in its file.
   */
  readonly saveEmbeddingLayers?: SaveEmbeddingLayers;
}

export const toAdapterNames: OptionNames<ToAdapterOptions> = { metadata: true, saveEmbeddingLayers: true };

/** The adapter that is written. */
interface WrittenAdapter {
  readonly model: AdaptableModel;
  readonly name: string;
  readonly contents: AdapterContents;
  readonly isAttached: () => boolean;
}

/** @throws MergedTableError if a table of the base is to be saved and a merge changed it */
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

/** The pairs of layers. Where one of them took over a part of its weight, all get twice the rank. */
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
  if (merged.length > 0) throw new MergedTableError(name, [...new Set(merged)]);
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

// A pair that subtracts its start is written as a plain pair of twice the rank (`pissaToLora`), for the base that everybody
// has (PEFT's `path_initial_model_for_weight_conversion`). This is what the rest of the adapter needs for that.

/** The configuration of the plain adapter: ranks doubled, every scaling s as it was, also where patterns decide. */
function plainLoraConfig(config: LoraConfig): LoraConfig {
  // s is alpha / rank, or alpha / √rank when rank-stabilised.
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

/** The same update with twice the rank, for an embedding beside pairs that subtract their start. */
function withDoubledRank({ a, b }: TorchMatrices): TorchMatrices {
  const nothing = ({ shape, values }: TorchMatrix) => ({ shape, values: new Float32Array(values.length) });
  return pissaToLora({ a, b }, { a: nothing(a), b: nothing(b) });
}
