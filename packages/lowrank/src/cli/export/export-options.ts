// What lowrank export is asked for.

import type { WeightedPath } from "../options/named-adapters.ts";
import type { CommonOptions } from "../options/shared-options.ts";

/** Formats that are written without a base. */
export type FormatWithoutBase = "mlx" | "kohya" | "diffusers" | "loralib";

/** The options of `lowrank export`. */
export interface ExportOptions extends CommonOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly out: string;
  readonly to: "gguf" | "onnx" | "onnx-adapter" | FormatWithoutBase;
  /** True where it is said without who feeds the pairs. */
  readonly switchable?: true | "session" | "adapter-files";
  /** Of a pipeline: Kohya's and diffusers' files hold several. */
  readonly component?: "te" | "te1" | "te2" | "te3" | "unet";
  readonly dtype?: "F32" | "F16" | "BF16" | "Q8_0";
  /** Onnx: whether the model may have other weights than the base. */
  readonly allowDifferentBase?: boolean;
  readonly overwrite?: boolean;
}
