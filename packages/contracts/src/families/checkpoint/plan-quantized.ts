// Plans which tensors of a file are one quantized weight together: its codes, their scales and zero points.

import type { QuantizationMethod } from "../config/quantization-config.ts";
import type { ModelConfig } from "../family.ts";
import { endOf } from "./match-checkpoint.ts";

/** The tensors of a module ("q_proj."), by the ends of their names. */
interface PieceNames {
  /** Present exactly in such modules. */
  readonly end: string;
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

const stateOf = (type: string): PieceNames => ({
  end: `weight.quant_state.bitsandbytes__${type}`,
  required: ["weight", "weight.absmax", "weight.quant_map"],
  optional: ["weight.nested_absmax", "weight.nested_quant_map"],
});

const pieceNames: Readonly<Record<QuantizationMethod, readonly PieceNames[]>> = {
  bitsandbytes: [stateOf("nf4"), stateOf("fp4"), { end: "SCB", required: ["weight"], optional: ["weight_format"] }],
  gptq: [{ end: "qweight", required: ["qzeros", "scales"], optional: ["g_idx"] }],
  awq: [{ end: "qweight", required: ["qzeros", "scales"] }],
  "compressed-tensors": [
    {
      end: "weight_packed",
      required: ["weight_scale", "weight_shape"],
      optional: ["weight_zero_point", "weight_g_idx"],
    },
    { end: "weight_scale", required: ["weight"], optional: ["weight_zero_point", "input_scale", "input_zero_point"] },
  ],
};

/** One quantized weight of a file. */
export interface QuantizedPieces {
  /** Tensors by the ends of their names ("qweight"). */
  readonly keys: ReadonlyMap<string, string>;
  /** Ends of the names of tensors that the file lacks. */
  readonly missing: readonly string[];
  /** Whether the plain weight is the transpose: codes are [outputs, inputs] also where a "Conv1D" stores [inputs, outputs] (GPT-2). */
  readonly isTransposed: boolean;
}

/** The key of each quantized weight, as if it were plain ("….q_proj.weight") → its tensors. */
export function planQuantized(
  { quantization, family }: Pick<ModelConfig, "quantization" | "family">,
  fileKeys: Iterable<string>,
): ReadonlyMap<string, QuantizedPieces> {
  const plan = new Map<string, QuantizedPieces>();
  if (quantization === null) return plan;
  const keys = new Set(fileKeys);
  const conv1d = family.linears.filter(({ layout }) => layout === "in-out");
  for (const { end, required, optional = [] } of pieceNames[quantization.method]) {
    for (const key of keys) {
      if (!key.endsWith(`.${end}`)) continue;
      const module = key.slice(0, -end.length);
      if (plan.has(`${module}weight`)) continue;
      const present = [...required, end, ...optional].filter((name) => keys.has(module + name));
      const missing = required.filter((name) => !keys.has(module + name));
      const isTransposed = conv1d.some(({ path }) => endOf(module, `${path}.`) !== null);
      plan.set(`${module}weight`, {
        keys: new Map(present.map((name) => [name, module + name])),
        missing,
        isTransposed,
      });
    }
  }
  return plan;
}
