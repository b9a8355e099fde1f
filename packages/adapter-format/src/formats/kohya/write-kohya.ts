// Writes an adapter as a file of Kohya's sd-scripts, which ComfyUI, Automatic1111 and diffusers load, with LyCORIS' key
// for DoRA. Each module has its own α, which also covers rank patterns and rsLoRA. Paths have underscores.

import { type OptionNames, refuseUnknownOptions } from "@lowrank/contracts/internal";
import { serializeSafetensors } from "@lowrank/safetensors";
import type { Adapter, AdapterTensor } from "../../lora-config.ts";
import { scalingOf } from "../../targets/scaling.ts";
import { toPlainLora } from "../../variants/variants.ts";
import { componentOf } from "../component-paths.ts";
import { type AdapterDtype, encodeTensors } from "../encode-tensors.ts";
import { expressibleMatrices, type WholeLora } from "../expressible-matrices.ts";

/** Options of `writeKohyaAdapter`. */
export interface WriteKohyaOptions {
  /** Type of the values. Default F32. */
  readonly dtype?: AdapterDtype;
  /**
   * The component of a pipeline that the base model is, if the paths do not name it. Default "te". The text encoders of
   * Stable Diffusion XL are "te1" and "te2".
   */
  readonly component?: "te" | "te1" | "te2" | "te3" | "unet";
}

const optionNames: OptionNames<WriteKohyaOptions> = { dtype: true, component: true };

/**
 * Makes a file like sd-scripts, for a text encoder or another component of an image pipeline.
 *
 * @throws INEXPRESSIBLE_ADAPTER listing parts that the format cannot store: embeddings, trained biases, modules and
 * tokens; INVALID_ADAPTER_TENSORS for values that `dtype` cannot store.
 *
 * @example
 * ```ts
 * import { createLoraConfig, writeKohyaAdapter } from "@lowrank/adapter-format";
 *
 * const path = "text_model.encoder.layers.0.mlp.fc1";
 * const tensors = new Map([
 *   [`${path}.lora_A.weight`, { shape: [1, 2], values: Float32Array.of(1, 2) }],
 *   [`${path}.lora_B.weight`, { shape: [3, 1], values: Float32Array.of(4, 5, 6) }],
 * ]);
 * const config = createLoraConfig({ rank: 1, alpha: 2, targetModules: ["fc1"] });
 * const file = writeKohyaAdapter({ config, tensors, metadata: new Map() });
 * if (!new TextDecoder().decode(file).includes("lora_te_text_model_encoder_layers_0_mlp_fc1.alpha")) throw new Error("unexpected");
 * ```
 */
export function writeKohyaAdapter(adapter: Adapter, options: WriteKohyaOptions = {}): Uint8Array {
  refuseUnknownOptions("writeKohyaAdapter", options, optionNames);
  const { dtype = "F32", component = "te" } = options;
  const plain = toPlainLora(adapter);
  const { config } = plain;
  const magnitudeOf = (path: string) => plain.tensors.get(`${path}.lora_magnitude_vector`);
  const names = new Map<string, string>();
  const loras = expressibleMatrices(plain, {
    program: "Kohya",
    features: ["use_dora"],
    holds: (key) => key.endsWith(".lora_magnitude_vector"),
    reasonAgainst(lora) {
      const name = nameOf(lora.path, component);
      const earlier = names.get(name);
      names.set(name, lora.path);
      if (earlier !== undefined) return `with underscores it has the same name as ${earlier}`;
      return scalingOf(config, lora.path) === 0 ? "this format reads an alpha of 0 as the rank" : reasonAgainst(lora);
    },
  });
  const tensors = new Map<string, AdapterTensor>();
  const alphas = new Map<string, AdapterTensor>();
  for (const { path, a, b } of loras) {
    const name = nameOf(path, component);
    const alpha = Float32Array.of(scalingOf(config, path) * (a.shape[0] ?? 0));
    alphas.set(`${name}.alpha`, { shape: [], values: alpha });
    tensors.set(`${name}.lora_down.weight`, a).set(`${name}.lora_up.weight`, b);
    const magnitude = magnitudeOf(path);
    const shape = b.shape.map((size, axis) => (axis === 0 ? size : 1));
    if (magnitude !== undefined) tensors.set(`${name}.dora_scale`, { shape, values: magnitude.values });
  }
  const rounded = encodeTensors(tensors, dtype);
  for (const [key, alpha] of alphas) {
    const { values } = alpha;
    // α has the file's type, as in sd-scripts, unless rounding would change it.
    const isHeld = dtype !== "F32" && isExact(values[0] ?? 0, dtype);
    for (const [name, data] of encodeTensors(new Map([[key, alpha]]), isHeld ? dtype : "F32")) rounded.set(name, data);
  }
  return serializeSafetensors(rounded, new Map([["format", "pt"], ...plain.metadata]));
}

/** "text_model.encoder.layers.0.mlp.fc1" → "lora_te_text_model_encoder_layers_0_mlp_fc1" */
function nameOf(path: string, ofBase: string): string {
  const { component, rest } = componentOf(path) ?? {};
  if (component === undefined || rest === undefined || component === "transformer")
    // transformers 5 removed the module around a CLIP text encoder ("text_model."), but only for the encoder alone.
    return `lora_${ofBase}_${path.replace(/^encoder\.layers\./, "text_model.$&").replaceAll(".", "_")}`;
  if (component.startsWith("lora_")) return path;
  const encoder = /^text_encoder(?:_(\d))?$/.exec(component);
  const part = encoder === null ? component : `te${encoder[1] ?? ""}`;
  return `lora_${part}_${rest.replaceAll(".", "_")}`;
}

/** Why neither Kohya nor diffusers can store this A and B; undefined if they can. */
export function reasonAgainst({ partOfA, a, b }: WholeLora): string | undefined {
  if (partOfA === "lora_embedding_A") return "this format has no adapters of embeddings";
  return a.shape[0] === b.shape[1] ? undefined : "this format has no adapters of grouped convolutions";
}

function isExact(value: number, dtype: "F16" | "BF16"): boolean {
  // F16 has 10 bits after the leading one, BF16 has 7. Both store multiples of that exactly between 2⁻¹⁰ and 2¹⁵.
  const size = 2 ** Math.floor(Math.log2(Math.abs(value)));
  const step = size / 2 ** (dtype === "F16" ? 10 : 7);
  return size >= 2 ** -10 && size < 2 ** 15 && Number.isInteger(value / step);
}
