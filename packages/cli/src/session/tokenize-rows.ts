// From the rows of a data file to tokens that fit the model.

import {
  chatTemplate,
  DataError,
  type Example,
  ignoredLabel,
  type PromptTemplate,
  promptTemplate,
  shortenTokens,
  type TextTokenizer,
  type TokenizedExample,
  tokenizeExamples,
} from "@lowrank/data";
import { NothingToTrainError } from "../errors.ts";
import type { Report } from "../terminal/report.ts";

/** What decides how rows become tokens. */
export interface TokenizeRowsOptions {
  readonly file: string;
  /** Absent where every row is tokenised already. */
  readonly tokenizer: TextTokenizer | undefined;
  readonly template: PromptTemplate;
  readonly maxLength: number;
  readonly vocabSize: number;
  readonly classIds: ReadonlyMap<string, number>;
}

/** Tokenises rows; says what the length limit cut, and throws a DataError for tokens outside the vocabulary. */
export function tokenizeRows(
  examples: readonly Example[],
  options: TokenizeRowsOptions,
  report: Report,
): readonly TokenizedExample[] {
  const { file, tokenizer, template, maxLength, classIds } = options;
  const all =
    tokenizer === undefined
      ? readyMade(examples, maxLength)
      : tokenizeExamples(examples, tokenizer, template, { maxLength, labelIds: classIds }).examples;
  const kept = checkIds(all, options).filter(isTrainable);
  const skipped = examples.length - kept.length;
  if (kept.length === 0) throw new NothingToTrainError(file);
  if (skipped > 0) {
    const message = `${skipped} of ${examples.length} rows of "${file}" have nothing to train and are left out.`;
    report.warn({ code: "ROWS_SKIPPED", message });
  }
  const atLimit = kept.filter((tokens) => tokens.inputIds.length === maxLength).length;
  if (atLimit > 0) {
    const message = `${atLimit} rows of "${file}" reach ${maxLength} tokens and may be cut (--max-length).`;
    report.warn({ code: "ROWS_CUT", message });
  }
  return kept;
}

/** Whether the loss counts anything; a causal model predicts the first token from nothing. */
function isTrainable(example: TokenizedExample): boolean {
  if (example.kind === "classified") return example.inputIds.length > 0;
  return example.labels.some((label, time) => time > 0 && label !== ignoredLabel);
}

/** The template that was asked for, or the one that suits the rows. */
export function chooseTemplate(
  name: string | undefined,
  examples: readonly Example[],
  tokenizer: TextTokenizer | undefined,
): PromptTemplate {
  const chosen = name ?? defaultTemplate(examples[0], tokenizer);
  if (chosen !== "chat" || tokenizer?.chatTemplate === undefined) return promptTemplate(chosen);
  const { bosToken, eosToken } = tokenizer;
  return chatTemplate(tokenizer.chatTemplate, {
    ...(bosToken === undefined ? {} : { bosToken }),
    ...(eosToken === undefined ? {} : { eosToken }),
  });
}

function defaultTemplate(example: Example | undefined, tokenizer: TextTokenizer | undefined): string {
  if (example?.kind === "instruction") return "alpaca";
  if (example?.kind === "chat") return tokenizer?.chatTemplate === undefined ? "vicuna" : "chat";
  return "plain";
}

function readyMade(examples: readonly Example[], maxLength: number): readonly TokenizedExample[] {
  return examples.flatMap((example) => (example.kind === "tokens" ? [shortenTokens(example, maxLength)] : []));
}

function checkIds(
  examples: readonly TokenizedExample[],
  { file, vocabSize }: TokenizeRowsOptions,
): readonly TokenizedExample[] {
  const expected = `token ids from 0 to ${vocabSize - 1}, the model's vocabulary`;
  const problems = examples.flatMap((example, index) => {
    const ids = example.kind === "sequence" ? [...example.inputIds, ...example.labels] : example.inputIds;
    const stranger = ids.find((id) => id >= vocabSize);
    return stranger === undefined ? [] : [{ row: index + 1, found: String(stranger), expected }];
  });
  if (problems.length > 0) throw new DataError(file, problems.slice(0, 10), problems.length, "row");
  return examples;
}
