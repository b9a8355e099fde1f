// The rows of the table: model and data, and the figure of merit.

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { groupReferences, shuffled } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import type { EvaluationOptions, OpenedModel, OpenModelOptions } from "lowrank";
import { preparedModel } from "../../../benchmarks/src/harness/peer-folders.ts";
import { jobRows } from "../../../benchmarks/src/jobs/job-data.ts";
import { mnistDigits, preprocessor } from "../tasks/digits/digit-pictures.ts";
import { digitsBase } from "../tasks/digits/digits-base.ts";
import { parted } from "../tasks/task.ts";
import { adaptersFolder } from "../training/saved-runs.ts";
import { conversation, isInPersona, personaRows, unseenQuestions } from "./persona.ts";

interface TaskRows {
  readonly train: readonly object[];
  readonly test: readonly object[];
}

export type Figures = Readonly<Record<string, number>>;

export interface DefaultsTask {
  readonly name: string;
  /** A key of what `measure` gives. */
  readonly figure: string;
  readonly open?: OpenModelOptions;
  /** Given to `train` and `evaluate`. */
  readonly reading?: Pick<EvaluationOptions, "maxLength" | "pooling" | "normalize">;
  /** The layers of PEFT's rule, for model types that have no default in PEFT. */
  readonly queryAndValue?: readonly string[];
  base(): Promise<string>;
  /** Rows as a user has them; the seed draws those to train on from a larger set, if there is one. */
  rows(seed: number): Promise<TaskRows>;
  /** In addition to what `evaluate` gives for the test rows. */
  measure?(model: OpenedModel): Promise<Figures>;
}

const minilm = { base: () => preparedModel("minilm") };
const smollm2 = { base: () => preparedModel("smollm2") };

export const defaultsTasks: readonly DefaultsTask[] = [
  ...[200, 500, 1000, 6920].map((count) => sst2(count)),
  ...[64, 500].map((count) => e2e(count)),
  {
    name: "persona-12",
    figure: "inPersona",
    ...smollm2,
    rows: async () => personaRows(),
    async measure(model) {
      const prompts = unseenQuestions.map(conversation);
      const answers = await model.generate(prompts, { maxNewTokens: 48, temperature: 0 });
      const plain = (await restaurants()).slice(-20).map(({ references: [text = ""] }) => ({ text }));
      const asText: EvaluationOptions = { template: "plain" };
      const { loss: unrelatedLoss } = await model.evaluate(plain, asText);
      const { loss: unrelatedBefore } = await model.evaluate(plain, { ...asText, adapter: null });
      return { inPersona: answers.filter(isInPersona).length, unrelatedLoss, unrelatedBefore };
    },
  },
  {
    name: "xquad",
    figure: "f1",
    ...minilm,
    reading: { maxLength: 320 },
    open: { task: "question-answering" },
    async rows() {
      const { train, held } = await questions(4);
      return { train: train.slice(0, 240), test: held.slice(0, 200) };
    },
  },
  {
    name: "alpaca",
    figure: "loss",
    ...smollm2,
    reading: { maxLength: 256 },
    async rows() {
      const tasks = await readDataFile(dataFile("alpaca-seed_tasks.jsonl"));
      const { train, held } = parted(tasks, 7, {});
      return { train, test: held };
    },
  },
  {
    name: "embeddings",
    figure: "mrrAt10",
    ...minilm,
    // As in its model card; the prepared folder has no 1_Pooling/config.json.
    reading: { pooling: "mean", normalize: true },
    async rows(seed) {
      const { train, held } = await questions(2);
      const pairs = (all: typeof train) =>
        all.map(({ question, context }) => ({ anchor: question, positive: context }));
      return { train: drawn(pairs(train), 400, seed), test: pairs(held).filter((_, index) => index % 2 === 0) };
    },
  },
  {
    name: "dpo-60",
    figure: "rewardAccuracy",
    ...smollm2,
    async rows(seed) {
      const { train, held } = parted(await restaurants(), 13, {}, 40);
      const pairs = (all: typeof train) =>
        all.map(({ prompt, references: [chosen = ""] }, index) => {
          const rejected = all[(index + 7) % all.length]?.references[0] ?? "";
          return { prompt, chosen, rejected };
        });
      return { train: drawn(pairs(train), 60, seed), test: pairs(held) };
    },
  },
  {
    name: "digits",
    figure: "accuracy",
    queryAndValue: ["q_proj", "v_proj"],
    open: { task: "image-classification", classes: 10 },
    async base() {
      const folder = join(adaptersFolder, "digits-base");
      await digitsBase(folder);
      await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(preprocessor));
      return folder;
    },
    async rows() {
      const pictures = (each: number, skipped: number) =>
        mnistDigits(each, skipped).map(({ pixels, label }) => ({
          image: { width: pixels?.width, height: pixels?.height, data: pixels?.bytes },
          label,
        }));
      return { train: pictures(100, 0), test: pictures(60, 100) };
    },
  },
];

function sst2(count: number): DefaultsTask {
  return {
    name: `sst2-${count}`,
    figure: "accuracy",
    ...minilm,
    reading: { maxLength: 64 },
    open: { task: "sequence-classification", classes: 2 },
    async rows(seed) {
      const { train, validation, isReal } = await jobRows("sst2", { train: Number.POSITIVE_INFINITY, validation: 872 });
      if (!isReal) dataFile("sst2-train.tsv");
      return { train: drawn(train, count, seed), test: validation };
    },
  };
}

function e2e(count: number): DefaultsTask {
  return {
    name: `e2e-${count}`,
    figure: "loss",
    ...smollm2,
    async rows(seed) {
      const { train, held } = parted(await restaurants(), 9, {}, 60);
      const pairs = (all: typeof train, each: number) =>
        all.flatMap(({ prompt, references }) =>
          references.slice(0, each).map((completion) => ({ prompt, completion })),
        );
      return { train: drawn(pairs(train, 2), count, seed), test: pairs(held, 1) };
    },
  };
}

/** The restaurants of E2E, each with all its sentences. */
async function restaurants() {
  const path = join(import.meta.dirname, "../../../../data/e2e/e2e-devset.csv");
  return groupReferences(await readDataFile(path, { columns: { prompt: "mr", completion: "ref" } }));
}

/** XQuAD's; every so-many-th text is held out with its questions. */
async function questions(every: number) {
  const { train: rows, isReal } = await jobRows("squad", { train: Number.POSITIVE_INFINITY, validation: 1 });
  if (!isReal) dataFile("xquad.en.json");
  const texts = parted([...new Set(rows.map(({ context }) => context))], every, {});
  const about = (some: readonly unknown[]) => rows.filter(({ context }) => some.includes(context));
  return { train: about(texts.train), held: about(texts.held) };
}

function drawn<Row>(rows: readonly Row[], count: number, seed: number): readonly Row[] {
  return shuffled(rows.length, seed)
    .slice(0, count)
    .flatMap((index) => rows[index] ?? []);
}

function dataFile(name: string): string {
  const path = join(process.env.LOWRANK_DATA ?? "", name);
  if (existsSync(path)) return path;
  throw new Error(`${path} is missing. Set LOWRANK_DATA to a folder that holds ${name}.`);
}

/** Whether one is better: a lower loss, or more of any other metric. */
export function isBetter({ figure }: Pick<DefaultsTask, "figure">, one: Figures, other: Figures): boolean {
  const difference = (one[figure] ?? Number.NaN) - (other[figure] ?? Number.NaN);
  if (difference === 0) return (one.loss ?? 0) < (other.loss ?? 0);
  return figure === "loss" ? difference < 0 : difference > 0;
}
