// The built-in sample: facts about restaurants and sentences that say them (E2E NLG, see data/e2e), split so that no
// validation input was trained on.

import type { TokenSequence } from "@lowrank/data";
import {
  type CompletionExample,
  promptTemplate,
  readCsv,
  splitByKey,
  type TextTokenizer,
  tokenizeExample,
} from "@lowrank/data";

export interface Sample {
  readonly train: readonly TokenSequence[];
  readonly validation: readonly TokenSequence[];
  /** An input from the validation part, to start with. */
  readonly prompt: string;
}

const maxLength = 160;
const validationRows = 32;
const template = promptTemplate("plain");

/** The arrow tells the model where the facts end and the sentence begins. */
export const asPrompt = (facts: string): string => `${facts.trim()} ->`;

export function prepareSample(csv: string, tokenizer: TextTokenizer): Sample {
  const rows = readCsv(csv, { file: "e2e/e2e-devset.csv", columns: { prompt: "mr", completion: "ref" } });
  const examples = rows.filter((row): row is CompletionExample => row.kind === "completion");
  const { train, validation } = splitByKey(examples, (example) => example.prompt, { share: 0.1, seed: 42 });
  const tokens = ({ prompt, completion }: CompletionExample): readonly TokenSequence[] => {
    const example = { kind: "completion", prompt: asPrompt(prompt), completion: ` ${completion}` } as const;
    const result = tokenizeExample(example, tokenizer, template, { maxLength });
    return result.kind === "sequence" ? [result] : [];
  };
  // Every seventh row: different inputs rather than the many sentences of the first few.
  const measured = validation.filter((_, index) => index % 7 === 0).slice(0, validationRows);
  return {
    train: train.flatMap(tokens),
    validation: measured.flatMap(tokens),
    prompt: validation[0]?.prompt ?? "",
  };
}
