// Table 1 of the paper: what a forward pass costs with an adapter merged, not merged, as added layers, as a prefix.

import { activeAdapters, type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import { chooseEngine } from "@lowrank/engine";
import { mergeAdapter } from "@lowrank/merge";
import type { PretrainedModel } from "@lowrank/models";
import type { ModelInputs } from "@lowrank/models/internal";
import * as tf from "@tensorflow/tfjs-core";
import { houlsbyAdapters, pfeifferAdapters } from "../methods/bottleneck.ts";
import { rankName, rankSweep } from "../methods/lora.ts";
import { adapterName, type Method } from "../methods/method.ts";
import { prefixTuning } from "../methods/virtual-tokens.ts";
import { sst2 } from "../tasks/sst2.ts";
import { processorAndDate, saveResult } from "../training/saved-runs.ts";

/** One row: milliseconds for each batch size. The fastest call counts, because other work of the machine only adds time. */
interface Latency {
  readonly what: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

export interface Latencies {
  readonly about: string;
  /** The number of calls for each batch size. */
  readonly calls: Readonly<Record<string, number>>;
  readonly rows: readonly Latency[];
  readonly engine: string;
  readonly processor: string;
  readonly date: string;
}

const [time, rounds] = [128, 7] as const;
/** Batch sizes, and how many calls a round makes. */
const calls = new Map([
  [1, 6],
  [16, 2],
]);
const batches = [...calls.keys()];

/** A timed side: how to prepare the model, and how to call it. */
interface Side {
  readonly what: string;
  ready(model: PretrainedModel): Promise<Ready>;
}

interface Ready {
  readonly context: ForwardContext;
  widen?(inputs: ModelInputs): ModelInputs;
  done(): void;
}

const sides: readonly Side[] = [
  { what: "the model itself", ready: async () => ({ context: inferenceContext(noAdapters), done: () => {} }) },
  { what: "LoRA, r = 8, all linear layers, merged", ready: merged },
  attached("LoRA, r = 8, query and value, not merged", loraOn("qv")),
  attached("LoRA, r = 8, all linear layers, not merged", loraOn("all")),
  attached("adapter layers, two a block", houlsbyAdapters),
  attached("adapter layers, one a block", pfeifferAdapters),
  attached("a prefix of 20 tokens", prefixTuning),
];

/** All sides alternately in one process, so that other work on the machine affects each alike. */
export async function latency(): Promise<void> {
  const { name: engine } = await chooseEngine();
  const model = await (await sst2({ rows: 1 })).load(0);
  const times = sides.map(({ what }) => ({
    what,
    of: new Map(batches.map((batch) => [batch, Number.POSITIVE_INFINITY])),
  }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { ready }] of sides.entries()) {
      const side = await ready(model);
      for (const [batch, count] of calls) {
        await forward(model, batch, side); // graphs are made by the first
        for (let call = 0; call < count; call++) {
          const began = performance.now();
          await forward(model, batch, side);
          const fastest = Math.min(times[index]?.of.get(batch) ?? 0, performance.now() - began);
          times[index]?.of.set(batch, fastest);
        }
      }
      side.done();
    }
  }
  saveResult("latency", {
    about: `MiniLM-L6, ${time} tokens a text, no padding`,
    calls: Object.fromEntries([...calls].map(([batch, count]) => [batch, rounds * count])),
    rows: times.map(({ what, of }) => ({
      what,
      milliseconds: Object.fromEntries([...of].map(([batch, fastest]) => [batch, Number(fastest.toFixed(2))])),
    })),
    engine,
    ...processorAndDate(),
  } satisfies Latencies);
  model.dispose();
}

function loraOn(matrices: "qv" | "all"): Method {
  const found = rankSweep.find(({ name }) => name === rankName(8, matrices));
  if (found === undefined) throw new Error(`No LoRA of rank 8 on ${matrices}.`);
  return found;
}

function attached(what: string, method: Method): Side {
  return {
    what,
    ready: async (model) => {
      const adapted = method.adapt(model, 0);
      const { virtualTokens } = adapted;
      const done = () => adapted.dispose();
      const context = inferenceContext(activeAdapters(adapterName));
      if (virtualTokens === undefined) return { context, done };
      return {
        context: { ...context, everyPosition: true },
        widen: (inputs) => virtualTokens.widen(inputs),
        done,
      };
    },
  };
}

async function merged(model: PretrainedModel): Promise<Ready> {
  const { handle } = loraOn("all").adapt(model, 0);
  if (handle === undefined) throw new Error("A LoRA has a handle.");
  const folded = await mergeAdapter(model, handle);
  return {
    context: inferenceContext(noAdapters),
    done: () => {
      folded.undo();
      handle.dispose();
    },
  };
}

async function forward(model: PretrainedModel, batch: number, { context, widen }: Ready): Promise<void> {
  const logits = tf.tidy(() => {
    const inputIds = tf.tensor2d(
      Array.from({ length: batch * time }, (_, index) => 1000 + ((index * 7919) % 20000)),
      [batch, time],
      "int32",
    );
    const inputs = { inputIds, attentionMask: tf.ones<tf.Rank.R2>([batch, time], "int32") };
    return model.forward(widen === undefined ? inputs : widen(inputs), context);
  });
  await logits.data();
  logits.dispose();
}
