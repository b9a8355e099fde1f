// The built-in sample: facts about restaurants and sentences that say them (E2E NLG, see data/e2e), split so that no
// validation input was trained on.

import { type CompletionExample, readCsv, splitByKey } from "@lowrank/data";

/** A row as a data file has it. */
type SampleRow = Pick<CompletionExample, "prompt" | "completion">;

export interface Sample {
  readonly train: readonly SampleRow[];
  readonly validation: readonly SampleRow[];
  /** An input from the validation part, to start with. */
  readonly prompt: string;
}

const validationRows = 32;

/** The arrow tells the model where the facts end and the sentence begins. */
export const asPrompt = (facts: string): string => `${facts.trim()} ->`;

export function prepareSample(csv: string): Sample {
  const rows = readCsv(csv, { file: "e2e/e2e-devset.csv", columns: { prompt: "mr", completion: "ref" } });
  const examples = rows.filter((row): row is CompletionExample => row.kind === "completion");
  const { train, validation } = splitByKey(examples, (example) => example.prompt, { share: 0.1, seed: 42 });
  const asRow = ({ prompt, completion }: CompletionExample): SampleRow => {
    return { prompt: asPrompt(prompt), completion: ` ${completion}` };
  };
  // Every seventh row: different inputs rather than the many sentences of the first few.
  const measured = validation.filter((_, index) => index % 7 === 0).slice(0, validationRows);
  return { train: train.map(asRow), validation: measured.map(asRow), prompt: validation[0]?.prompt ?? "" };
}
