// A row as model input, with the data that maps the answer back to the text.

import type { Task } from "@lowrank/contracts/families";
import { type Example, ExampleError, promptTemplate, type TextTokenizer, tokenizeExample } from "@lowrank/data";
import { type CharacterSpan, type ImageInputs, type TokenMasks, tokenizeQuestion } from "@lowrank/data/internal";

export interface InputRow extends TokenMasks, ImageInputs {
  /** The text that the answer refers to; empty for rows of tokens. */
  readonly text: string;
  /** The index of the text's first token, and the characters of each token in the input. */
  readonly textStart: number;
  readonly spans: readonly CharacterSpan[];
}

export interface RowReader {
  readonly task: Task;
  /** Only called for rows of text. Throws TOKENIZER_MISSING. */
  tokenizer(): Promise<TextTokenizer>;
  readonly maxLength: number;
}

export const predictedTasks: readonly Task[] = [
  ...(["sequence-classification", "token-classification", "question-answering", "multiple-choice"] as const),
  ...(["image-classification", "distilled-image-classification"] as const),
];

/** The sequences of a row: one, or one for each choice. Throws the errors of `askedRow`. */
export async function inputRows(example: Example, reader: RowReader): Promise<readonly InputRow[]> {
  if (reader.task !== "multiple-choice" || example.kind !== "choice") return [await inputRow(example, reader)];
  const rows: InputRow[] = [];
  for (const pair of example.endings) {
    const labelled = { kind: "sentence", sentence: example.about, pair, label: 0 } as const;
    rows.push(await inputRow(labelled, { ...reader, task: "sequence-classification" }));
  }
  return rows;
}

/** The row with prepared images and audio, as tokens or pixels. Throws ExampleError for a row that the head cannot answer. */
async function inputRow(example: Example, { task, tokenizer, maxLength }: RowReader): Promise<InputRow> {
  if (example.kind === "tokens" || example.kind === "span") {
    const cut = (values: readonly number[]) => values.slice(0, maxLength);
    const { attentionMask, tokenTypeIds } = example;
    return {
      inputIds: cut(example.inputIds),
      ...(attentionMask === undefined ? {} : { attentionMask: cut(attentionMask) }),
      ...(tokenTypeIds === undefined ? {} : { tokenTypeIds: cut(tokenTypeIds) }),
      text: "",
      textStart: 0,
      spans: [],
    };
  }
  const sees = task === "image-classification" || task === "distilled-image-classification";
  if (sees && example.kind === "image" && typeof example.image === "object" && "factor" in example.image) {
    return { inputIds: [], pixels: example.image, text: "", textStart: 0, spans: [] };
  }
  if (task === "question-answering" && example.kind === "question") {
    const { tokens, contextStart, spans } = tokenizeQuestion(example, await tokenizer(), { maxLength });
    return { ...tokens, text: example.context, textStart: contextStart, spans };
  }
  if (task === "token-classification" && example.kind === "sentence") {
    return { ...(await tokenizer()).encodeWithSpans(example.sentence, { maxLength }), text: example.sentence };
  }
  if (task === "sequence-classification" && example.kind === "sentence") {
    const labelled = { ...example, label: 0 };
    const tokens = tokenizeExample(labelled, await tokenizer(), promptTemplate("plain"), { maxLength });
    return { ...tokens, text: example.sentence, textStart: 0, spans: [] };
  }
  throw new ExampleError(`A model for ${task} cannot answer a "${example.kind}" row.`);
}
