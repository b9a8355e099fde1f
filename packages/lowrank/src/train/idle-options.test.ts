import { describe, expect, it } from "vitest";
import { objectives } from "../objectives/objectives.ts";
import type { RunToCheck } from "../options/acts-on.ts";
import { rewardOptions } from "../options/reward-options.ts";
import type { TrainingOptions } from "../options.ts";
import { refuseIdleOptions } from "./prepare-training.ts";
import { trainingNames } from "./training-names.ts";

const text = {
  objective: objectives.text,
  kind: "completion",
  problem: undefined,
  task: "causal-lm",
  areChosen: false,
  hasValidation: true,
  config: { init: "eva" },
} as const satisfies RunToCheck;

const classes = {
  ...text,
  objective: objectives.classification,
  kind: "sentence",
  task: "sequence-classification",
} as const;

/** Every kind of run. */
const runs = {
  text,
  tokens: { ...text, kind: "tokens" },
  "one class": { ...classes, problem: "single_label_classification" },
  "several classes": { ...classes, problem: "multi_label_classification" },
  number: { ...classes, problem: "regression" },
  pictures: {
    ...classes,
    objective: objectives.imageClassification,
    kind: "image",
    problem: "single_label_classification",
  },
  questions: { ...text, objective: objectives.extraction, kind: "question", task: "question-answering" },
  comparisons: { ...text, objective: objectives.embeddings, kind: "comparison", task: "feature-extraction" },
  preferences: { ...text, objective: objectives.preferences, kind: "preference" },
  judged: { ...text, objective: objectives.judgements, kind: "judged" },
  chosen: { ...text, areChosen: true },
  speech: { ...text, kind: "speech", task: "sequence-to-sequence" },
} as const satisfies Record<string, RunToCheck>;

type RunName = keyof typeof runs;
const all = Object.keys(runs) as readonly RunName[];
const allBut = (...without: readonly RunName[]) => all.filter((name) => !without.includes(name));

/** In which runs each option acts that does not act in all. */
const actsIn: Partial<Record<keyof TrainingOptions, readonly RunName[]>> = {
  loss: ["comparisons", "preferences", "judged", "chosen"],
  beta: ["preferences", "judged"],
  margin: ["preferences", "judged"],
  desirableWeight: ["preferences", "judged"],
  undesirableWeight: ["preferences", "judged"],
  pooling: ["comparisons"],
  normalize: ["comparisons"],
  prompts: ["comparisons"],
  miniBatchSize: ["comparisons"],
  matryoshkaDims: ["comparisons"],
  matryoshkaWeights: [], // without dimensions
  guide: [], // without the loss "gist"
  labelSmoothing: allBut("several classes", "number", "questions", "comparisons", "judged"),
  embeddingNoise: allBut("pictures"),
  maxLength: allBut("pictures"),
  template: ["text", "preferences", "judged", "chosen"],
  classNames: ["one class", "several classes", "pictures"],
  momentum: [], // of adamw, the default
  scheduleCycles: [], // of linear, the default
  schedulePower: [],
  endRate: [],
  decayShare: [],
  klToBase: ["text", "tokens", "chosen", "speech"],
  teacher: ["text", "tokens", "chosen", "speech"],
  teacherShare: [], // without a teacher
  divergence: [],
  divergenceTemperature: [],
  ...Object.fromEntries(Object.keys(rewardOptions.rows).map((name) => [name, []])), // without an objective
  objective: all,
};

/** Is anything but 0. */
const values = Object.keys(trainingNames) as (keyof TrainingOptions)[];
const asked = (name: keyof TrainingOptions) => ({ [name]: 0.5 }) as TrainingOptions;
const refusal = (run: RunToCheck, options: TrainingOptions): string => {
  try {
    refuseIdleOptions(run, options);
    return "";
  } catch (error) {
    return String(error);
  }
};

describe.each(all)("a run on %s", (name) => {
  it.each(values)("accepts `%s` or reports that it has no effect there", (option) => {
    const said = refusal(runs[name], asked(option));
    if ((actsIn[option] ?? all).includes(name)) expect(said).toBe("");
    else expect(said).toContain(`${option}: has no effect in this run, it is for `);
  });
});

it.each([
  [
    { evalEvery: 5, patience: 2, bestBy: "loss", evalAtStart: true },
    { ...text, hasValidation: false },
  ],
  [{ initBatches: 4 }, { ...text, config: { init: true } }],
  [{ initBatches: 4 }, { ...text, config: undefined }],
  [{ momentum: 0.9, optimizer: "lion" }, text],
  [{ betas: [0.9, 0.99], optimizer: "sgd" }, text],
  [{ scheduleCycles: 2 }, text],
  [{ schedulePower: 2, schedule: "wsd" }, text],
  [{ endRate: 0.1, schedule: "cosine" }, text],
  [{ decayShare: 0.1, schedule: "polynomial" }, text],
  [{ epochs: 2, steps: 10 }, text],
  [{ warmupRatio: 0.1, warmupSteps: 10 }, text],
  [{ validationShare: 0.1, validation: "held.jsonl" }, text],
  [{ klToBase: 0.1, teacher: {} }, text],
] as const)("%j is refused, and what asks for nothing is not", (options, run) => {
  const lines = refusal(run, options as TrainingOptions).match(/has no effect in this run/g) ?? [];
  const companions = ["optimizer", "schedule", "steps", "warmupSteps", "validation", "teacher"];
  expect(lines).toHaveLength(Object.keys(options).filter((name) => !companions.includes(name)).length);
  expect(refusal(runs.questions, { labelSmoothing: 0, embeddingNoise: 0 })).toBe("");
});

it.each([
  [{ optimizer: "sgd", momentum: 0.9 }],
  [{ optimizer: "lion", betas: [0.9, 0.95] }],
  [{ schedule: "wsd", endRate: 0.1, decayShare: 0.2 }],
  [{ schedule: "cosine-with-restarts", scheduleCycles: 2 }],
  [{ klToBase: 0.1, divergence: "reverse", divergenceTemperature: 2 }],
] as const)("%j is taken", (options) => expect(refusal(text, options)).toBe(""));
