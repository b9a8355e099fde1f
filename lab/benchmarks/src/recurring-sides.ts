// Who is held against whom in several benchmarks.

import type { Benchmark, Comparison, Side } from "./benchmark.ts";

type Compared = Pick<Benchmark, "sides" | "comparisons" | "otherPeers">;

/** Ours in 8 bits, PEFT under autocast to bf16, in float32, or with a base in bf16, which torch may compile. */
export function in8Bits(settings: Side["settings"]): Compared & Pick<Benchmark, "memoryTarget"> {
  const options = { timeTarget: 0.7, peerSettings: { precision: "bf16" } } as const;
  const ours = { ...settings, precision: "int8" } as const;
  const peer = { by: "PEFT", program: "peft_step.py" } as const;
  const others = [{}, { halfBase: true }, { halfBase: true, compiled: true }];
  return {
    ...trainingAgainst(peer, ours, options),
    otherPeers: others.map((how) => ({ ...peer, settings: { ...settings, ...how } })),
    memoryTarget: 0.6,
  };
}

/** Both with a base in NormalFloat 4, PEFT by bitsandbytes, with a base in float32 or bf16 around it. */
export function inNormalFloat4(settings: Side["settings"]): Compared & Pick<Benchmark, "memoryTarget"> {
  const peer = { by: "PEFT", program: "peft_step.py" } as const;
  const nf4 = { ...settings, precision: "nf4" } as const;
  return {
    ...trainingAgainst(peer, nf4, { timeTarget: 0.9 }),
    otherPeers: [{ ...peer, settings: { ...nf4, halfBase: true } }],
    memoryTarget: 0.5,
  };
}

/** transformers may do it in float32 or with weights in bf16. */
export function generatingIn(precision: "f32" | "int8" | "4-bit", timeTarget: number): Compared {
  const settings = { shape: "smollm2", batch: 1, time: 16 } as const;
  const peer = { by: "transformers", program: "transformers_generate.py" } as const;
  return {
    sides: {
      ours: { by: "lowrank", program: "ours/generation", settings: { ...settings, precision } },
      peer: { ...peer, settings },
    },
    otherPeers: [{ ...peer, settings: { ...settings, precision: "bf16" } }],
    comparisons: [{ label: "64 tokens", ...bothDo("generate"), timeTarget }],
  };
}

/** A training step, ours and PEFT's. */
export function againstPeft(settings: Side["settings"], timeTarget: number): Pick<Benchmark, "sides" | "comparisons"> {
  const options = { timeTarget, ...(settings.precision === "bf16" ? { engine: "tfjs-node" } : {}) };
  return trainingAgainst({ by: "PEFT", program: "peft_step.py" }, settings, options);
}

/** A training step, ours and another's. */
export function trainingAgainst(
  peer: Pick<Side, "by" | "program">,
  settings: Side["settings"],
  options: {
    readonly timeTarget?: number;
    readonly engine?: string;
    /** The peer's settings that differ from ours. */
    readonly peerSettings?: Partial<Side["settings"]>;
  },
): Pick<Benchmark, "sides" | "comparisons"> {
  const { timeTarget, engine, peerSettings } = options;
  return {
    sides: {
      ours: {
        by: "lowrank",
        program: "ours/training-step",
        settings,
        ...(engine === undefined ? {} : { engine }),
      },
      peer: { ...peer, settings: { ...settings, ...peerSettings } },
    },
    comparisons: [{ label: "training step", ...bothDo("step"), ...(timeTarget === undefined ? {} : { timeTarget }) }],
  };
}

/** Epochs of rows of unequal length against as many tokens in equal ones. */
export function unequalRows(step: string): Pick<Comparison, "ours" | "peer"> {
  return { ours: { contender: "ours", step }, peer: { contender: "ours", step: "equal" } };
}

/** A step that learns from rewards, in 8 bits, and TRL's in float32, under autocast, or with a base in bf16. */
export function againstGrpo(precision: "f32" | "int8", timeTarget?: number): Compared {
  const prompts = ["Once upon a time, a fox", "The long road to", "My grandmother told me that", "In the year 2093,"];
  const settings = { shape: "smollm2", batch: 4, time: 64, generations: 8, newTokens: 64, prompts } as const;
  const peer = { by: "TRL", program: "grpo_step.py" } as const;
  return {
    sides: {
      ours: { by: "lowrank", program: "ours/grpo-step", settings: { ...settings, precision } },
      peer: { ...peer, settings },
    },
    otherPeers: [{ precision: "bf16" } as const, { halfBase: true }].map((how) => ({
      ...peer,
      settings: { ...settings, ...how },
    })),
    comparisons: [
      { label: "step", ...bothDo("step"), ...(timeTarget === undefined ? {} : { timeTarget }) },
      { label: "rollout: completions and rewards", ...bothDo("rollout") },
    ],
  };
}

/** The same step on both sides. */
export function bothDo(step: string): Pick<Comparison, "ours" | "peer"> {
  return { ours: { contender: "ours", step }, peer: { contender: "peer", step } };
}

/** A run as a user makes it, of SmolLM2 on restaurants. */
export function wholeRun({ hasExtras }: { readonly hasExtras: boolean }): Side {
  return {
    by: "lowrank",
    program: "ours/whole-run",
    settings: { shape: "smollm2", batch: 2, time: 64, hasExtras },
  };
}
