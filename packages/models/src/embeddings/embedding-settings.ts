// How a model's states become one embedding for each text, as folders of sentence-transformers define it: modules.json lists
// the steps, 1_Pooling/config.json the states that are pooled.

import { describeValue } from "@lowrank/contracts/internal";
import { embeddingRecipeError } from "../errors.ts";

/** Which states represent a text: the mean of all without padding, the first token's, or the last token's. */
export type Pooling = "mean" | "first" | "last";

/** How states become an embedding. */
export interface EmbeddingSettings {
  readonly pooling: Pooling;
  /** Whether embeddings have length 1. */
  readonly isNormalized: boolean;
  /** Number of leading dimensions that are returned; default all. They are normalized after the others are removed. */
  readonly dimensions?: number | undefined;
}

const poolings: ReadonlyMap<unknown, Pooling> = new Map<unknown, Pooling>([
  ["mean", "mean"],
  ["cls", "first"],
  ["lasttoken", "last"],
]);

/** sentence-transformers' keys before version 6, one true or false each. */
const olderKeys: ReadonlyMap<string, string> = new Map([
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_lasttoken", "lasttoken"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
]);

/**
 * Reads the settings from parsed JSON files: `modules` is modules.json, `readConfig` gives the config.json of a step's folder
 * ("1_Pooling").
 *
 * @throws EMBEDDING_RECIPE for steps or poolings that are not computed.
 */
export async function readEmbeddingSettings(
  modules: unknown,
  readConfig: (folder: string) => Promise<unknown>,
): Promise<EmbeddingSettings> {
  if (!Array.isArray(modules)) throw embeddingRecipeError("modules.json", describeValue(modules), "a list of steps");
  const [transformer, pooling, normalize, ...more] = modules.map(readStep);
  const isKnown = transformer?.type === "Transformer" && pooling?.type === "Pooling" && more.length === 0;
  if (!isKnown || (normalize !== undefined && normalize.type !== "Normalize")) {
    const got = modules.map((step) => readStep(step).type).join(", ");
    throw embeddingRecipeError("modules.json", got, "the steps Transformer, Pooling and optionally Normalize");
  }
  const config = await readConfig(pooling.path);
  return { pooling: readPooling(config, `${pooling.path}/config.json`), isNormalized: normalize !== undefined };
}

interface Step {
  /** The last part of the class' name. */
  readonly type: string;
  readonly path: string;
}

function readStep(value: unknown): Step {
  const { type, path } = fieldsOf(value);
  if (typeof type === "string" && typeof path === "string") return { type: type.split(".").at(-1) ?? type, path };
  throw embeddingRecipeError("modules.json", describeValue(value), "steps with a type and a path");
}

function readPooling(config: unknown, file: string): Pooling {
  const fields = fieldsOf(config);
  if (fields.include_prompt === false) {
    throw embeddingRecipeError(file, "include_prompt: false", "true: the states of the prompt are pooled, too");
  }
  const older = [...olderKeys].flatMap(([key, name]) => (fields[key] === true ? [name] : []));
  const mode = fields.pooling_mode ?? (older.length > 1 ? older : (older[0] ?? "mean"));
  const pooling = poolings.get(mode);
  if (pooling !== undefined) return pooling;
  throw embeddingRecipeError(file, describeValue(mode), [...poolings.keys()].join(", "));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  // A value that is not an object has no fields.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
