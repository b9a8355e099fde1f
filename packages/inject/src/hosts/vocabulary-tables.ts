// The weights that have a row for each token: transformers' get_input_embeddings and get_output_embeddings.

import { type Adapter, parseTensorKey } from "@lowrank/adapter-format";
import { buildTensorKey, type TensorKey } from "@lowrank/adapter-format/internal";
import type { AdaptableModel, Site } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { siteKinds } from "@lowrank/math/internal";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import { tokenTableOf } from "./token-table.ts";

/** The input embedding and, if the model has one, the head with a logit for each token. */
export function vocabularyTables(model: AdaptableModel): readonly Site[] {
  const sites = model.sites();
  const input = sites.find(({ role }) => role === "input-embedding");
  if (input === undefined) return [];
  const isOverTokens = (site: Site) => site.role === "output-head" && tokenTableOf(site)?.rows === input.inFeatures;
  const output = sites.find(isOverTokens);
  return output === undefined ? [input] : [input, output];
}

/** A layer's parameters by name: "weight" and, if it has one, "bias". */
export function parametersOfTable(
  model: AdaptableModel,
  { path, hasBias, biasPath = `${path}.bias` }: Site,
): ReadonlyMap<string, ParameterRef> {
  const namesByPath = new Map([[`${path}.weight`, "weight"], ...(hasBias ? [[biasPath, "bias"] as const] : [])]);
  return new Map(
    model.parameters().flatMap((parameter) => {
      const name = namesByPath.get(parameter.path);
      return name === undefined ? [] : [[name, parameter] as const];
    }),
  );
}

/** The number of tokens in an adapter's embeddings and A and B. */
interface AdapterVocabulary {
  readonly size: number;
  /** Keys of the tensors with that number. */
  readonly keys: readonly string[];
}

/**
 * The vocabulary size of an adapter's base, from its file: from saved embeddings (PEFT's `save_embedding_layers`) or from A and B
 * for them. Undefined if the file does not show it, or if sizes contradict each other.
 */
export function vocabularyOf(model: AdaptableModel, { tensors }: Adapter): AdapterVocabulary | undefined {
  const tables = new Map(vocabularyTables(model).map((site) => [site.path, site]));
  const sized = [...tensors.keys()].flatMap((key) => {
    const parsed = parseTensorKey(key);
    const site = parsed === null ? undefined : tables.get(parsed.path);
    const size = parsed === null || site === undefined ? undefined : tokensIn(parsed, key, { site, tensors });
    return size === undefined ? [] : [{ key, size }];
  });
  const [first] = sized;
  if (first === undefined || sized.some(({ size }) => size !== first.size)) return undefined;
  return { size: first.size, keys: sized.map(({ key }) => key) };
}

/** Number of tokens of a tensor; undefined for one without rows for tokens, or with another width. */
function tokensIn(
  { path, part, parameter }: TensorKey,
  key: string,
  { site, tensors }: { readonly site: Site; readonly tensors: Adapter["tensors"] },
): number | undefined {
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? [];
  const table = tokenTableOf(site);
  if (table === null) return undefined;
  // In A [rank, inFeatures] and B [outFeatures, rank], one matrix has an axis of tokens, the other one of the width.
  const { parts } = siteKinds[site.kind];
  const [tokenMatrix, widthMatrix] = table.axis === 0 ? ([0, 1] as const) : ([1, 0] as const);
  if (part === parts[tokenMatrix]) {
    const width = shapeOf(buildTensorKey({ path, part: parts[widthMatrix] }))[tokenMatrix];
    return width === table.width ? shapeOf(key)[widthMatrix] : undefined;
  }
  const isOfBase = part === "base_layer" || part === "token_base_layer" || part === "saved";
  return isOfBase && parameter === "weight" && shapeOf(key)[1] === table.width ? shapeOf(key)[0] : undefined;
}

/** The vocabulary sizes of an adapter and a model that differ. */
export interface VocabularyDifference {
  readonly got: number;
  readonly expected: number;
  readonly keys: readonly string[];
  readonly problems: readonly AdapterProblem[];
}

/** The difference, if an adapter's file shows another number of tokens; else null. */
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
