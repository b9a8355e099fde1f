// The weights that have a row for each token: transformers' get_input_embeddings and get_output_embeddings.

import { type Adapter, buildTensorKey, parseTensorKey, type TensorKey } from "@lowrank/adapter-format";
import type { AdaptableModel, ParameterRef, Site } from "@lowrank/contracts";
import { siteKinds } from "@lowrank/math";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import { tokenTableOf } from "./token-table.ts";

/** The input embedding and, if the model has one, the head that gives a score to each token. */
export function vocabularyTables(model: AdaptableModel): readonly Site[] {
  const sites = model.sites();
  const input = sites.find(({ role }) => role === "input-embedding");
  if (input === undefined) return [];
  const isOverTokens = (site: Site) => site.role === "output-head" && tokenTableOf(site)?.rows === input.inFeatures;
  const output = sites.find(isOverTokens);
  return output === undefined ? [input] : [input, output];
}

/** A table's own parameters by name, "weight" and – where it has one – "bias". */
export function parametersOfTable(
  model: AdaptableModel,
  { path, hasBias, biasPath = `${path}.bias` }: Site,
): ReadonlyMap<string, ParameterRef> {
  const wanted = new Map([[`${path}.weight`, "weight"], ...(hasBias ? [[biasPath, "bias"] as const] : [])]);
  return new Map(
    model.parameters().flatMap((parameter) => {
      const name = wanted.get(parameter.path);
      return name === undefined ? [] : [[name, parameter] as const];
    }),
  );
}

/** How many tokens an adapter's own tables and pairs have. */
interface AdapterVocabulary {
  readonly size: number;
  /** The tensors that show it. */
  readonly keys: readonly string[];
}

/**
 * How many tokens the tables know that an adapter was trained on, as far as its file says so: by the tables themselves
 * (PEFT's `save_embedding_layers`) or by pairs on them. Undefined if it says nothing, or if sizes contradict each other.
 *
 * @example
 * ```ts
 * import type { Adapter } from "@lowrank/adapter-format";
 * import { vocabularyOf } from "@lowrank/inject";
 * import type { PretrainedModel } from "@lowrank/models";
 *
 * export function modelFor(base: PretrainedModel, adapter: Adapter): PretrainedModel {
 *   const { size = base.config.vocabularySize } = vocabularyOf(base, adapter) ?? {};
 *   return base.withVocabulary(size);
 * }
 * ```
 */
export function vocabularyOf(model: AdaptableModel, { tensors }: Adapter): AdapterVocabulary | undefined {
  const tables = new Map(vocabularyTables(model).map((site) => [site.path, site]));
  const found = [...tensors.keys()].flatMap((key) => {
    const parsed = parseTensorKey(key);
    const site = parsed === null ? undefined : tables.get(parsed.path);
    const size = parsed === null || site === undefined ? undefined : tokensIn(parsed, key, { site, tensors });
    return size === undefined ? [] : [{ key, size }];
  });
  const [first] = found;
  if (first === undefined || found.some(({ size }) => size !== first.size)) return undefined;
  return { size: first.size, keys: found.map(({ key }) => key) };
}

/** Tokens that a tensor of a table has a row for; undefined for one without such rows, or of another width. */
function tokensIn(
  { path, part, parameter }: TensorKey,
  key: string,
  { site, tensors }: { readonly site: Site; readonly tensors: Adapter["tensors"] },
): number | undefined {
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? [];
  const table = tokenTableOf(site);
  if (table === null) return undefined;
  // A [rank, inFeatures] and B [outFeatures, rank]: one half has tokens along its outer axis, the other the width.
  const { parts } = siteKinds[site.kind];
  const [own, other] = table.axis === 0 ? ([0, 1] as const) : ([1, 0] as const);
  if (part === parts[own]) {
    const width = shapeOf(buildTensorKey({ path, part: parts[other] }))[own];
    return width === table.width ? shapeOf(key)[other] : undefined;
  }
  const isOfBase = part === "base_layer" || part === "token_base_layer" || part === "saved";
  return isOfBase && parameter === "weight" && shapeOf(key)[1] === table.width ? shapeOf(key)[0] : undefined;
}

/** An adapter's tables and a model's have another number of tokens. */
export interface VocabularyDifference {
  readonly got: number;
  readonly expected: number;
  readonly keys: readonly string[];
  readonly problems: readonly AdapterProblem[];
}

/** Where an adapter's file shows that it was trained with another number of tokens; null where it does not. */
export function otherVocabulary(model: AdaptableModel, adapter: Adapter): VocabularyDifference | null {
  const [input] = vocabularyTables(model);
  const found = vocabularyOf(model, adapter);
  if (input === undefined || found === undefined || found.size === input.inFeatures) return null;
  const { keys, size } = found;
  const expected = input.inFeatures;
  const problems = keys.map((key): AdapterProblem => {
    const got = adapter.tensors.get(key)!.shape;
    return { kind: "shape", key, got, expected: got.map((axis) => (axis === size ? expected : axis)) };
  });
  return { got: size, expected, keys, problems };
}
