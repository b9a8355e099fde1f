// What the export must know of a model besides its doors, and where the files of its base come from.

import type { AdaptableModel } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/contracts/families";
import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import type { ByteSource } from "@lowrank/safetensors";
import type { PlannedMerge } from "./planned-merge.ts";

/** A model that can be written as a Hugging Face folder. `PretrainedModel` of `@lowrank/models` is one. */
export interface ExportableModel extends AdaptableModel {
  readonly config: ModelConfig;
  readonly task: Task;
  /** Paths of parameters that the base's files lack, because they were made new. */
  readonly newParameters: readonly string[];
}

/** The base's folder: on disk, on a web server, in memory. `ModelFolder` of `@lowrank/models` is one. */
export interface SourceFolder {
  /** For messages: a path or an address. */
  readonly name: string;
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  open(file: string): Promise<ByteSource>;
}

/** "as-base": every tensor in the type that the base's file has; merged weights are rounded to it once. */
export type ExportDtype = "as-base" | "F32" | "F16" | "BF16";

/** How a model is exported. */
export interface ExportOptions {
  /**
   * The folder that the model was loaded from, or – for a base that is no such folder (GGUF) – the object to write as
   * config.json (`configFromGguf`), and its tokenizer's texts by file name (`readTokenizerFiles` of `@lowrank/data`); all
   * weights then come from the model.
   */
  readonly source:
    | SourceFolder
    | { readonly config: Readonly<Record<string, unknown>>; readonly texts?: ReadonlyMap<string, string> };
  /**
   * A folder whose tokenizer is written in place of the base's, file by file: that of an adapter with tokens of its own.
   * Its other files are not looked at.
   */
  readonly tokenizer?: SourceFolder;
  /** A merge that is to be computed while the model is written (`planMerge`). */
  readonly merge?: PlannedMerge;
  /** Hears, after each tensor that a planned merge changed and that is rounded, by how much at most a number was. */
  readonly onRounded?: (rounded: { readonly tensor: string; readonly largest: number }) => void;
  /** Default "F32": what is written is what was computed. "as-base" without a folder is F32 too. */
  readonly dtype?: ExportDtype;
  /** Names of a classifier's classes, where the base's own configuration does not have them: one for each. */
  readonly labelNames?: readonly string[];
  /** Further texts to write, by file name, which may lie in a folder ("1_Pooling/config.json"); they go before copied ones. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** One file to write, made piece by piece only when it is. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: number;
  /** Its bytes, or those from a place on. */
  contents(from?: number): AsyncIterable<Uint8Array>;
  /** What is found out meanwhile, as plain data: `give` it to whoever makes the rest, before asking for `contents`. */
  readonly findings?: { taken(): unknown; give(found: unknown): void };
}

/** Paths of every parameter that has a row, or a number, for each token; none if the vocabulary is the files' own. */
export function resizedParameters({ config, task, resizedFrom }: ExportableModel): readonly string[] {
  if (resizedFrom === undefined) return [];
  const oneMore = parametersOf({ ...config, vocabularySize: config.vocabularySize + 1 }, task);
  const shapes = new Map(oneMore.map(({ path, shape }) => [path, shape.join()]));
  return parametersOf(config, task).flatMap(({ path, shape }) => (shapes.get(path) === shape.join() ? [] : [path]));
}
