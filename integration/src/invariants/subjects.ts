// The models on which the invariants are tested: two made by hand and three bases of PEFT's fixtures, with one interface.
// All are small enough to be made again for every example of a property.

import { type AdaptableModel, type AdapterSelection, noAdapters } from "@lowrank/contracts";
import type { RandomKey } from "@lowrank/contracts/internal";
import { chooseEngine } from "@lowrank/engine";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { expectNoLeak, fixturesRoot, HandMadeModel } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll } from "vitest";
import { PictureModel } from "./picture-model.ts";

/** Names of the models. */
const subjectNames = ["hand-made", "gpt2", "llama-gqa", "bert-seqcls"] as const;
export type SubjectName = (typeof subjectNames)[number];

/** One of the models with linear layers and embeddings. */
export const anySubject: fc.Arbitrary<SubjectName> = fc.constantFrom(...subjectNames);

/** Endings of the paths that can be adapted, linear layers first. */
export const linearTargets: Readonly<Record<SubjectName, readonly string[]>> = {
  "hand-made": ["q_proj", "up_proj"],
  gpt2: ["c_attn", "c_fc", "c_proj"],
  "llama-gqa": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  "bert-seqcls": ["query", "value", "dense"],
};

/** Endings of the embeddings' paths. GPT-2's shares its table with the output head. */
export const embeddingTarget: Readonly<Record<SubjectName, string>> = {
  "hand-made": "embed_tokens",
  gpt2: "wte",
  "llama-gqa": "embed_tokens",
  "bert-seqcls": "word_embeddings",
};

/** Token ids [batch, time]. */
export type Rows = readonly (readonly number[])[];

/** Fits the vocabulary of every model. */
export const rows: Rows = [
  [1, 4, 9, 2, 7],
  [3, 3, 8, 10, 5],
  [6, 1, 2, 10, 9],
];

/** One call of a model. */
interface Call {
  /** Default: the base alone. */
  readonly adapters?: AdapterSelection;
  /** Default: `rows`. */
  readonly ids?: Rows;
  /** Given: a training call with these draws of dropout. */
  readonly random?: RandomKey;
}

/** A model with fixed inputs. */
export interface Subject {
  readonly name: SubjectName | "pictures";
  readonly model: AdaptableModel;
  /** Its logits for a call, as plain numbers. */
  logits(call?: Call): Float32Array;
  /** The mean loss of a call. The caller owns the scalar. */
  loss(call?: Call): tf.Scalar;
}

/** Starts the `cpu` backend before the file's tests. */
export function onCpu(): void {
  beforeAll(async () => {
    await chooseEngine({ order: ["cpu"] });
  });
}

/** Makes a model for `work`, disposes of it, and fails if a tensor is left over. */
export async function withSubject(name: Subject["name"], work: (subject: Subject) => unknown): Promise<void> {
  await expectNoLeak(
    async () => {
      const subject = await open(name);
      try {
        await work(subject);
      } finally {
        subject.model.dispose();
      }
    },
    { warmUp: false },
  );
}

/** As `withSubject`, for a model of another number of tokens and the base from which it was made. */
export async function withResized(
  name: "gpt2" | "llama-gqa",
  size: number,
  work: (resized: Subject, base: Subject) => unknown,
): Promise<void> {
  await expectNoLeak(
    async () => {
      const base = await loadBase(name);
      const model = base.withVocabulary(size);
      try {
        await work(loaded(name, model), loaded(name, base));
      } finally {
        model.dispose();
        base.dispose();
      }
    },
    { warmUp: false },
  );
}

/** The base of a fixture. */
export function loadBase(name: string): Promise<PretrainedModel> {
  return loadModel(openFolder(`${fixturesRoot}/${name}/base`));
}

type DisposableSubject = Subject & { readonly model: { dispose(): void } };

async function open(name: Subject["name"]): Promise<DisposableSubject> {
  if (name === "hand-made") {
    const model = new HandMadeModel({ seed: 5 });
    return madeByHand(name, model, (call) => model.forward(idsOf(call), contextOf(call)));
  }
  if (name === "pictures") {
    const model = new PictureModel();
    return madeByHand(name, model, (call) => model.forward(picturesOf(call), contextOf(call)));
  }
  return loaded(name, await loadBase(name));
}

function madeByHand(
  name: Subject["name"],
  model: DisposableSubject["model"],
  forward: (call: Call) => tf.Tensor,
): DisposableSubject {
  return {
    name,
    model,
    logits: (call = {}) => numbers(() => forward(call)),
    loss: (call = {}) => tf.tidy(() => tf.mean<tf.Scalar>(tf.square(tf.sub(forward(call), 0.5)))),
  };
}

function loaded(name: SubjectName, model: PretrainedModel): DisposableSubject {
  return {
    name,
    model,
    logits: (call = {}) => numbers(() => model.forward({ inputIds: idsOf(call) }, contextOf(call))),
    loss: (call = {}) =>
      tf.tidy(() => {
        const inputIds = idsOf(call);
        const classes = (call.ids ?? rows).map(([first = 0]) => first % 3);
        const labels = model.causal ? inputIds : tf.tensor1d(classes, "int32");
        return model.loss({ inputIds, labels }, contextOf(call));
      }),
  };
}

function contextOf({ adapters = noAdapters, random }: Call) {
  return { training: random !== undefined, adapters, random: random ?? { seed: 0, step: 0, microStep: 0 } };
}

/** Runs `compute` in a tidy and reads its result. */
export function numbers(compute: () => tf.Tensor): Float32Array {
  return tf.tidy(() => Float32Array.from(compute().dataSync()));
}

function idsOf({ ids = rows }: Call): tf.Tensor2D {
  return tf.tensor2d(copyOf(ids), undefined, "int32");
}

/** Each row of ids as a picture [time, time, 2]: products and sums of its ids. */
function picturesOf({ ids = rows }: Call): tf.Tensor4D {
  const pictures = ids.map((row) => row.map((y) => row.map((x) => [(x * y) / 50, (x + y) / 10])));
  return tf.tensor4d(pictures);
}

function copyOf(ids: Rows): number[][] {
  return ids.map((row) => [...row]);
}
