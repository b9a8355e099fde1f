// What lowrank merge is asked for.

import type { ExportDtype } from "@lowrank/merge";
import type { GgufFileType } from "@lowrank/merge/gguf";
import type { WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";

/** The options of `lowrank merge`. */
export interface MergeOptions extends EngineOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
  readonly out: string;
  readonly to: "folder" | "gguf";
  /** Default F32; of a .gguf file, the base's own types if it is one, else F16. */
  readonly dtype?: ExportDtype | GgufFileType;
  /** Of a .gguf file: the least share of the adapter's effect that rounding must leave. */
  readonly leastKept?: number;
  readonly tied: "refuse" | "untie";
  readonly verify?: boolean;
  readonly tolerance?: number;
  readonly plan?: boolean;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}
