// Adapters of Kohya's, LyCORIS', diffusers' and loralib's files: one that is accepted must be written and read again as it was.

import { type Adapter, readAdapterIn, writeKohyaAdapter } from "@lowrank/adapter-format";
import { readLoralibAdapter } from "@lowrank/adapter-format/internal";
import { LowrankError } from "@lowrank/contracts";
import { bytesSource, float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { mutateBytes } from "../inputs/mutate-bytes.ts";
import type { Random } from "../inputs/random.ts";
import { demand, mayRefuse, type Target } from "../target.ts";
import { messageFault } from "../watch/judge.ts";

const paths = ["lora_te_a", "lora_te1_a_b", "lora_unet_c", "unet.d.0", "text_encoder.e", "q", "h.0.c_attn", "(a+)+"];
/** Parts of a module with axes by letters: r and s are ranks, i and o features. */
const kinds: readonly Readonly<Record<string, string>>[] = [
  { "lora_down.weight": "ri", "lora_up.weight": "or", alpha: "" },
  { "lora_down.weight": "ri33", "lora_up.weight": "or11" },
  { "lora_down.weight": "ri11", "lora_mid.weight": "rr33", "lora_up.weight": "or11", alpha: "1" },
  { "lora_down.weight": "ri", "lora_up.weight": "or", alpha: "", dora_scale: "o1" },
  { "lora_A.weight": "ri", "lora_B.weight": "or" },
  { "lora_linear_layer.down.weight": "ri", "lora_linear_layer.up.weight": "or" },
  { hada_w1_a: "or", hada_w1_b: "ri", hada_w2_a: "os", hada_w2_b: "si", alpha: "" },
  { lokr_w1: "sr", lokr_w2_a: "or", lokr_w2_b: "ri", alpha: "" },
  { lokr_w1: "rs", lokr_w2: "oi" },
  { lora_A: "ri", lora_B: "or", bias: "o" },
  { "processor.to_q_lora.down.weight": "ri", "processor.to_q_lora.up.weight": "or" },
];

export const foreignAdapters: Target = {
  generate(random) {
    const tensors = [random.pick(paths), ...random.list(3, () => random.pick(paths))].flatMap((path) => {
      const sizes = {
        r: 1 + random.integer(3),
        s: 1 + random.integer(3),
        i: 1 + random.integer(5),
        o: 1 + random.integer(5),
      };
      return Object.entries(random.pick(kinds)).flatMap(([part, axes]) => {
        if (random.chance(0.02)) return [];
        const shape = shapeOf(axes, sizes, random);
        const count = shape.reduce((product, size) => product * size, 1);
        const values = Float32Array.from({ length: count }, () => random.fraction() - 0.4);
        return [[`${path}.${part}`, float32Tensor(shape, values)] as const];
      });
    });
    const bytes = serializeSafetensors(new Map(tensors), new Map([["ss_network_dim", "4"]]));
    return random.chance(0.3) ? mutateBytes(bytes, random) : bytes;
  },

  async check(input) {
    const adapter = await read(input);
    for (const [key, { shape, values }] of adapter.tensors)
      demand(values.length === shape.reduce((product, size) => product * size, 1), `${key} has another size`);
    const written = mayRefuse(() => writeKohyaAdapter(adapter));
    if (written === undefined) return;
    const again = await fromFolder(written);
    demand(again.tensors.size === adapter.tensors.size, "writing and reading lost tensors");
    for (const [key, tensor] of adapter.tensors) {
      if (!key.startsWith("lora_")) continue;
      const other = again.tensors.get(key);
      demand(String(other?.values) === String(tensor.values), `writing and reading changed ${key}`);
    }
  },
};

function shapeOf(axes: string, sizes: Readonly<Record<string, number>>, random: Random): readonly number[] {
  return [...axes].map((axis) => (random.chance(0.02) ? random.integer(7) : (sizes[axis] ?? Number(axis))));
}

/** By the reader of folders, or by loralib's. */
async function read(input: Uint8Array): Promise<Adapter> {
  try {
    return await fromFolder(input);
  } catch (error) {
    if (!LowrankError.isInstance(error) || error.code !== "FOREIGN_ADAPTER") throw error;
    return await readLoralibAdapter(input, { groups: { c_attn: [true, false, true] } });
  }
}

function fromFolder(bytes: Uint8Array): Promise<Adapter> {
  const name = "x.safetensors";
  const folder = {
    name: "there",
    list: async () => [name],
    has: async (file: string) => file === name,
    open: async () => bytesSource(bytes, name),
  };
  const onWarning = ({ message }: { readonly message: string }) => demand(messageFault(message) === undefined, message);
  return readAdapterIn(folder, { onWarning });
}
