// Which columns of a table, or keys of an object, hold what is said and what is answered. People name them as they like.

const says = ["says", "prompt", "question", "instruction", "input", "user", "mr", "source", "q"];
const answers = ["answers", "answer", "completion", "response", "output", "assistant", "ref", "target", "a"];

/** What a reader of @lowrank/data is told: where the two are, or that the first line is a row already. */
export interface ColumnChoice {
  readonly columns?: { readonly prompt: string; readonly completion: string };
  readonly header?: readonly ["prompt", "completion"];
}

/** By their names; nothing where the library's own forms fit, or its error says what would. */
export function knownColumns(names: readonly string[]): ColumnChoice {
  const find = (known: readonly string[]) => names.find((name) => known.includes(name.trim().toLowerCase()));
  const [prompt, completion] = [find(says), find(answers)];
  if (prompt === undefined || completion === undefined || isAlpacaOrSquad(names)) return {};
  return { columns: { prompt, completion } };
}

/**
 * Of a table with this first line. Two columns need no names that are known: `hasHeader` says whether the first line is
 * names all the same (of a file), or a row (of cells that were copied).
 */
export function tableColumns(
  firstLine: readonly string[],
  { hasHeader }: { readonly hasHeader: boolean },
): ColumnChoice {
  const names = firstLine.map((name) => name.trim());
  const known = knownColumns(names);
  const [first = "", second = ""] = names;
  if (known.columns !== undefined || names.length !== 2 || isClass(second)) return known;
  return hasHeader ? { columns: { prompt: first, completion: second } } : { header: ["prompt", "completion"] };
}

/** Forms of three columns, which the library reads. */
function isAlpacaOrSquad(names: readonly string[]): boolean {
  return ["instruction", "input", "output"].every((name) => names.includes(name)) || names.includes("context");
}

/** A sentence and its class is a form too. */
function isClass(name: string): boolean {
  return name === "label";
}
