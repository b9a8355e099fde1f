// Writes an adapter as the tensors that loralib's layers load. The tensors have no α; it is in the file's metadata. A
// module with another scale has it multiplied into B.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { serializeSafetensors } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { parseTensorKey } from "../../tensor-keys.ts";
import { toPlainLora } from "../../variants/variants.ts";
import { type AdapterDtype, encodeTensors, multiplied } from "../encode-tensors.ts";
import { expressibleMatrices } from "../expressible-matrices.ts";
import { alphaKey } from "./read-loralib.ts";

/** Options of `writeLoralibAdapter`. */
export interface WriteLoralibOptions {
  /** Type of the values. Default F32. */
  readonly dtype?: AdapterDtype;
}

const optionNames: OptionNames<WriteLoralibOptions> = { dtype: true };

/**
 * Makes a safetensors file with the tensors of `loralib.lora_state_dict`, for Linear and Embedding layers that are made
 * with each module's rank and with the `lora_alpha` of the file's metadata.
 *
 * @throws INEXPRESSIBLE_ADAPTER listing parts that loralib's layers cannot store: convolutions, trained modules and
 * tokens; INVALID_ADAPTER_TENSORS for values that `dtype` cannot store.
 */
export function writeLoralibAdapter(adapter: Adapter, options: WriteLoralibOptions = {}): Uint8Array {
  refuseUnknownOptions("writeLoralibAdapter", options, optionNames);
  const { dtype = "F32" } = options;
  const plain = toPlainLora(adapter);
  const { config } = plain;
  const biasOf = (key: string) => {
    const parsed = parseTensorKey(key);
    const isBias = parsed?.parameter === "bias" && (parsed.part === "base_layer" || parsed.part === "saved");
    return isBias ? `${parsed.path}.bias` : undefined;
  };
  const loras = expressibleMatrices(plain, {
    program: "loralib",
    features: ["bias"],
    holds: (key) => biasOf(key) !== undefined,
    reasonAgainst: ({ a }) => (a.shape.length === 2 ? undefined : "its convolutions keep other factors"),
  });
  // With α = 0 no factor in B could restore the scale.
  const alpha = config.alpha === 0 ? 1 : config.alpha;
  const tensors = new Map<string, AdapterTensor>();
  for (const { path, a, b } of loras) {
    const factor = scalingOf(config, path) / (alpha / (a.shape[0] ?? 1));
    tensors.set(`${path}.lora_A`, a).set(`${path}.lora_B`, multiplied(b, factor));
  }
  for (const [key, tensor] of plain.tensors) {
    const name = biasOf(key);
    if (name !== undefined) tensors.set(name, tensor);
  }
  const metadata = new Map([["format", "pt"], ...plain.metadata, [alphaKey, String(alpha)]]);
  return serializeSafetensors(encodeTensors(tensors, dtype), metadata);
}
