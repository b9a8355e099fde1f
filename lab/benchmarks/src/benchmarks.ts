// Every benchmark as a row.

import type { Benchmark, Side } from "./benchmark.ts";
import {
  againstGrpo,
  againstPeft,
  bothDo,
  generatingIn,
  in8Bits,
  inNormalFloat4,
  trainingAgainst,
  unequalRows,
  wholeRun,
} from "./recurring-sides.ts";
import type { Settings } from "./settings.ts";

const gpt2 = { shape: "gpt2", batch: 1, time: 128 } as const;
const roberta = { shape: "roberta", batch: 16, time: 64 } as const;
const smollm2 = { shape: "smollm2", batch: 1, time: 256 } as const;

/** A step of `model.fit` with adapted layers, compared with TensorFlow.js without adapters. */
const guests = ((): Benchmark => {
  const side = (trains: Settings["trains"]): Side => ({
    by: "lowrank",
    program: "ours/guest-step",
    settings: { shape: "mobilenet", batch: 8, time: 96, ...(trains === undefined ? {} : { trains }) },
  });
  return {
    name: "guests",
    work: "MobileNet v2 in tf.layers, a step of `fit` with 8 images of 96 × 96",
    sides: {
      ours: side("lora"),
      peer: side("everything"),
      one: side("one-layer"),
      last: side("last-layer"),
    },
    comparisons: [
      { label: "LoRA on all layers : training of all layers", ...bothDo("step"), timeTarget: 0.7 },
      {
        label: "LoRA on the last layer : training of the last layer",
        ours: { contender: "one", step: "step" },
        peer: { contender: "last", step: "step" },
        timeTarget: 1.15,
      },
    ],
    tensorTarget: 0.6,
  };
})();

/** Two steps of one process that has a model in its original and in its switchable form. */
function idleBranch(label: string, step: string, as: string): Benchmark["comparisons"][number] {
  return { label, ours: { contender: "ours", step }, peer: { contender: "ours", step: as } };
}

/** A row of this many tokens, with the base in nf4 on both sides, and in int8 compared with a base in bf16. */
function longRow(time: number): readonly Benchmark[] {
  const row = { shape: "tinyllama", batch: 1, time } as const;
  const inBf16 = { peerSettings: { precision: "bf16", halfBase: true } } as const;
  const work = `LLaMA of 1.1 B, LoRA on all linear layers, 1 × ${time} tokens`;
  return [
    { name: `tinyllama-step-nf4-${time}`, work: `${work}, base in nf4`, ...inNormalFloat4(row) },
    {
      name: `tinyllama-step-int8-${time}`,
      work: `${work}; lowrank in int8`,
      ...trainingAgainst({ by: "PEFT", program: "peft_step.py" }, { ...row, precision: "int8" }, inBf16),
    },
  ];
}

/** A step, compared with another program's. */
export const trainingSteps: readonly Benchmark[] = [
  {
    name: "gpt2-step",
    work: "GPT-2 small, LoRA on c_attn, 1 × 128 tokens",
    ...againstPeft(gpt2, 0.68),
    memoryTarget: 0.7,
  },
  {
    name: "gpt2-step-b4",
    work: "GPT-2 small, LoRA on c_attn, 4 × 128 tokens",
    ...againstPeft({ ...gpt2, batch: 4, figures: ["products"] }, 0.76),
    memoryTarget: 0.7,
    productTarget: 0.92,
  },
  {
    name: "gpt2-step-answers",
    work: "GPT-2 small, 1 × 128 tokens, loss on a quarter of them",
    ...againstPeft({ ...gpt2, supervised: 0.25 }, 0.6),
  },
  {
    name: "gpt2-step-b4-answers",
    work: "GPT-2 small, 4 × 128 tokens, loss on a quarter of them",
    ...againstPeft({ ...gpt2, batch: 4, supervised: 0.25 }, 0.6),
  },
  {
    name: "smollm2-step",
    work: "SmolLM2-135M, LoRA on all linear layers, 4 × 128 tokens",
    ...againstPeft({ ...smollm2, batch: 4, time: 128 }, 0.75),
    memoryTarget: 0.7,
  },
  {
    name: "roberta-step",
    work: "RoBERTa base, two classes, LoRA on query and value, 16 × 64 tokens",
    ...againstPeft(roberta, 0.75),
  },
  {
    name: "smolvlm-step",
    work: "SmolVLM-256M, LoRA on the language model, 4 × 128 tokens, of which 64 are an image of 512 × 512",
    ...againstPeft({ shape: "smolvlm", batch: 4, time: 128 }, 0.6),
  },
  {
    name: "gpt2-step-int8",
    work: "GPT-2 small, 1 × 128 tokens; lowrank in int8",
    ...in8Bits(gpt2),
  },
  {
    name: "gpt2-step-b4-int8",
    work: "GPT-2 small, 4 × 128 tokens; lowrank in int8",
    ...in8Bits({ ...gpt2, batch: 4 }),
  },
  {
    name: "gpt2-step-b4-answers-int8",
    work: "GPT-2 small, 4 × 128 tokens, loss on a quarter of them; lowrank in int8",
    ...in8Bits({ ...gpt2, batch: 4, supervised: 0.25 }),
  },
  {
    name: "smollm2-step-int8",
    work: "SmolLM2-135M, LoRA on all linear layers, 4 × 128 tokens; lowrank in int8",
    ...in8Bits({ ...smollm2, batch: 4, time: 128 }),
  },
  {
    name: "roberta-step-int8",
    work: "RoBERTa base, LoRA on query and value, 16 × 64 tokens; lowrank in int8",
    ...in8Bits(roberta),
  },
  {
    name: "tinyllama-step-nf4",
    work: "LLaMA of 1.1 B, LoRA on all linear layers, 1 × 128 tokens, base in nf4",
    ...inNormalFloat4({ shape: "tinyllama", batch: 1, time: 128 }),
  },
  ...[512, 2048].flatMap(longRow),
  {
    name: "gpt2-step-dropout",
    work: "GPT-2 small, 4 × 128 tokens: dropout of 0.1 in model and LoRA, compared with none",
    ...trainingAgainst(
      { by: "lowrank", program: "ours/training-step" },
      { ...gpt2, batch: 4, dropout: 0.1 },
      { timeTarget: 1.03, peerSettings: { dropout: 0 } },
    ),
  },
  {
    name: "gpt2-step-bf16",
    work: "GPT-2 small, 1 × 128 tokens, products in bf16 if the processor has them",
    ...againstPeft({ ...gpt2, precision: "bf16" }, 0.8),
  },
  {
    name: "wasm-step",
    work: "4 layers of 256 features, LoRA on all linear layers, 8 × 128 tokens",
    ...trainingAgainst(
      { by: "nanogpt", program: "peers/nanogpt-step" },
      { shape: "nanogpt", batch: 8, time: 128, figures: ["tensors"] },
      { timeTarget: 0.35, engine: "wasm" },
    ),
    tensorTarget: 0.8,
  },
  {
    name: "wasm-step-dropout",
    work: "4 layers of 256 features, LoRA on all linear layers, 8 × 128 tokens, dropout of 0.1 on both sides",
    ...trainingAgainst(
      { by: "nanogpt", program: "peers/nanogpt-step" },
      { shape: "nanogpt", batch: 8, time: 128, dropout: 0.1 },
      { timeTarget: 0.3, engine: "wasm" },
    ),
  },
  {
    name: "gpt2-step-checkpointing",
    work: "GPT-2 small, 4 × 128 tokens, gradient checkpointing of every block",
    ...againstPeft({ ...gpt2, batch: 4, checkpointing: true }, 0.75),
    memoryTarget: 0.75,
  },
];

export const generation: readonly Benchmark[] = [
  {
    name: "generate",
    work: "SmolLM2-135M, merged: 64 tokens, greedy, after a prompt of 16",
    ...generatingIn("f32", 0.5),
  },
  {
    name: "generate-int8",
    work: "SmolLM2-135M, merged, int8 weights: 64 tokens, greedy, after a prompt of 16",
    ...generatingIn("int8", 0.3),
  },
  {
    name: "generate-4bit",
    work: "SmolLM2-135M, 4-bit GGUF file (Q4_1): 64 tokens, greedy, after a prompt of 16",
    ...generatingIn("4-bit", 0.25),
  },
];

export const others: readonly Benchmark[] = [
  {
    name: "grpo-step",
    work: "SmolLM2-135M, GRPO: 4 prompts, 8 completions of 64 tokens each, LoRA on all linear layers",
    ...againstGrpo("f32"),
  },
  {
    name: "grpo-step-int8",
    work: "SmolLM2-135M, GRPO: 4 prompts, 8 completions of 64 tokens each; lowrank in int8",
    ...againstGrpo("int8", 0.5),
  },
  {
    name: "extras",
    work: "SmolLM2-135M, 100 steps of 2 rows: NEFTune, label smoothing, early stopping, TensorBoard and a report, compared with a plain run",
    sides: {
      ours: wholeRun({ hasExtras: true }),
      peer: wholeRun({ hasExtras: false }),
    },
    comparisons: [{ label: "a run", ...bothDo("run"), timeTarget: 1.03 }],
    memoryTarget: 1.03,
  },
  {
    name: "sst2-padding",
    work: "MiniLM, 10 steps of 16 rows with SST-2's lengths, compared with as many tokens in rows of 23",
    sides: {
      ours: {
        by: "lowrank",
        program: "ours/padding",
        settings: { shape: "minilm", batch: 16, time: 23 },
      },
    },
    comparisons: [
      // Nineteen twentieths of the tokens a second.
      { label: "rows shuffled", ...unequalRows("shuffled"), timeTarget: 1.05 },
      { label: "rows grouped by length", ...unequalRows("grouped") },
    ],
  },
  {
    name: "merged-latency",
    work: "SmolLM2-135M, forward pass of 1 × 256 tokens, 7 adapted layers a block",
    sides: { ours: { by: "lowrank", program: "ours/merged-latency", settings: smollm2 } },
    comparisons: [
      {
        label: "merged : base",
        ours: { contender: "ours", step: "merged" },
        peer: { contender: "ours", step: "base" },
        timeTarget: 1.02,
      },
      {
        label: "adapted : merged",
        ours: { contender: "ours", step: "adapted" },
        peer: { contender: "ours", step: "merged" },
        timeTarget: 1.15,
      },
    ],
  },
  {
    name: "onnx-idle",
    work: "linear layers of 6 blocks of GPT-2's size, switchable adapters in ONNX Runtime",
    sides: { ours: { by: "lowrank", program: "ours/onnx-idle", settings: gpt2 } },
    comparisons: [
      idleBranch("no adapter : original model, 128 tokens", "idle", "base"),
      idleBranch("rank 8 : original model, 128 tokens", "adapted", "base"),
      idleBranch("no adapter : original model, one token", "token-idle", "token-base"),
      idleBranch("rank 8 : original model, one token", "token-adapted", "token-base"),
    ],
  },
  guests,
  {
    name: "lora-vs-full",
    work: "GPT-2 small, 4 × 128 tokens: LoRA compared with training of all parameters",
    ...trainingAgainst(
      { by: "lowrank", program: "ours/training-step" },
      { ...gpt2, batch: 4 },
      { peerSettings: { trains: "everything" } },
    ),
    memoryTarget: 0.45,
    stateTarget: 0.01,
    peerKeepsCopy: true,
  },
  {
    name: "adapter-io",
    work: "SmolLM2-135M's adapter",
    sides: {
      ours: { by: "lowrank", program: "ours/adapter-files", settings: smollm2 },
      peer: { by: "PEFT", program: "peft_files.py", settings: smollm2 },
    },
    comparisons: [
      { label: "load and inject", ...bothDo("load"), timeTarget: 1 },
      { label: "save", ...bothDo("save"), timeTarget: 1 },
    ],
    settlesDisk: true,
    phases: [
      { label: "load: all", step: "load" },
      { label: "save: all", step: "save" },
      { label: "– values out of tensors", step: "takeOut" },
      { label: "– a plain write of as many bytes", step: "writeBytes" },
      { label: "– the same, until the disk has them", step: "writeAndSync" },
    ],
  },
];

export const benchmarks: readonly Benchmark[] = [...trainingSteps, ...generation, ...others];
