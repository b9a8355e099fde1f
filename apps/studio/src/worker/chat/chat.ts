// Answers a conversation: by the base, by the adapted model, or by both, one token each alternately, so that both are seen
// being written. Every call has its own adapter strength; nothing is switched on the model.

import { LowrankError } from "@lowrank/contracts";
import type { OpenedAdapter, TextEvent } from "lowrank/browser";
import type { ChatRequest, Side } from "../../protocol/chat.ts";
import type { CallHandler } from "../call-handler.ts";
import { attached } from "../shelf/attached.ts";
import type { LoadedModel } from "../worker-state.ts";
import { promptFor } from "./prompt-for.ts";
import { likelierWords } from "./words.ts";

/** One side's answer as far as it has come. */
interface Writing {
  readonly side: Side;
  readonly events: AsyncGenerator<TextEvent, void, undefined>;
  /** Each token's id, and the text that could be shown with it. */
  readonly tokens: { readonly id: number; readonly text: string }[];
  text: string;
}

/** Throws ConversationTooLongError, NotOnShelfError, and the errors of the library's `stream`. */
export const chat: CallHandler<"chat"> = async (state, request, onProgress) => {
  const model = state.loaded;
  const { opened, facts } = model;
  const promptIds = await opened.promptIds(promptFor(model, request.turns), { adapter: null });
  const room = facts.positions - promptIds.length;
  if (room < 1) throw new ConversationTooLongError(promptIds.length, facts.positions - 1);
  const adapter = request.adapter === undefined ? null : await attached(state, request.adapter);
  state.chatting = new AbortController();
  const { signal } = state.chatting;
  const maxNewTokens = Math.min(request.maxNewTokens, room);
  const writings = request.sides.map((side) =>
    begin(side, { model, request: { ...request, maxNewTokens }, adapter, signal }),
  );
  const started = performance.now();
  try {
    await writeInTurns(writings, ({ side }, text) => onProgress({ side, text }));
    const seconds = (performance.now() - started) / 1000;
    const written = writings.reduce((count, { tokens }) => count + tokens.length, 0);
    const adapted = writings.find(({ side }) => side === "adapted");
    return {
      texts: textsOf(writings),
      words:
        adapted === undefined || adapter === null
          ? undefined
          : await likelierWords(adapted.tokens, { opened, adapter, strength: request.strength, promptIds, signal }),
      wasStopped: false,
      tokensPerSecond: seconds > 0 ? written / seconds : 0,
    };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { texts: textsOf(writings), words: undefined, wasStopped: true, tokensPerSecond: 0 };
  } finally {
    for (const { events } of writings) await events.return();
    state.chatting = undefined;
  }
};

/** Stops the current chat at once. */
export const stopChat: CallHandler<"stopChat"> = (state) => {
  state.chatting?.abort();
  return undefined;
};

interface Beginning {
  readonly model: LoadedModel;
  readonly request: ChatRequest;
  readonly adapter: OpenedAdapter | null;
  readonly signal: AbortSignal;
}

function begin(side: Side, { model, request, adapter, signal }: Beginning): Writing {
  const { strength, temperature, topP, maxNewTokens, seed } = request;
  const events = model.opened.stream(promptFor(model, request.turns), {
    ...(side === "base" ? { adapter: null } : { adapter, strength }),
    ...(temperature === 0 ? {} : { temperature, topP, seed }),
    maxNewTokens,
    signal,
  });
  return { side, events, tokens: [], text: "" };
}

/** One token of each alternately, until all have ended. */
async function writeInTurns(all: readonly Writing[], show: (writing: Writing, text: string) => void): Promise<void> {
  let open = all;
  while (open.length > 0) {
    const still: Writing[] = [];
    for (const writing of open) {
      const { done, value: event } = await writing.events.next();
      if (done === true) continue;
      still.push(writing);
      const fresh = event.type === "token" ? event.text : event.rest;
      if (event.type === "token") writing.tokens.push({ id: event.id, text: fresh });
      writing.text += fresh;
      if (fresh !== "") show(writing, fresh);
    }
    open = still;
  }
}

function textsOf(writings: readonly Writing[]): Readonly<Partial<Record<Side, string>>> {
  return Object.fromEntries(writings.map(({ side, text }) => [side, text.trim()]));
}

/** The conversation leaves no position for an answer. */
export class ConversationTooLongError extends LowrankError {
  constructor(
    readonly tokens: number,
    /** How many leave room for an answer. */
    readonly max: number,
  ) {
    super(
      "CONVERSATION_TOO_LONG",
      `The conversation has ${tokens} tokens, and the model reads ${max} at most before it answers. Write less, or clear the conversation.`,
    );
  }
}
