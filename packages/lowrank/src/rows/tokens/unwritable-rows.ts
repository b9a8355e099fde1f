// Finds all rows that cannot be tokenized, because a template cannot render them or a question leaves no room for its
// text. Only called after a failure, so that one error names all of them.

import {
  DataError,
  type Example,
  ExampleError,
  type PromptTemplate,
  TemplateError,
  type TextTokenizer,
} from "@lowrank/data";
import {
  type RowList,
  type RowProblem,
  renderWithImages,
  TemplateLimitError,
  tokenizeQuestion,
} from "@lowrank/data/internal";

import { textsOf } from "../row-kinds.ts";

export interface WrittenRows {
  readonly file: string;
  readonly template: PromptTemplate;
  readonly tokenizer: TextTokenizer;
  readonly maxLength: number;
  rowOf(index: number): number;
}

/** A DataError that names the refused rows; the original error if it is not about a row or a template takes too long. */
export function unwritableRows(error: unknown, examples: RowList<Example>, rows: WrittenRows): unknown {
  if (error instanceof TemplateLimitError) return error;
  if (!(error instanceof TemplateError || error instanceof ExampleError)) return error;
  const problems = examples.flatMap((example, index): RowProblem[] => {
    const reason = refusalOf(example, rows);
    if (reason === undefined) return [];
    const row = rows.rowOf(index);
    const expected =
      example.kind === "question"
        ? "a question whose text can be matched to its tokens"
        : `a row that the template "${rows.template.name}" can render`;
    return [{ row, expected, found: `a "${example.kind}" row: ${reason}` }];
  });
  return problems.length === 0
    ? error
    : new DataError(rows.file, problems.slice(0, 10), { count: problems.length, unit: "row" });
}

const writtenWithoutTemplate: ReadonlySet<Example["kind"]> = new Set([
  "tokens",
  "span",
  "sentence",
  "image",
  "audio",
  "speech",
  "comparison",
]);

function refusalOf(example: Example, { template, tokenizer, maxLength }: WrittenRows): string | undefined {
  if (writtenWithoutTemplate.has(example.kind)) return undefined;
  try {
    if (example.kind === "question") tokenizeQuestion(example, tokenizer, { maxLength });
    else for (const text of textsOf(example)) renderWithImages(template, text);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateLimitError) throw error;
    if (error instanceof TemplateError || error instanceof ExampleError) return error.reason;
    throw error;
  }
}
