// How Kohya's sd-scripts, LyCORIS and diffusers of any year spell the parts of a pair. Sources: sd-scripts networks/lora.py;
// LyCORIS modules/*.py; diffusers loaders/lora_conversion_utils.py and models/attention_processor.py of 0.14 to 0.35.

/** What a tensor is to its module. "mid", "hada_…" and "lokr_…" are of LyCORIS. */
export type KohyaPart = "a" | "b" | "mid" | "alpha" | "magnitude" | `hada_${string}` | `lokr_${string}`;

/** A key taken apart. */
export interface KohyaKey {
  readonly path: string;
  readonly part: KohyaPart;
}

const hadamard = ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"] as const;
const kronecker = ["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"] as const;

const ends: ReadonlyMap<string, KohyaPart> = new Map<string, KohyaPart>([
  ["lora_down.weight", "a"],
  ["lora_up.weight", "b"],
  ["lora_mid.weight", "mid"],
  ["lora_A.weight", "a"],
  ["lora_B.weight", "b"],
  ["lora.down.weight", "a"],
  ["lora.up.weight", "b"],
  ["lora_linear_layer.down.weight", "a"],
  ["lora_linear_layer.up.weight", "b"],
  ["alpha", "alpha"],
  ["dora_scale", "magnitude"],
  ["lora_magnitude_vector", "magnitude"],
  ["lora_magnitude_vector.weight", "magnitude"],
  ...[...hadamard, ...kronecker].map((name) => [name, name] as const),
]);

/** Diffusers before 0.22 kept pairs in a processor beside the layers: "attn1.processor.to_q_lora.down.weight". */
const ofProcessor = /^(.+)\.processor\.((?:to|add)_\w+)_lora\.(down|up)\.weight$/;

/** Takes a key apart; undefined for one that no such program writes. */
export function parseKohyaKey(key: string): KohyaKey | undefined {
  const [, block, layer = "", half] = ofProcessor.exec(key) ?? [];
  if (block !== undefined) {
    // The layer behind the attention is the first of two.
    const path = `${block}.${layer === "to_out" ? "to_out.0" : layer}`;
    return isPath(path) ? { path, part: half === "down" ? "a" : "b" } : undefined;
  }
  const dots = [...key.matchAll(/\./g)].slice(-3).map(({ index }) => index);
  for (const dot of dots) {
    const part = ends.get(key.slice(dot + 1));
    const path = key.slice(0, dot);
    if (part !== undefined) return isPath(path) ? { path, part } : undefined;
  }
  return undefined;
}

function isPath(path: string): boolean {
  return /^\w[\w.-]*$/.test(path);
}
