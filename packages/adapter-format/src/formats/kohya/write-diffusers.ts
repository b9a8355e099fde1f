// Writes an adapter as the file that diffusers' pipelines load: PEFT's names after the component's name. A file without
// α has scale 1, so each B is multiplied by its own scale.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { serializeSafetensors } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { toPlainLora } from "../../variants/variants.ts";
import { componentOf } from "../component-paths.ts";
import { encodeTensors, multiplied } from "../encode-tensors.ts";
import { expressibleMatrices } from "../expressible-matrices.ts";
import { reasonAgainst, type WriteKohyaOptions } from "./write-kohya.ts";

/** Options of `writeDiffusersAdapter`, the same as for Kohya's format. */
export type WriteDiffusersOptions = WriteKohyaOptions;

const optionNames: OptionNames<WriteDiffusersOptions> = { dtype: true, component: true };

const components = {
  te: "text_encoder",
  te1: "text_encoder",
  te2: "text_encoder_2",
  te3: "text_encoder_3",
  unet: "unet",
};

/**
 * Makes a file like `save_lora_weights` of diffusers, for a text encoder or another component of a pipeline.
 *
 * @throws INEXPRESSIBLE_ADAPTER listing parts that the format cannot store: embeddings, trained biases, modules and tokens, and
 * names in Kohya's format, where an underscore may mean a dot; INVALID_ADAPTER_TENSORS for values that `dtype` cannot store.
 *
 * @example
 * ```ts
 * import { createLoraConfig, writeDiffusersAdapter } from "@lowrank/adapter-format";
 *
 * const path = "text_model.encoder.layers.0.mlp.fc1";
 * const tensors = new Map([
 *   [`${path}.lora_A.weight`, { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *   [`${path}.lora_B.weight`, { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, alpha: 2, targetModules: ["fc1"] });
 * const file = writeDiffusersAdapter({ config, tensors, metadata: new Map() });
 * if (!new TextDecoder().decode(file).includes(`text_encoder.${path}.lora_A.weight`)) throw new Error("unexpected");
 * ```
 */
export function writeDiffusersAdapter(adapter: Adapter, options: WriteDiffusersOptions = {}): Uint8Array {
  refuseUnknownOptions("writeDiffusersAdapter", options, optionNames);
  const { dtype = "F32", component = "te" } = options;
  const plain = toPlainLora(adapter);
  const loras = expressibleMatrices(plain, {
    program: "diffusers",
    features: ["use_dora"],
    holds: (key) => key.endsWith(".lora_magnitude_vector"),
    reasonAgainst: (lora) =>
      componentOf(lora.path)?.component.startsWith("lora_")
        ? "a name in Kohya's format, where an underscore may mean a dot"
        : reasonAgainst(lora),
  });
  const tensors = new Map<string, AdapterTensor>();
  for (const { path, a, b } of loras) {
    // transformers 5 removed the module around a CLIP text encoder ("text_model."), but only for the encoder alone.
    const fullPath = path.replace(/^encoder\.layers\./, "text_model.$&");
    const name = componentOf(path) === undefined ? `${components[component]}.${fullPath}` : path;
    tensors.set(`${name}.lora_A.weight`, a);
    tensors.set(`${name}.lora_B.weight`, multiplied(b, scalingOf(plain.config, path)));
    const magnitude = plain.tensors.get(`${path}.lora_magnitude_vector`);
    if (magnitude !== undefined) tensors.set(`${name}.lora_magnitude_vector`, magnitude);
  }
  return serializeSafetensors(encodeTensors(tensors, dtype), new Map([["format", "pt"], ...plain.metadata]));
}
