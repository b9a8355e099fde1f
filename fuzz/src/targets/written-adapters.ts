// Adapters as our writers write them – PEFT's, Kohya's, MLX's, llama.cpp's files –, read back: the same numbers to the bit, as far as
// the type has them, and the same scale of every module.

import {
  type Adapter,
  createLoraConfig,
  currentAdapter,
  readAdapterIn,
  scalingOf,
  writeAdapter,
  writeKohyaAdapter,
  writeMlxAdapter,
} from "@lowrank/adapter-format";
import { readGgufAdapter, writeGgufAdapter } from "@lowrank/adapter-format/gguf";
import type { AdapterTensor } from "@lowrank/adapter-format/internal";
import { checkConfig } from "@lowrank/contracts/families";
import { bytesSource, decodeToFloat32 } from "@lowrank/safetensors";
import { encodeNumbers } from "@lowrank/safetensors/internal";
import { Random } from "../inputs/random.ts";
import { demand, type Target } from "../target.ts";

const sizes = { hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12, vocab_size: 6 };
const base = checkConfig({ model_type: "llama", ...sizes, num_key_value_heads: 1 });

/** Modules with inFeatures and outFeatures. */
const modules: readonly (readonly [path: string, inFeatures: number, outFeatures: number])[] = [0, 1].flatMap((layer) =>
  (
    [
      ["self_attn.q_proj", 8, 8],
      ["self_attn.k_proj", 8, 4],
      ["self_attn.o_proj", 8, 8],
      ["mlp.up_proj", 8, 12],
      ["mlp.down_proj", 12, 8],
    ] as const
  ).map(([name, inFeatures, outFeatures]) => [`model.layers.${layer}.${name}`, inFeatures, outFeatures] as const),
);

type Dtype = "F32" | "F16" | "BF16";

interface Format {
  /** Whether modules have ranks of their own, and α of their own, there. */
  readonly ranks: boolean;
  readonly alphas: boolean;
  there(adapter: Adapter, dtype: Dtype): Promise<Adapter>;
}

const formats: readonly Format[] = [
  { ranks: true, alphas: true, there: async (one, dtype) => fromFiles({ ...writeAdapter(one, { dtype }) }) },
  {
    ranks: true,
    alphas: true,
    there: async (one, dtype) => fromFiles({ "x.safetensors": writeKohyaAdapter(one, { dtype }) }),
  },
  { ranks: false, alphas: false, there: async (one, dtype) => fromFiles({ ...writeMlxAdapter(one, { dtype }) }) },
  {
    ranks: true,
    alphas: false,
    there: (one, dtype) => readGgufAdapter(bytesSource(writeGgufAdapter(one, base, { dtype }), "x.gguf"), base),
  },
];

export const writtenAdapters: Target = {
  generate: (random) => random.bytes(8),

  async check(input) {
    const random = new Random("adapter", Buffer.from(input).toString("hex"));
    const format = random.pick(formats);
    const dtype = random.pick(["F32", "F16", "BF16"] as const);
    const given = drawn(random, format);
    const back = currentAdapter(await format.there(given, dtype), {
      modules: modules.map(([path]) => path),
      parameters: [],
    });
    demand(back.tensors.size === given.tensors.size, "tensors were lost or added");
    for (const [key, { shape, values }] of given.tensors) {
      const found = back.tensors.get(key);
      demand(found?.shape.join() === shape.join(), `${key} came back as [${found?.shape}]`);
      const kept = decodeToFloat32(encodeNumbers(values, dtype), dtype);
      demand(bitsOf(found.values) === bitsOf(kept), `the numbers of ${key} changed`);
    }
    for (const [path] of modules) {
      if (!given.tensors.has(`${path}.lora_A.weight`)) continue;
      const [scale, other] = [scalingOf(given.config, path), scalingOf(back.config, path)];
      demand(Math.abs(scale - other) <= 1e-6 * scale, `the scale of ${path} was ${scale} and is ${other}`);
    }
  },
};

function fromFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<Adapter> {
  const bytesOf = (content: string | Uint8Array = "") =>
    typeof content === "string" ? new TextEncoder().encode(content) : content;
  return readAdapterIn({
    name: "there",
    list: async () => Object.keys(files),
    has: async (file) => Object.hasOwn(files, file),
    open: async (file) => bytesSource(bytesOf(files[file]), file),
  });
}

function bitsOf(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex");
}

/** Few numbers are beyond 16 bits, or none at all: the writers refuse them. */
function drawn(random: Random, { ranks, alphas }: Format): Adapter {
  const chosen = modules.filter((_, index) => index === 0 || random.chance(0.6));
  const rank = 1 + random.integer(5);
  const some = (own: boolean, max: number) =>
    new Map(chosen.filter(() => own && random.chance(0.3)).map(([path]) => [path, 1 + random.integer(max)]));
  const rankPattern = some(ranks, 6);
  const isWild = random.chance(0.1);
  const number = () =>
    isWild && random.chance(0.02)
      ? random.pick([Number.NaN, Number.POSITIVE_INFINITY, 1e6, 3.4e38])
      : (random.fraction() - 0.5) * 10 ** (random.integer(12) - 8);
  const matrix = (rows: number, columns: number): AdapterTensor => ({
    shape: [rows, columns],
    // A pair whose B is nothing at all may be left out.
    values: Float32Array.from({ length: rows * columns }, (_, index) => (index === 0 ? 1 : number())),
  });
  const tensors = chosen.flatMap(([path, inFeatures, outFeatures]) => {
    const own = rankPattern.get(path) ?? rank;
    return [
      [`${path}.lora_A.weight`, matrix(own, inFeatures)] as const,
      [`${path}.lora_B.weight`, matrix(outFeatures, own)] as const,
    ];
  });
  const config = createLoraConfig({
    rank,
    alpha: 1 + random.integer(64),
    rankPattern,
    alphaPattern: some(alphas, 32),
    taskType: "CAUSAL_LM",
    targetModules: chosen.map(([path]) => path),
    rankStabilized: alphas && random.chance(0.3),
  });
  return { config, tensors: new Map(tensors), metadata: new Map() };
}
