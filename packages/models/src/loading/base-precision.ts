// The precision in which a base's matrices are stored. Computation is in float32, except for "bf16", "int8" and matrices in 4 bits.

import type { WarningListener } from "@lowrank/contracts";
import { halfBits } from "@lowrank/contracts/internal";
import type { WeightSlot } from "@lowrank/engine/hook-points";
import { int8Problem, packInt8, packNormalFloat4 } from "@lowrank/engine/internal";
import * as tf from "@tensorflow/tfjs-core";
import type { WeightSource } from "./weight-source.ts";

/**
 * - "float32": every weight as a float32 tensor.
 * - "as-stored": the matrices of linear layers, embeddings and heads in the precision of the file: F16, BF16, and
 *   a GGUF file's blocks: 4 bits for each weight plus scales, 8 bits for types of 5 and 6 bits (Q5_*, Q6_K). The same for
 *   folders of bitsandbytes, GPTQ, AWQ and compressed-tensors, without the rounding to 16 bits of their own dequantization.
 *   Linear layers in 4 bits are computed as those of "nf4".
 * - "nf4": linear layers but the head rounded to NormalFloat 4 (QLoRA), unless the file has them in 4 bits already;
 *   embeddings and heads as stored. On the native engine products of linear layers in 4 bits are computed in 8 bits where the
 *   processor has such instructions; elsewhere in float32.
 * - "bf16": the same matrices as "as-stored", rounded to bf16 where they are not. On tfjs-node products round their other
 *   factor as well, as PyTorch's autocast does, and are faster where the processor has bf16 instructions; on other engines
 *   they are computed in float32.
 * - "int8": linear layers but the head rounded to 8 bits with a scale for each output; embeddings and heads as stored. On the
 *   native engine their products, forward and for the gradient, are computed in 8 bits, which is fast where the processor
 *   has such instructions, and so is a training step's head; elsewhere in float32.
 *
 * Norms, biases, convolutions, stacks of experts and matrices in F32 or F64 that are not rounded are float32 tensors always.
 */
export type BasePrecision = "float32" | "as-stored" | "nf4" | "bf16" | "int8";

export interface FillingOptions {
  readonly precision: BasePrecision;
  readonly onWarning?: WarningListener | undefined;
}

/** Puts a tensor's bytes into the model, in the requested precision. */
export function fillSlot(
  slot: WeightSlot,
  { source, key, bytes }: { readonly source: WeightSource; readonly key: string; readonly bytes: Uint8Array },
  { precision, onWarning }: FillingOptions,
): void {
  const { packing } = slot;
  const stored = packing === undefined || precision === "float32" ? undefined : source.pack(key, bytes);
  const hasFewBits = stored?.kind === "blocks" && stored.codeBits === 4;
  if (packing?.kind === "body" && precision === "nf4" && !hasFewBits) {
    const [rows = 0, columns = 0] = slot.shape;
    packing.fill({ ...packNormalFloat4(source.decode(key, bytes), { rows, columns }), products: "int8" });
  } else if (packing?.kind === "body" && precision === "int8") {
    const [rows = 0, columns = 0] = slot.shape;
    const values = source.decode(key, bytes);
    const packed = packInt8(values, { rows, columns, layout: packing.layout });
    if (packed !== undefined) packing.fill(packed);
    else {
      const message = `${source.name} → ${key} has NaN or infinite values, which 8 bits cannot store: it stays in float32.`;
      onWarning?.({ code: "WEIGHT_NOT_FINITE", message });
      slot.fill(tf.tensor(values, [...slot.shape], "float32"));
    }
  } else if (packing !== undefined && precision === "bf16") {
    const [rows = 0, columns = 0] = slot.shape;
    const bits = stored?.kind === "bf16" ? stored.bits : halfBits(source.decode(key, bytes), "bf16");
    packing.fill({ kind: "bf16", rows, columns, bits, products: "bf16" });
  } else if (packing !== undefined && stored !== undefined)
    packing.fill(packing.kind === "body" && hasFewBits ? { ...stored, products: "int8" } : stored);
  else slot.fill(tf.tensor(source.decode(key, bytes), [...slot.shape], "float32"));
  if (packing?.kind === "table-or-head" && precision === "int8") packing.roundLogits();
}

/** Warns if a precision that is chosen for its speed is not faster here. */
export function warnOfPrecision({ precision, onWarning }: FillingOptions): void {
  const reason = precision === "int8" ? int8Problem() : undefined;
  if (reason === undefined) return;
  const message = `The base model is stored in 8 bits and multiplied in float32, which saves memory but no time: ${reason}.`;
  onWarning?.({ code: "INT8_IN_FLOAT32", message });
}
