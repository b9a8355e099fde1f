// The settings of a child process; the same JSON for ours and for a peer in Python.

import shapes from "../shapes.json" with { type: "json" };

type ShapeName = keyof typeof shapes;

/** How one side works. */
export interface Settings {
  /** A row of shapes.json. */
  readonly shape: ShapeName;
  readonly batch: number;
  /** Tokens in each row. */
  readonly time: number;
  /** Layers of a LLaMA, if not those of the shape. */
  readonly layers?: number;
  /** Share of the positions, at the end of each row, that have a label. Default 1. */
  readonly supervised?: number;
  /** Whether blocks are computed again during backward. Default false. */
  readonly checkpointing?: boolean;
  /** Type of the products, and of the weights where nothing trains. Default "f32". */
  readonly precision?: "f32" | "bf16" | "int8" | "nf4" | "4-bit";
  /** PEFT alone: the frozen base is stored in bf16, instead of float32 under autocast. Default false. */
  readonly halfBase?: boolean;
  /** PEFT alone: with `torch.compile`. Default false. */
  readonly compiled?: boolean;
  /** Rate everywhere that the model drops, and before LoRA's A. Default 0. */
  readonly dropout?: number;
  /** The trained parameters. Default "lora", rank 8. */
  readonly trains?: "lora" | "everything" | "one-layer" | "last-layer";
  /** For a whole run: whether all options for safety and reports are on. */
  readonly hasExtras?: boolean;
  /** For a step that learns from rewards: completions of each prompt; a step has `batch` prompts. */
  readonly generations?: number;
  /** Tokens of each completion. */
  readonly newTokens?: number;
  readonly prompts?: readonly string[];
  /** Measurements in addition to times, made after these. */
  readonly figures?: readonly ("tensors" | "products")[];
  /** Sizes that show whether the program works, not how fast it is. */
  readonly tiny: boolean;
  readonly threads: number;
}

/** "bf16", "base in bf16 + torch.compile", "nf4, the rest in bf16" */
export function describePrecision({
  precision = "f32",
  halfBase = false,
  compiled = false,
}: Pick<Settings, "precision" | "halfBase" | "compiled">): string {
  const half = precision === "nf4" ? "nf4, the rest in bf16" : "base in bf16";
  return `${halfBase ? half : precision}${compiled ? " + torch.compile" : ""}`;
}

export interface Shape {
  /** As config.json has it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly targets: string | readonly string[];
  readonly task: "CAUSAL_LM" | "SEQ_CLS";
}

/** The model of a benchmark, in the requested size. */
export function shapeOf({
  shape,
  tiny,
  layers,
  dropout = 0,
}: Pick<Settings, "shape" | "tiny" | "layers" | "dropout">): Shape {
  const { tiny: smaller, targets, task, ...found } = shapes[shape];
  const rates = Object.keys(found.config).filter((key) => /_pdrop$|dropout/.test(key));
  const config = { ...found.config, ...Object.fromEntries(rates.map((key) => [key, dropout])) };
  if (task !== "CAUSAL_LM" && task !== "SEQ_CLS") throw new Error(`shapes.json: "${shape}" has the task ${task}`);
  const depth = layers === undefined ? {} : { num_hidden_layers: layers };
  return { config: { ...config, ...(tiny ? smaller : {}), ...depth }, targets, task };
}

/** The settings that this child process was started with. */
export function receivedSettings(): Settings {
  const text = process.argv[2];
  if (text === undefined) throw new Error("This program is started by `npm run bench`, which tells it its settings.");
  // Written by the same version of this repository, in harness/contender.ts.
  return JSON.parse(text) as Settings;
}
