// Merges of checkpoints that are larger than the memory they may take, and merges and extractions that are killed meanwhile: in
// processes of their own.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openGguf } from "@lowrank/gguf";
import {
  decodeToFloat32,
  float32Tensor,
  layoutSafetensors,
  openSafetensors,
  serializeSafetensors,
} from "@lowrank/safetensors";
import type { TensorOutline } from "@lowrank/safetensors/internal";
import { openFile } from "@lowrank/safetensors/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BundledProgram, bundleProgram } from "../../test/bundle-program.ts";

/** The number of times that each is killed; fewer if all other cases run, too. */
const kills = process.env.CI ? 7 : 20;

let room: string;
let bundled: BundledProgram;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), "lowrank-large-"));
  bundled = await bundleProgram("large-merge");
}, 60_000);
afterAll(async () => {
  await rm(room, { recursive: true });
  await bundled.remove();
});

interface Sizes {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
}

const linears = ({ hidden, intermediate }: Sizes) =>
  [
    ...["q", "k", "v", "o"].map((name) => [`self_attn.${name}_proj`, hidden, hidden] as const),
    ...["gate", "up"].map((name) => [`mlp.${name}_proj`, intermediate, hidden] as const),
    ["mlp.down_proj", hidden, intermediate] as const,
  ] as const;

/** A LLaMA in BF16 whose file is one hole: all weights are 0, and the disk keeps a header. */
async function writeSparse(folder: string, sizes: Sizes): Promise<void> {
  const { vocabulary, hidden, intermediate, layers } = sizes;
  await mkdir(folder, { recursive: true });
  const outline = (name: string, ...shape: number[]): TensorOutline => ({
    name: `model.${name}.weight`,
    dtype: "BF16",
    shape,
  });
  const outlines = [
    outline("embed_tokens", vocabulary, hidden),
    outline("norm", hidden),
    ...Array.from({ length: layers }, (_, layer) => [
      ...linears(sizes).map(([name, out, inside]) => outline(`layers.${layer}.${name}`, out, inside)),
      outline(`layers.${layer}.input_layernorm`, hidden),
      outline(`layers.${layer}.post_attention_layernorm`, hidden),
    ]).flat(),
  ];
  const layout = layoutSafetensors(outlines, new Map([["format", "pt"]]));
  const file = await open(join(folder, "model.safetensors"), "w");
  await file.write(layout.head);
  await file.truncate(layout.size);
  await file.close();
  const config = {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 64,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
  };
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(folder, "tokenizer_config.json"), "{}");
}

const bytesOfWords = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
/** Two letters and what they make. */
const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  post_processor: null,
  pre_tokenizer: bytesOfWords,
  decoder: bytesOfWords,
  model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
};

/** Rank 4 on every linear layer – of every block, or of each fifth and the like, the last among them – and a row of the table of its own. */
async function writeAdapter(folder: string, sizes: Sizes, every = 1): Promise<void> {
  await mkdir(folder, { recursive: true });
  const numbers = (count: number) => Float32Array.from({ length: count }, (_, index) => Math.sin(index));
  const pair = (path: string, out: number, inside: number) =>
    [
      [`base_model.model.${path}.lora_A.weight`, float32Tensor([4, inside], numbers(4 * inside))],
      [`base_model.model.${path}.lora_B.weight`, float32Tensor([out, 4], numbers(out * 4))],
    ] as const;
  const { vocabulary, hidden, layers } = sizes;
  const tensors = new Map([
    ...Array.from({ length: layers }, (_, layer) =>
      (layer + 1) % every === 0
        ? linears(sizes).flatMap(([name, out, inside]) => pair(`model.layers.${layer}.${name}`, out, inside))
        : [],
    ).flat(),
    [
      "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta",
      float32Tensor([1, hidden], numbers(hidden)),
    ] as const,
  ]);
  await writeFile(join(folder, "adapter_model.safetensors"), serializeSafetensors(tensors));
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    r: 4,
    lora_alpha: 4,
    trainable_token_indices: [vocabulary - 1],
    layers_to_transform: Array.from({ length: layers }, (_, layer) => layer).filter(
      (layer) => (layer + 1) % every === 0,
    ),
    target_modules: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  };
  await writeFile(join(folder, "adapter_config.json"), JSON.stringify(config));
}

/** Prints its peak memory when it ends. */
const printMemory = 'data:text/javascript,process.on("exit",()=>console.error("RSS",process.resourceUsage().maxRSS))';

function merge(name: string, ...options: readonly string[]): ChildProcess {
  const position = ["--model", join(room, name, "base"), "--adapter", join(room, name, "adapter")];
  return started("merge", ...position, ...options);
}

function started(...argv: readonly string[]): ChildProcess {
  const all = ["--import", printMemory, bundled.program, ...argv];
  return spawn(process.execPath, all, { stdio: ["ignore", "ignore", "pipe"] });
}

async function finished(child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> {
  let stderr = "";
  child.stderr?.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stderr };
}

async function make(name: string, sizes: Sizes, every?: number): Promise<void> {
  await writeSparse(join(room, name, "base"), sizes);
  await writeAdapter(join(room, name, "adapter"), sizes, every);
}

describe("lowrank merge", () => {
  it("needs less than 300 MB for a checkpoint of 4 GB with a table of 1.2 GB, and writes correctly beyond 2³² bytes", async () => {
    const sizes = { vocabulary: 300_000, hidden: 2048, intermediate: 5632, layers: 30 };
    await make("large", sizes);
    const out = join(room, "large", "merged");
    const { code, stderr } = await finished(merge("large", "--dtype", "as-base", "--out", out));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/RSS \d+\n$/)]);
    expect(Number(/RSS (\d+)/.exec(stderr)?.[1]) / 1000).toBeLessThan(300);
    const source = await openFile(join(out, "model.safetensors"));
    const file = await openSafetensors(source);
    expect(source.size).toBeGreaterThan(2 ** 32);
    // The base is zero, so the results are the last token's own row, and Σ sin·sin of the LoRA matrices.
    const last = file.tensors.get("model.layers.9.self_attn.v_proj.weight")!;
    expect(last.end).toBeGreaterThan(2 ** 32);
    const row = await file.readBytes("model.layers.9.self_attn.v_proj.weight", { offset: 2 * 2048, length: 4 });
    const expected = (column: number) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + Math.sin(4 + k) * Math.sin(2048 * k + column), 0);
    for (const [column, value] of decodeToFloat32(row, "BF16").entries())
      expect(value).toBeCloseTo(expected(column), 2);
    const token = await file.readBytes("model.embed_tokens.weight", { offset: 2 * 299_999 * 2048, length: 6 });
    expect([...decodeToFloat32(token, "BF16")]).toEqual([0, 1, 2].map((index) => expect.closeTo(Math.sin(index), 2)));
    await source.close();
    await rm(join(room, "large"), { recursive: true });
  }, 600_000);

  it("takes as little for one of 1.7 GB, as a .gguf file", async () => {
    await make("large", { vocabulary: 300_000, hidden: 2048, intermediate: 5632, layers: 5 }, 5);
    const out = join(room, "large", "merged");
    const { code, stderr } = await finished(merge("large", "--to", "gguf", "--dtype", "BF16", "--out", out));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/RSS \d+\n$/)]);
    expect(Number(/RSS (\d+)/.exec(stderr)?.[1]) / 1000).toBeLessThan(300);
    const source = await openFile(join(out, "model.gguf"));
    const file = await openGguf(source);
    expect((await file.readRows("token_embd.weight", 299_999, 1))[1]).toBeCloseTo(Math.sin(1), 2);
    const sum = [0, 1, 2, 3].reduce((all, k) => all + Math.sin(4 * 2047 + k) * Math.sin(2048 * k), 0);
    expect((await file.readRows("blk.4.attn_v.weight", 2047, 1))[0]).toBeCloseTo(sum, 2);
    await source.close();
    await rm(join(room, "large"), { recursive: true });
  }, 600_000);

  it.each([
    ["a folder", ["--dtype", "as-base"]],
    ["a .gguf file", ["--to", "gguf", "--dtype", "Q8_0"]],
  ])(
    "is killed again and again and resumed: there is nothing, or the whole of %s",
    async (_, to) => {
      const mergeTo = (folder: string, ...options: readonly string[]) =>
        merge("small", ...to, "--out", folder, ...options);
      await make("small", { vocabulary: 64_000, hidden: 512, intermediate: 1024, layers: 4 });
      const [whole, out] = [join(room, "small", "whole"), join(room, "small", "merged")];
      const began = performance.now();
      expect(await finished(mergeTo(whole))).toMatchObject({ code: 0 });
      const milliseconds = performance.now() - began;
      for (let kill = 0; kill < kills; kill += 1) {
        const child = mergeTo(out, "--resume", ...(existsSync(out) ? ["--overwrite"] : []));
        const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds * ((kill * 0.618) % 1));
        await finished(child);
        clearTimeout(timer);
        if (existsSync(out)) expect(await hashOf(out)).toEqual(await hashOf(whole));
      }
      expect(await finished(mergeTo(out, "--resume", "--overwrite"))).toMatchObject({ code: 0 });
      expect(await hashOf(out)).toEqual(await hashOf(whole));
      expect(readdirSync(join(room, "small")).sort()).toEqual(["adapter", "base", "merged", "whole"]);
      await rm(join(room, "small"), { recursive: true });
    },
    600_000,
  );
});

describe("lowrank extract", () => {
  it("is killed again and again: there is nothing, or the whole adapter, the same each time", async () => {
    await make("tuned", { vocabulary: 1000, hidden: 256, intermediate: 512, layers: 2 });
    const [base, tuned, out] = ["base", "merged", "found"].map((name) => join(room, "tuned", name)) as [
      string,
      string,
      string,
    ];
    expect((await finished(merge("tuned", "--dtype", "as-base", "--out", tuned))).code).toBe(0);
    const extract = (folder: string) => started("extract", "--model", base, "--tuned", tuned, "--out", folder);
    const whole = join(room, "tuned", "whole");
    const began = performance.now();
    expect((await finished(extract(whole))).code).toBe(0);
    const milliseconds = performance.now() - began;
    for (let kill = 0; kill < kills / 2; kill += 1) {
      const child = extract(out);
      const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds * (0.5 + 0.5 * ((kill * 0.618) % 1)));
      await finished(child);
      clearTimeout(timer);
      if (!existsSync(out)) continue;
      expect(await hashOf(out)).toEqual(await hashOf(whole));
      await rm(out, { recursive: true });
    }
    expect((await finished(extract(out))).code).toBe(0);
    expect(await hashOf(out)).toEqual(await hashOf(whole));
    expect(readdirSync(join(room, "tuned")).sort()).toEqual(["adapter", "base", "found", "merged", "whole"]);
  }, 600_000);
});

async function hashOf(folder: string): Promise<readonly string[]> {
  const names = readdirSync(folder).sort();
  return Promise.all(
    names.map(
      async (name) =>
        `${name} ${createHash("sha256")
          .update(await readFile(join(folder, name)))
          .digest("hex")}`,
    ),
  );
}
