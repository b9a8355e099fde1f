// What the export needs from a model in addition to its hook points, and where the files of its base come from.

import type { AdaptableModel } from "@lowrank/contracts";
import type { ModelConfig, Task } from "@lowrank/contracts/families";
import { parametersOf } from "@lowrank/contracts/families/checkpoint";
import type { ByteSource } from "@lowrank/safetensors/internal";
import type { PlannedMerge } from "./planned-merge.ts";

/** A model that can be written as a Hugging Face folder. `PretrainedModel` of `@lowrank/models` is one. */
export interface ExportableModel extends AdaptableModel {
  readonly config: ModelConfig;
  readonly task: Task;
  /** Paths of new parameters, which are not in the base's files. */
  readonly newParameters: readonly string[];
}

/** The base's folder: on disk, on a web server, in memory. `ModelFolder` of `@lowrank/models` is one. */
export interface SourceFolder {
  /** A path or an address, for messages. */
  readonly name: string;
  list(): Promise<readonly string[]>;
  has(file: string): Promise<boolean>;
  readText(file: string, limits: { readonly maxBytes: number }): Promise<string>;
  open(file: string): Promise<ByteSource>;
}

/** "as-base": each tensor has the type of the base's file, and merged weights are rounded to it once. */
export type ExportDtype = "as-base" | "F32" | "F16" | "BF16";

/** Options of an export. */
export interface ExportOptions {
  /**
   * The folder that the model was loaded from. For a base in another format (GGUF): the object to write as config.json
   * (`configFromGguf`), and the tokenizer's texts by file name (`readTokenizerFiles` of `@lowrank/data`). All weights then come
   * from the model.
   */
  readonly source:
    | SourceFolder
    | { readonly config: Readonly<Record<string, unknown>>; readonly texts?: ReadonlyMap<string, string> };
  /** A folder whose tokenizer files replace the base's: for an adapter with its own tokens. Its other files are ignored. */
  readonly tokenizer?: SourceFolder;
  /** A merge to compute while the model is written (`planMerge`). */
  readonly merge?: PlannedMerge;
  /** Called after each tensor that a planned merge changed and that is rounded, with the largest rounding error. */
  readonly onRounded?: (rounded: { readonly tensor: string; readonly largest: number }) => void;
  /** Default "F32": values are written as computed. "as-base" without a folder means F32 too. */
  readonly dtype?: ExportDtype;
  /** Names of a classifier's classes, one for each, if the base's configuration does not have them. */
  readonly labelNames?: readonly string[];
  /** More texts to write, by file name, which may contain a folder ("1_Pooling/config.json"). They replace copied files. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** A file that is made piece by piece while it is written. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: number;
  /** Its bytes, from a position on. */
  contents(from?: number): AsyncIterable<Uint8Array>;
  /** Results of the writing so far, as plain data. To continue in another process, pass them to `restore` before `contents`. */
  readonly findings?: { save(): unknown; restore(found: unknown): void };
}

/** Paths of all parameters with a row or a number for each token; none if the vocabulary was not resized. */
export function resizedParameters({ config, task, resizedFrom }: ExportableModel): readonly string[] {
  if (resizedFrom === undefined) return [];
  const oneMore = parametersOf({ ...config, vocabularySize: config.vocabularySize + 1 }, task);
  const shapes = new Map(oneMore.map(({ path, shape }) => [path, shape.join()]));
  return parametersOf(config, task).flatMap(({ path, shape }) => (shapes.get(path) === shape.join() ? [] : [path]));
}
