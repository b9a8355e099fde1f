// One text of an answer while it is written: what its reader sees of it, and what is told about it.

import type { WriteOptions, WrittenEvent, WrittenLikelyToken } from "../served-model.ts";
import { StopTrimmer } from "./stop-trimmer.ts";

/** A token with what the model thought of it. */
export interface TokenReport extends WrittenLikelyToken {
  readonly top: readonly WrittenLikelyToken[];
}

/** A piece of a text, or its end. */
export type ChoiceEvent =
  | { readonly type: "piece"; readonly text: string; readonly report?: TokenReport }
  | {
      readonly type: "end";
      readonly reason: "stop" | "length";
      readonly promptTokens: number;
      readonly tokens: number;
    };

/** The text without what stops it. A piece may be empty. */
export async function* choiceEvents(
  written: AsyncGenerator<WrittenEvent, void, undefined>,
  { stop = [] }: Pick<WriteOptions<unknown>, "stop">,
): AsyncGenerator<ChoiceEvent, void, undefined> {
  const trimmer = new StopTrimmer(stop);
  for await (const event of written) {
    if (event.type === "token") {
      const { id, text, logprob, top = [] } = event;
      const report = logprob === undefined ? undefined : { id, text, logprob, top };
      yield { type: "piece", text: trimmer.push(text), ...(report && { report }) };
      continue;
    }
    yield { type: "piece", text: trimmer.push(event.rest) + trimmer.end() };
    const reason = trimmer.isOver ? "stop" : event.reason;
    yield { type: "end", reason, promptTokens: event.promptTokens, tokens: event.ids.length };
  }
}
