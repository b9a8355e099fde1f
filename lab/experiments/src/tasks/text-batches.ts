// What tasks of texts have in common: SmolLM2, prompts with completions, batches of eight.

import { openTokenizer, promptTemplate, type TextTokenizer, tokenizeExamples } from "@lowrank/data";
import { labelsOf, readObjects } from "@lowrank/data/internal";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import type { Metrics } from "@lowrank/trainer/internal";
import { preparedModel } from "../../../benchmarks/src/harness/peer-folders.ts";
import { orderedBatches } from "./ordered-batches.ts";
import type { Task, TaskModel } from "./task.ts";

/** A row as both sides of every comparison read it. */
export type TextRow =
  | { readonly prompt: string; readonly completion: string }
  | { readonly instruction: string; readonly output: string };

export interface TextRows {
  readonly train: readonly TextRow[];
  readonly held: readonly TextRow[];
}

export interface TextSource {
  /** The model's folder; default: SmolLM2's, which is fetched if it is missing. */
  readonly path?: string;
  /** The words around a row; absent: none. */
  readonly template?: "koalpaca";
}

export interface TextBatches extends Pick<Task, "batches" | "batchesPerEpoch" | "load"> {
  readonly tokenizer: TextTokenizer;
  /** Ids of the prompts of the rows held out. */
  readonly prompts: readonly (readonly number[])[];
  meanLoss(model: TaskModel): Promise<number>;
  /** The mean loss, and as likelihood of a token: more is better. */
  likelihood(model: TaskModel): Promise<Metrics>;
}

const [batchSize, longest] = [8, 256];

/** SmolLM2's own words around a prompt. */
export function chatPrompt(text: string): string {
  return `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;
}

export async function textBatches(
  { train, held }: TextRows,
  { path, template }: TextSource = {},
): Promise<TextBatches> {
  const folder = openFolder(path ?? (await preparedModel("smollm2")));
  const tokenizer = await openTokenizer(folder);
  const read = async (rows: readonly TextRow[]) => {
    const examples = [];
    for await (const example of readObjects(rows)) examples.push(example);
    return tokenizeExamples(examples, tokenizer, promptTemplate(template ?? "plain"), { maxLength: longest }).examples;
  };
  const [learned, kept] = [await read(train), await read(held)];
  const all = { train: learned, held: kept, padId: tokenizer.padId, batchSize, heldSize: batchSize };
  const { measureHeld, ...ordered } = orderedBatches(all);
  const meanLoss = async (model: TaskModel) => (await measureHeld(model)).loss;
  return {
    tokenizer,
    prompts: kept.map((example) =>
      example.inputIds.slice(
        0,
        labelsOf(example).findIndex((label) => label !== -100),
      ),
    ),
    load: () => loadModel(folder),
    ...ordered,
    meanLoss,
    async likelihood(model) {
      const loss = await meanLoss(model);
      return { loss, likelihood: Math.exp(-loss) };
    },
  };
}
