// Whether a reader behaved: it may accept or refuse, but only in words that are typed, short and safe to print.

import { LowrankError } from "@lowrank/contracts";

/** What came of one input. */
export type Verdict =
  | { readonly kind: "accepted" | "refused" }
  | { readonly kind: "problem"; readonly message: string; readonly signature: string };

const longestMessage = 20_000;
/** All but tabs and line breaks; and the marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const pristine = facts();

/** Runs a check and judges how it ended. */
export async function judge(check: () => void | Promise<void>): Promise<Verdict> {
  let verdict: Verdict = { kind: "accepted" };
  try {
    await check();
  } catch (error) {
    verdict = LowrankError.isInstance(error) ? judgeRefusal(error) : problem(error);
  }
  return verdict.kind !== "problem" && facts() !== pristine ? pollution() : verdict;
}

/** What is wrong with a text that a person will read; undefined if nothing is. */
export function messageFault(message: string): string | undefined {
  if (message.length > longestMessage) return `a message of ${message.length} characters`;
  const match = control.exec(message);
  return match === null ? undefined : `a message with the control character ${JSON.stringify(match[0])}`;
}

function judgeRefusal(error: LowrankError): Verdict {
  const fault = messageFault(error.message);
  if (fault === undefined) return { kind: "refused" };
  const message = `${error.name} has ${fault}: ${JSON.stringify(error.message.slice(0, 300))}`;
  return { kind: "problem", message, signature: `${error.name} ${fault.replaceAll(/"[^"]*"|\d+/g, "#")}` };
}

/** Anything that is not meant for a caller: a TypeError, a system error, a wrong answer. */
function problem(thrown: unknown): Verdict {
  const error = thrown instanceof Error ? thrown : new Error(`something that is no error was thrown: ${thrown}`);
  const location = /(?:packages|node_modules)\/\S+:\d+/.exec(error.stack ?? "")?.[0] ?? "";
  const message = `${error.name}: ${JSON.stringify(error.message.slice(0, 300))}${location && ` at ${location}`}`;
  const told =
    location === "" || error.name === "WrongAnswerError" ? error.message.replaceAll(/"[^"]*"|\d+/g, "#") : "";
  return { kind: "problem", message, signature: `${error.name} ${location} ${told.slice(0, 80)}` };
}

function pollution(): Verdict {
  const message = `the built-in prototypes or globals were changed: ${facts()}, before: ${pristine}`;
  return { kind: "problem", message, signature: "pollution" };
}

/** Counts suffice: any addition to a prototype is noticed, and a count is cheap. */
function facts(): string {
  const prototypes = [Object.prototype, Array.prototype, String.prototype, Map.prototype, Function.prototype];
  return prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).length).join();
}
