// Rows whose prompt and answer touch: "Is it sliced?Yes." teaches a model to write what nobody types.

import type { Example, RowList } from "@lowrank/data";
import { named } from "../errors/named-option.ts";
import type { Notices } from "../notices.ts";

/** Rows that are looked at: what a file's first rows do, the others do as well. */
const most = 100;
/** Of scripts that put spaces between words. */
const word = String.raw`[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}`;
const ends = new RegExp(`${word}.?!,)]$`, "u");
const begins = new RegExp(`^${word}]`, "u");

/** Warns where no row has a space between prompt and completion, and the template puts none there. */
export function warnOfTouchingTexts(rows: RowList<Example>, template: string, { warn }: Pick<Notices, "warn">): void {
  if (template !== "plain") return;
  let first: string | undefined;
  for (let index = 0; index < Math.min(most, rows.length); index++) {
    const row = rows.at(index);
    if (row?.kind !== "completion" || !ends.test(row.prompt) || !begins.test(row.completion)) return;
    first ??= `${row.prompt.slice(-20)}${row.completion.slice(0, 20)}`;
  }
  if (first === undefined) return;
  const message =
    `Prompts and completions touch: the model learns to write on "…${first}…". Begin completions with a space or a line ` +
    `break, or let ${named("template")} alpaca, say, put something between them.`;
  warn({ code: "TEXTS_TOUCH", message });
}
