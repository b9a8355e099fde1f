// {"prompt": …, "chosen": …, "rejected": …}, as texts or as turns. Without a prompt it is the common beginning of both answers.

import type { ChatExample, CompletionExample, PreferenceExample } from "../example.ts";
import { asContext, readAnswered } from "./completion-form.ts";
import { readConversation, readTools } from "./read-messages.ts";
import { type Fields, refuse, rowForm } from "./row-form.ts";

export const preferenceForm = rowForm({
  name: "prompt/chosen/rejected",
  source: "TRL's preference format, with an explicit or an implicit prompt",
  keys: ["chosen", "rejected", "prompt?", "tools?"],
  read(fields) {
    if (fields.get("prompt") === undefined || fields.get("prompt") === null) return readImplicit(fields);
    const [chosen, rejected] = [readAnswered(fields, "chosen"), readAnswered(fields, "rejected")];
    return { kind: "preference", chosen, rejected };
  },
});

/** {"prompt": …, "completion": …, "label": true}: a good or bad answer. With a label other than true and false, a plain completion. */
export const judgedForm = rowForm({
  name: "prompt/completion/label (true or false)",
  source: "TRL's unpaired preference format",
  keys: ["prompt", "completion", "label", "tools?"],
  read(fields) {
    const answer = readAnswered(fields, "completion");
    const label = String(fields.get("label")).toLowerCase(); // tables hold texts
    const isJudged = label === "true" || label === "false";
    return isJudged ? { kind: "judged", answer, isGood: label === "true" } : answer;
  },
});

function readImplicit(fields: Fields): PreferenceExample {
  const [chosen, rejected] = [fields.get("chosen"), fields.get("rejected")];
  if (typeof chosen === "string" && typeof rejected === "string") return ofTexts(chosen, rejected);
  const [better, worse] = [readConversation(chosen, "chosen"), readConversation(rejected, "rejected")];
  const tools = readTools(fields);
  const shared = sharedLength(better, worse, (one, other) => JSON.stringify(one) === JSON.stringify(other));
  if (shared === 0) return refuse('"chosen" and "rejected" that begin with the same turns', chosen);
  const behind = (messages: typeof better): ChatExample => {
    return { kind: "chat", messages: [...asContext(messages.slice(0, shared)), ...messages.slice(shared)], ...tools };
  };
  return { kind: "preference", chosen: behind(better), rejected: behind(worse) };
}

/** Like TRL's extract_prompt: a space before the difference belongs to the answers. */
function ofTexts(chosen: string, rejected: string): PreferenceExample {
  const shared = sharedLength(chosen, rejected, (one, other) => one === other);
  const length = chosen[shared - 1] === " " ? shared - 1 : shared;
  const behind = (text: string): CompletionExample => {
    return { kind: "completion", prompt: text.slice(0, length), completion: text.slice(length) };
  };
  return { kind: "preference", chosen: behind(chosen), rejected: behind(rejected) };
}

/** The length of the common beginning. */
function sharedLength<Entry>(
  one: ArrayLike<Entry>,
  other: ArrayLike<Entry>,
  isSame: (one: Entry, other: Entry) => boolean,
): number {
  const max = Math.min(one.length, other.length);
  for (let index = 0; index < max; index++) {
    const [left, right] = [one[index], other[index]];
    if (left === undefined || right === undefined || !isSame(left, right)) return index;
  }
  return max;
}
