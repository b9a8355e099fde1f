// A multiple choice in inputs.json is [batch][choices][time]; everything else is a matrix.

const keys: readonly string[] = ["input_ids", "attention_mask", "token_type_ids"];

/** Turns multiple-choice questions into rows and adds problems to `faults`. Undefined if the value is no list of questions. */
export function choicesAsRows(
  fields: ReadonlyMap<string, unknown>,
  faults: string[],
): { readonly fields: ReadonlyMap<string, unknown>; readonly choices: number } {
  const rows = new Map(fields);
  const counts = new Set<number>();
  for (const key of keys.filter((name) => fields.has(name))) {
    const questions = fields.get(key);
    if (!isQuestions(questions)) {
      faults.push(`"${key}": expected the choices of each question, [[[1, 2], [1, 3]]]: [batch, choices, time]`);
      rows.set(key, undefined);
      continue;
    }
    for (const { length } of questions) counts.add(length);
    rows.set(key, questions.flat());
  }
  const [choices = 1] = counts;
  if (counts.size > 1)
    faults.push(`every question needs as many choices as the others; there are ${[...counts].join(" and ")}`);
  return { fields: rows, choices };
}

function isQuestions(value: unknown): value is readonly (readonly unknown[][])[] {
  const isQuestion = (question: unknown) =>
    Array.isArray(question) && question.length > 0 && question.every((choice) => Array.isArray(choice));
  return Array.isArray(value) && value.length > 0 && value.every(isQuestion);
}
