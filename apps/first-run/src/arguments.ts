// The arguments of `npm start -- …`.

import { parseArgs } from "node:util";
import { type EngineName, engineNames } from "@lowrank/engine";

/** Settings of a run. */
export interface RunSettings {
  /** A local Hugging Face folder of a causal language model; absent means the tiny model of this repository. */
  readonly model?: string;
  readonly steps: number;
  readonly seed: number;
  readonly engine?: EngineName;
  /** Whether stdout gets one JSON object at the end, and the text goes to stderr. */
  readonly json: boolean;
}

const defaultSteps = 120;

const help = `npm start – fine-tune a small language model on restaurant descriptions, start to finish

  npm start                            the tiny model that comes with this repository
  npm start -- --model ./my-model      your own Hugging Face folder of a language model

  --steps NUMBER    optimizer steps (default ${defaultSteps})
  --seed NUMBER     the same seed gives the same adapter (default 0)
  --engine NAME     tfjs-node-gpu, native, tfjs-node, webgpu, wasm or cpu (default: the best that starts)
  --json            one JSON object with every number on stdout
  --help            this text
`;

/** Reads the arguments, or returns the text to print instead of running: the help, or an error. */
export function readArguments(argv: readonly string[]): RunSettings | { readonly print: string; readonly code: 0 | 2 } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        model: { type: "string" },
        steps: { type: "string", default: String(defaultSteps) },
        seed: { type: "string", default: "0" },
        engine: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { print: help, code: 0 };
    return {
      ...(values.model === undefined ? {} : { model: values.model }),
      ...(values.engine === undefined ? {} : { engine: engineName(values.engine) }),
      steps: wholeNumber("--steps", values.steps, { min: 1, max: 100_000 }),
      seed: wholeNumber("--seed", values.seed, { min: 0, max: 2 ** 32 - 1 }),
      json: values.json,
    };
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    return { print: `${error.message}\n\n${help}`, code: 2 };
  }
}

function engineName(text: string): EngineName {
  const name = engineNames.find((known) => known === text);
  if (name !== undefined) return name;
  throw new RangeError(`--engine must be one of ${engineNames.join(", ")}, not "${text}".`);
}

function wholeNumber(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}
