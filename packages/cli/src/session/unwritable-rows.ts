// Which rows of a file a prompt template cannot write: asked only where it failed, so that one error names them all.

import { DataError, type Example, type PromptTemplate, type RowProblem, TemplateError } from "@lowrank/data";

/** The rows and where they are from. */
export interface WrittenRows {
  readonly file: string;
  readonly template: PromptTemplate;
  /** A row's number in the file, counted from 1. */
  rowOf(example: Example, index: number): number;
}

/** A DataError that names the rows which the template refuses, or the error itself where it is about no row. */
export function unwritableRows(
  error: unknown,
  examples: readonly Example[],
  { file, template, rowOf }: WrittenRows,
): unknown {
  if (!(error instanceof TemplateError)) return error;
  const expected = `a row that the template "${template.name}" can write`;
  const problems = examples.flatMap((example, index): RowProblem[] => {
    const reason = refusalOf(example, template);
    if (reason === undefined) return [];
    return [{ row: rowOf(example, index), expected, found: `a "${example.kind}" row: ${reason}` }];
  });
  return problems.length === 0 ? error : new DataError(file, problems.slice(0, 10), problems.length, "row");
}

function refusalOf(example: Example, template: PromptTemplate): string | undefined {
  if (example.kind === "tokens" || example.kind === "sentence") return undefined; // written without a template
  try {
    template.render(example);
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.reason;
    throw error;
  }
}
