// What of an adapter llama.cpp's format can say, and under which names: decided before a byte is written.

import type { ModelConfig } from "@lowrank/contracts/families";
import {
  type GgufChange,
  type GgufTable,
  ggufNameOf,
  ggufPlaceOf,
  ggufTableFor,
} from "@lowrank/contracts/families/gguf";
import type { Adapter } from "../adapter.ts";
import { type Inexpressible, InexpressibleAdapterError } from "../inexpressible-adapter-error.ts";
import { pairsIn, type StoredPair } from "../pairs-in.ts";
import { rankOf, scalingOf } from "../targets/scaling.ts";
import { type Feature, startingFeatures, unsupportedFeatures } from "../variants/features.ts";
import { toPlainLora, variants } from "../variants/variants.ts";

/** One pair of the file. */
interface PlannedGgufPair {
  readonly pair: StoredPair & { readonly b: NonNullable<StoredPair["b"]> };
  /** GGUF's name of the weight: "blk.0.attn_q.weight". */
  readonly name: string;
  readonly change: GgufChange | undefined;
  /** What B is multiplied by, where llama.cpp's α/rank is not this module's scale. */
  readonly factor: number;
}

/** A file. */
export interface GgufAdapterPlan {
  readonly architecture: string;
  /** Of the whole file; llama.cpp scales each pair by it over its own rank. */
  readonly alpha: number;
  readonly pairs: readonly PlannedGgufPair[];
  /** What variants say in the metadata: lists of numbers by key. */
  readonly lists: ReadonlyMap<string, readonly number[]>;
}

/** Beside plain LoRA: what only training sees, and what llama.cpp has a key for. */
const expressible: ReadonlySet<Feature> = new Set<Feature>([
  ...startingFeatures,
  ...variants.flatMap(({ key, gguf }) => (gguf === undefined ? [] : [key])),
]);

/** Throws InexpressibleAdapterError with everything that llama.cpp's format cannot hold. */
export function planGgufAdapter(given: Adapter, config: ModelConfig): GgufAdapterPlan {
  const adapter = toPlainLora(given);
  const table = ggufTableFor(config);
  if (table === undefined) {
    const reason =
      "llama.cpp's names for its weights are not known here; merge the adapter and convert the merged folder";
    throw new InexpressibleAdapterError("llama.cpp", [{ what: `a model of type ${config.family.modelType}`, reason }]);
  }
  // llama.cpp takes an alpha of 0 for "no scale is said".
  const alpha = adapter.config.alpha === 0 ? 1 : adapter.config.alpha;
  const problems: Inexpressible[] = unsupportedFeatures(adapter.config, expressible).map(({ key, got, effect }) => {
    return { what: `${key} = ${got}`, reason: effect };
  });
  const pairs: PlannedGgufPair[] = [];
  const inPairs = new Set<string>();
  for (const pair of pairsIn(adapter.tensors)) {
    inPairs.add(pair.keys.a).add(pair.keys.b);
    const planned = planPair(pair, { adapter, config, table, alpha });
    if ("reason" in planned) problems.push(planned);
    else pairs.push(planned);
  }
  for (const key of adapter.tensors.keys()) {
    if (!inPairs.has(key)) problems.push({ what: key, reason: "it is no half of a pair" });
  }
  if (problems.length > 0) throw new InexpressibleAdapterError("llama.cpp", problems);
  const said = variants.flatMap(({ gguf }) =>
    gguf === undefined ? [] : [[gguf.key, gguf.write(adapter.config)] as const],
  );
  const lists = new Map(said.filter(([, numbers]) => numbers.length > 0));
  return { architecture: table.architecture, alpha, pairs, lists };
}

function planPair(
  { b, ...pair }: StoredPair,
  facts: { readonly adapter: Adapter; readonly config: ModelConfig; readonly table: GgufTable; readonly alpha: number },
): PlannedGgufPair | Inexpressible {
  const { adapter, config, table, alpha } = facts;
  const { path, partOfA } = pair;
  const name = ggufNameOf(table, `${path}.weight`);
  if (b === undefined) return { what: path, reason: "its other half is missing" };
  if (name === null) return { what: path, reason: `the architecture ${table.architecture} has no such weight in GGUF` };
  const isTable = partOfA === "lora_embedding_A";
  if (config.tiedEmbeddings && (isTable || name === "output.weight")) {
    return {
      what: path,
      reason: "table and head are one weight of this model, and llama.cpp adapts neither by itself",
    };
  }
  if (isTable && name !== "token_embd.weight")
    return { what: path, reason: "llama.cpp adapts the table of tokens alone" };
  if (pair.a.shape.length !== 2) return { what: path, reason: "only pairs of matrices are adapted" };
  // llama.cpp takes the rank of each pair from its own shape.
  const factor = scalingOf(adapter.config, path) / (alpha / rankOf(adapter.config, path));
  const change = ggufPlaceOf(table, name)?.change;
  return { pair: { ...pair, b }, name, change, factor };
}
