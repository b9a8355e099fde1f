// One text of a response while it is written, without its stop texts, and with reports about its tokens.

import type { WriteOptions, WrittenEvent, WrittenLikelyToken } from "../served-model.ts";

/** A token with its probability, and the likeliest alternatives. */
export interface TokenReport extends WrittenLikelyToken {
  readonly top: readonly WrittenLikelyToken[];
}

/** A piece of a text or of a call, or the end. */
export type ChoiceEvent =
  | { readonly type: "piece"; readonly text: string; readonly report?: TokenReport }
  | {
      /** A call of a tool; its first piece has the name. */
      readonly type: "call";
      readonly index: number;
      readonly id: string;
      readonly name?: string;
      readonly arguments: string;
    }
  | {
      readonly type: "end";
      readonly reason: "stop" | "length" | "tool_calls";
      readonly promptTokens: number;
      readonly tokens: number;
    };

/** The text without the stop text. A piece may be empty. */
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

class StopTrimmer {
  #held = "";
  #isOver = false;

  constructor(private readonly stops: readonly string[]) {}

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The characters that can be sent after one more piece. */
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

  /** The characters that were held back, and are not a stop text. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** How many characters at the end of the text are the beginning of the stop text. */
export function begunBy(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
