// One text of an answer while it is written: what its reader sees of it, and what is told about it.

import type { WriteOptions, WrittenEvent, WrittenLikelyToken } from "../served-model.ts";

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

export class StopTrimmer {
  #held = "";
  #isOver = false;

  constructor(private readonly stops: readonly string[]) {}

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What can be shown of the text after one more piece. */
  push(piece: string): string {
    if (this.#isOver) return "";
    const text = this.#held + piece;
    const places = this.stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#isOver = true;
      this.#held = "";
      return text.slice(0, Math.min(...places));
    }
    const held = Math.max(0, ...this.stops.map((stop) => begunBy(text, stop)));
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }

  /** What was held back and turned out to be no stop. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** How many of the text's last characters are the stop's first. */
function begunBy(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
