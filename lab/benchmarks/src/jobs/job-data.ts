// The rows of jobs, as the JSONL files that both sides read.
//
// E2E may be shipped and is in data/. The others are read from the folder that LOWRANK_DATA names; where they are not,
// made-up rows of the same lengths take their place, which says as much about time and nothing about quality.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promptTemplate } from "@lowrank/data";
import { readDataFile } from "@lowrank/data/node";
import { type Row, type StandInName, standInRows } from "./stand-in-rows.ts";

export type DataName = "e2e" | StandInName;

interface Rows {
  readonly train: readonly Row[];
  readonly validation: readonly Row[];
}

export interface JobRows extends Rows {
  /** Whether they are of the data set, not made up. */
  readonly isReal: boolean;
}

interface Source {
  readonly folder: string;
  readonly train: string;
  /** Without one the last rows of `train` are held out. */
  readonly validation?: string;
  read(path: string): Promise<readonly Row[]>;
}

const given = process.env.LOWRANK_DATA ?? "";

const sources: Readonly<Record<DataName, Source>> = {
  e2e: { folder: join(import.meta.dirname, "../../../../data/e2e"), train: "e2e-devset.csv", read: restaurants },
  sst2: { folder: given, train: "sst2-train.tsv", validation: "sst2-dev.tsv", read: sentences },
  alpaca: { folder: given, train: "alpaca-seed_tasks.jsonl", read: instructions },
  squad: { folder: given, train: "xquad.en.json", read: questions },
};

/** Reads the first rows of a data set: at most the requested number. */
export async function jobRows(
  data: DataName,
  wanted: { readonly train: number; readonly validation: number },
): Promise<JobRows> {
  const { folder, train, validation = train, read } = sources[data];
  const paths = [join(folder, train), join(folder, validation)] as const;
  if (!paths.every(existsSync)) {
    if (data === "e2e") throw new Error(`${paths[0]} is missing, which belongs to this repository.`);
    const made = standInRows(data, wanted.train + wanted.validation);
    return { train: made.slice(wanted.validation), validation: made.slice(0, wanted.validation), isReal: false };
  }
  const rows = await read(paths[0]);
  if (validation !== train) {
    const held = await read(paths[1]);
    return { train: rows.slice(0, wanted.train), validation: held.slice(0, wanted.validation), isReal: true };
  }
  return { ...heldOut(rows, wanted), isReal: true };
}

/** Evenly from the whole file: its end may be another kind of rows. */
function heldOut(rows: readonly Row[], wanted: { readonly train: number; readonly validation: number }): Rows {
  const every = Math.floor(rows.length / wanted.validation);
  const isHeld = (index: number) => index % every === every - 1;
  return {
    train: rows.filter((_, index) => !isHeld(index)).slice(0, wanted.train),
    validation: rows.filter((_, index) => isHeld(index)).slice(0, wanted.validation),
  };
}

async function sentences(path: string): Promise<readonly Row[]> {
  const rows = await readDataFile(path, { header: ["sentence", "label"] });
  return rows.flatMap((row) => (row.kind === "sentence" ? [{ sentence: row.sentence, label: row.label }] : []));
}

/** One sentence for each restaurant, in the words of the model's own chat. */
async function restaurants(path: string): Promise<readonly Row[]> {
  const found = new Map<string, Row>();
  for (const row of await readDataFile(path, { columns: { prompt: "mr", completion: "ref" } })) {
    if (row.kind !== "completion" || found.has(row.prompt)) continue;
    const prompt = `<|im_start|>user\n${row.prompt}<|im_end|>\n<|im_start|>assistant\n`;
    found.set(row.prompt, { prompt, completion: row.completion });
  }
  return [...found.values()];
}

/** Self-Instruct's seed tasks, the first instance of each, in Alpaca's words. */
async function instructions(path: string): Promise<readonly Row[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { instruction, instances } = JSON.parse(line) as SeedTask;
    const { input = "", output = "" } = instances[0] ?? {};
    const { segments } = promptTemplate("alpaca").render({ kind: "instruction", instruction, input, output });
    const [prompt, completion] = segments.map(({ text }) => text);
    return { prompt, completion };
  });
}

/** A line of seed_tasks.jsonl of Self-Instruct (Wang et al. 2022). */
interface SeedTask {
  readonly instruction: string;
  readonly instances: readonly { readonly input?: string; readonly output?: string }[];
}

async function questions(path: string): Promise<readonly Row[]> {
  const { data } = JSON.parse(await readFile(path, "utf8")) as SquadFile;
  return data.flatMap(({ paragraphs }) =>
    paragraphs.flatMap(({ context, qas }) =>
      qas.map(({ question, answers }) => ({
        question,
        context,
        answers: { text: answers.map(({ text }) => text), answer_start: answers.map((one) => one.answer_start) },
      })),
    ),
  );
}

/** SQuAD's own file (Rajpurkar et al. 2016), before Hugging Face's datasets flattened it. */
interface SquadFile {
  readonly data: readonly {
    readonly paragraphs: readonly {
      readonly context: string;
      readonly qas: readonly {
        readonly question: string;
        readonly answers: readonly { readonly text: string; readonly answer_start: number }[];
      }[];
    }[];
  }[];
}
