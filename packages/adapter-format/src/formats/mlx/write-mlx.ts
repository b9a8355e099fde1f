// Writes an adapter as the files that mlx_lm loads. They have one rank and one scale for all modules, and name modules by their
// paths within a layer. So a smaller rank is padded with zeros, another scale is multiplied into B, and a module without LoRA gets
// mlx_lm's initial A and B, with B zero. Source: mlx_lm 0.32, tuner/utils.py, tuner/lora.py, tuner/dora.py.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { serializeSafetensors } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { toPlainLora } from "../../variants/variants.ts";
import { type AdapterDtype, encodeTensors, multiplied, transposed } from "../encode-tensors.ts";
import { expressibleMatrices } from "../expressible-matrices.ts";
import { mlxPath } from "./module-names.ts";

/** Options of `writeMlxAdapter`. */
export interface WriteMlxOptions {
  /** Type of the values. Default F32. */
  readonly dtype?: AdapterDtype;
}

/** An adapter's files by name. */
export interface MlxFiles {
  readonly "adapter_config.json": string;
  readonly "adapters.safetensors": Uint8Array;
}

const optionNames: OptionNames<WriteMlxOptions> = { dtype: true };

/**
 * Makes mlx_lm's files, for GPT-2, GPT-NeoX, and models whose layers are at `model.layers` in both libraries.
 *
 * @throws INEXPRESSIBLE_ADAPTER listing parts that mlx_lm's format cannot store; INVALID_ADAPTER_TENSORS for
 * values that `dtype` cannot store
 *
 * @example
 * ```ts
 * import { createLoraConfig, writeMlxAdapter } from "@lowrank/adapter-format";
 *
 * const path = "model.layers.0.self_attn.q_proj";
 * const tensors = new Map([
 *   [`${path}.lora_A.weight`, { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *   [`${path}.lora_B.weight`, { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, alpha: 2, targetModules: ["q_proj"] });
 * const files = writeMlxAdapter({ config, tensors, metadata: new Map() });
 * if (!files["adapter_config.json"].includes('"scale": 2')) throw new Error("unexpected");
 * ```
 */
export function writeMlxAdapter(adapter: Adapter, options: WriteMlxOptions = {}): MlxFiles {
  refuseUnknownOptions("writeMlxAdapter", options, optionNames);
  const { dtype = "F32" } = options;
  const plain = toPlainLora(adapter);
  const { config } = plain;
  const loras = expressibleMatrices(plain, {
    program: "mlx_lm",
    features: ["use_dora"],
    holds: (key) => key.endsWith(".lora_magnitude_vector"),
    reasonAgainst: ({ path, a }) => {
      if (a.shape.length !== 2) return "A and B must be matrices";
      return mlxPath(path) === undefined ? "mlx_lm has another name for the module" : undefined;
    },
  });
  const rank = loras.reduce((max, { a }) => Math.max(max, a.shape[0] ?? 0), 0);
  const scale = scalingOf(config, loras[0]?.path ?? "");
  const tensors = new Map<string, AdapterTensor>();
  for (const { path, a, b } of loras) {
    const name = mlxPath(path) ?? path;
    tensors.set(`${name}.lora_a`, transposed(widened(a, rank)));
    tensors.set(`${name}.lora_b`, widened(transposed(multiplied(b, scalingOf(config, path) / scale)), rank));
    const magnitude = plain.tensors.get(`${path}.lora_magnitude_vector`);
    if (magnitude !== undefined) tensors.set(`${name}.m`, magnitude);
  }
  const keys = [...new Set(loras.map(({ path }) => (mlxPath(path) ?? path).replace(/^model\.(layers|h)\.\d+\./, "")))];
  const settings = {
    fine_tune_type: config.useDora ? "dora" : "lora",
    num_layers: -1, // all of them
    lora_parameters: { rank, scale, dropout: config.dropout, keys },
    ...(config.baseModel === null ? {} : { model: config.baseModel }),
  };
  return {
    "adapter_config.json": `${JSON.stringify(settings, null, 4)}\n`,
    "adapters.safetensors": serializeSafetensors(encodeTensors(tensors, dtype)),
  };
}

/** [rank, columns], padded with rows of zeros up to `rank`. */
function widened(matrix: AdapterTensor, rank: number): AdapterTensor {
  const [rows = 0, columns = 0] = matrix.shape;
  if (rows === rank) return matrix;
  const values = new Float32Array(rank * columns);
  values.set(matrix.values);
  return { shape: [rank, columns], values };
}
