// All modules of a model with their full paths: a family's table, completed with the numbers of one configuration.

import { configOfStage } from "../config/stage-config.ts";
import { configOfTower, towersOf } from "../config/tower-config.ts";
import {
  type EmbeddingRow,
  type Family,
  type LinearRow,
  type ModelConfig,
  type NormRow,
  type TensorRow,
  type Width,
  widths,
} from "../family.ts";
import type { Task } from "../task.ts";

interface InModel {
  /** transformers' full module path; for a tensor, its parameter path. */
  readonly path: string;
  readonly layer: number | null;
  readonly inHead: boolean;
}

/** A module of one model. */
export type Module = InModel &
  (
    | {
        readonly type: "linear";
        readonly row: LinearRow & { readonly bias: boolean };
        readonly inFeatures: number;
        readonly outFeatures: number;
        /** Full path of the module that shares this weight, if one does. */
        readonly tiedWith: string | null;
      }
    | {
        readonly type: "embedding";
        readonly row: EmbeddingRow;
        readonly rows: number;
        readonly columns: number;
        readonly tiedWith: string | null;
      }
    /** `bias`: whether a layer norm has one. */
    | { readonly type: "norm"; readonly row: Omit<NormRow, "bias">; readonly bias: boolean; readonly size: number }
    | { readonly type: "tensor"; readonly row: TensorRow; readonly shape: readonly number[] }
  );

/**
 * All modules of a model, in the table's order, with transformers' full paths. In a model with a head, the base has the family's
 * prefix ("transformer.h.0.attn.c_attn"); a base model alone has none ("h.0.attn.c_attn").
 */
export function modulesOf(config: ModelConfig, task: Task): readonly Module[] {
  const { family } = config;
  const head = family.heads[task];
  const base = { config, task, family, inHead: false };
  const above = { config, task, family, inHead: true };
  return [
    ...modulesOfTowers(config, task),
    ...(family.tensors ?? []).flatMap((row) => expand(row, base)),
    ...family.embeddings.flatMap((row) => expand(row, base)),
    ...family.linears.flatMap((row) => expand(row, base)),
    ...family.norms.flatMap((row) => expand(row, base)),
    ...(head?.tensors ?? []).flatMap((row) => expand(row, above)),
    ...(head?.linears ?? []).flatMap((row) => expand(row, above)),
    ...(head?.norms ?? []).flatMap((row) => expand(row, above)),
  ];
}

/** The modules of towers. A tower is a complete model under a path of its own. */
function modulesOfTowers(config: ModelConfig, task: Task): readonly Module[] {
  return towersOf(config, task).flatMap(({ path, tower }) =>
    modulesOf(tower, "feature-extraction").map((module) => ({ ...module, path: `${path}.${module.path}` })),
  );
}

/** The full path, in a model for `task`, of a path below the base model. */
export function pathInModel(family: Family, task: Task, path: string): string {
  const prefix = task === "feature-extraction" ? "" : (family.heads[task]?.basePrefix ?? family.basePrefix);
  return prefix === "" ? path : `${prefix}.${path}`;
}

function widthOf(config: ModelConfig, width: Width): number {
  return typeof width === "number" ? width : widths[width](config);
}

interface Context {
  readonly config: ModelConfig;
  readonly task: Task;
  readonly family: Family;
  readonly inHead: boolean;
}

type Row = EmbeddingRow | LinearRow | NormRow | TensorRow;

function expand(row: Row, context: Context): readonly Module[] {
  if (row.tasks && !row.tasks.includes(context.task)) return [];
  if (row.tower !== undefined) {
    const { tower, ...own } = row;
    return expand(own, { ...context, config: configOfTower(context.config, tower) });
  }
  if (row.path.includes("{s}")) {
    return context.config.stages.flatMap((_, stage) => {
      const config = configOfStage(context.config, stage);
      return expand({ ...row, path: row.path.replace("{s}", String(stage)) }, { ...context, config });
    });
  }
  if (row.when && !row.when(context.config)) return [];
  const full = context.inHead ? row.path : pathInModel(context.family, context.task, row.path);
  const [placeholder] = /\{[nm]\}/.exec(full) ?? [];
  if (placeholder === undefined) return [makeModule(row, { ...context, path: full, layer: null })];
  const { layers, decoderLayers } = context.config;
  return Array.from({ length: placeholder === "{n}" ? layers : decoderLayers }, (_, layer) => layer)
    .filter((layer) => row.inLayers?.(context.config, layer) ?? true)
    .map((layer) => makeModule(row, { ...context, path: full.replace(placeholder, String(layer)), layer }));
}

function makeModule(row: Row, context: Context & { readonly path: string; readonly layer: number | null }): Module {
  const { config, path, layer, inHead } = context;
  const common = { path, layer, inHead };
  if ("inFeatures" in row) {
    const inFeatures = widthOf(config, row.inFeatures);
    const outFeatures = widthOf(config, row.outFeatures);
    const bias = typeof row.bias === "boolean" ? row.bias : config.switches[row.bias];
    const ownRow = { ...(config.tiedEmbeddings ? row : withOwnBias(row)), bias };
    return { type: "linear", ...common, row: ownRow, inFeatures, outFeatures, tiedWith: tiedWithOf(path, context) };
  }
  if ("rows" in row) {
    const rows = widthOf(config, row.rows) + (row.extraRows ?? 0);
    const columns = widthOf(config, row.columns ?? "hidden");
    const shared = sharedTable(row, config);
    const tiedWith = shared === null ? tiedWithOf(path, context) : pathInModel(context.family, context.task, shared);
    return { type: "embedding", ...common, row, rows, columns, tiedWith };
  }
  if ("shape" in row) return { type: "tensor", ...common, row, shape: row.shape(config) };
  const { bias = true } = row;
  return {
    type: "norm",
    ...common,
    row,
    bias: row.kind === "layer" && (typeof bias === "boolean" ? bias : config.switches[bias]),
    size: widthOf(config, row.width ?? "hidden"),
  };
}

function sharedTable({ sharedWith, sharesOnlyIfTied }: EmbeddingRow, { tiedEmbeddings }: ModelConfig): string | null {
  return sharedWith === undefined || (sharesOnlyIfTied && !tiedEmbeddings) ? null : sharedWith;
}

/** A row without `biasPath`: the bias of an untied head is `<path>.bias`. */
function withOwnBias({ biasPath: _, ...row }: LinearRow): LinearRow {
  return row;
}

function tiedWithOf(path: string, { config, family, task }: Context): string | null {
  const tie = family.heads[task]?.tie;
  if (!tie || !config.tiedEmbeddings) return null;
  const embedding = pathInModel(family, task, tie.embedding);
  if (path === tie.head) return embedding;
  return path === embedding ? tie.head : null;
}
