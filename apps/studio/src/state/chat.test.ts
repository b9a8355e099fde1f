import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import type { ChatRequest } from "../protocol/chat.ts";
import { memoryStore } from "../storage/store.ts";
import type { Ask } from "../worker-client.ts";
import { ChatState, keepChat, turnsOf } from "./chat.ts";
import { debounced } from "./debounced.ts";

/** A worker whose model says "base" and whose adapted model says how strongly it was adapted. */
function conversation(failure?: string) {
  const requests: ChatRequest[] = [];
  const ask: Ask = async (name, request, onProgress) => {
    if (name === "countTokens") return { tokens: 600, max: 511 } as never;
    if (name !== "chat") return undefined as never;
    if (failure !== undefined) throw new Error(failure);
    const chat = request as ChatRequest;
    requests.push(chat);
    const text = { base: "base", adapted: `strength ${chat.strength}` };
    const words = chat.sides.includes("adapted") ? [{ text: text.adapted, likelier: 2 }] : undefined;
    for (const side of chat.sides) (onProgress as (progress: unknown) => void)?.({ side, text: text[side] });
    const texts = Object.fromEntries(chat.sides.map((side) => [side, text[side]]));
    return { texts, words, wasStopped: false, tokensPerSecond: 9 } as never;
  };
  const adapter = signal<{ readonly id: string; readonly name: string } | undefined>({ id: "1", name: "mine" });
  const isTraining = signal(false);
  const chats = signal<boolean | undefined>(true);
  return {
    requests,
    adapter,
    isTraining,
    chat: new ChatState({ ask, chats, adapter, isTraining, onAnswered: () => {} }),
  };
}

async function send(chat: ChatState, says: string): Promise<void> {
  chat.draft.value = says;
  await chat.send();
}

describe("the conversation", () => {
  it("asks both models, and continues with the adapted answers", async () => {
    const { chat, requests } = conversation();
    await send(chat, "one");
    await send(chat, "two");
    expect(chat.exchanges.value[0]).toMatchObject({
      says: "one",
      base: "base",
      adapted: "strength 1",
      adapter: "mine",
    });
    expect(requests[1]?.turns.map(({ content }) => content)).toEqual(["one", "strength 1", "two"]);
    expect(requests[1]?.sides).toEqual(["base", "adapted"]);
  });

  it("counts a vote until it is taken back or the answers change", async () => {
    const { chat } = conversation();
    await send(chat, "one");
    const better = () => chat.exchanges.value[0]?.better;
    chat.vote(0, "adapted");
    expect(better()).toBe("adapted");
    chat.vote(0, "adapted");
    expect(better()).toBeUndefined();
    chat.vote(0, "base");
    await chat.answerAgain();
    expect(better()).toBeUndefined();
  });

  it("asks only the base if there is no adapter", async () => {
    const { chat, requests, adapter } = conversation();
    adapter.value = undefined;
    await send(chat, "one");
    expect(requests[0]?.sides).toEqual(["base"]);
    expect(chat.exchanges.value[0]?.adapted).toBeUndefined();
  });

  it("answers the last question again with the adapter alone when its strength changes", async () => {
    const { chat, requests } = conversation();
    await send(chat, "one");
    chat.set({ strength: 0.5 });
    await vi.waitFor(() => expect(chat.exchanges.value[0]?.adapted).toBe("strength 0.5"));
    expect(requests[1]?.sides).toEqual(["adapted"]);
    expect(chat.exchanges.value[0]?.base).toBe("base");
  });

  it("puts the question back into the field if no model could answer, and explains why", async () => {
    const { chat } = conversation("There is no model yet.");
    await send(chat, "one");
    expect(chat.draft.value).toBe("one");
    expect(chat.exchanges.value).toEqual([]);
    expect(chat.failure.value).toBe("There is no model yet.");
  });

  it("sends nothing that is longer than the model reads", async () => {
    const { chat } = conversation();
    chat.draft.value = "long";
    await vi.waitFor(() => expect(chat.isTooLong.value).toBe(true));
    expect(chat.canSend.value).toBe(false);
  });

  it("sends nothing while the worker trains, which could not answer", () => {
    const { chat, isTraining } = conversation();
    chat.draft.value = "one";
    expect(chat.canSend.value).toBe(true);
    isTraining.value = true;
    expect(chat.canSend.value).toBe(false);
  });

  it("brings back what was cleared", async () => {
    const { chat } = conversation();
    await send(chat, "one");
    chat.clear();
    expect(chat.exchanges.value).toEqual([]);
    chat.undo();
    expect(chat.exchanges.value).toHaveLength(1);
  });

  it("is there again on the next visit, with its settings", async () => {
    const store = memoryStore();
    const { chat } = conversation();
    await keepChat(chat, { store, soon: debounced(1) });
    await send(chat, "one");
    chat.set({ temperature: 0.7 });
    await vi.waitFor(async () => expect(await store.read("chat.json")).toBeDefined(), { timeout: 2000 });
    const { chat: next } = conversation();
    await keepChat(next, { store, soon: debounced(1) });
    expect(next.exchanges.value).toEqual(chat.exchanges.value);
    expect(next.settings.value.temperature).toBe(0.7);
  });

  it("starts empty where an older page left something else", async () => {
    const store = memoryStore();
    await store.write("chat.json", new TextEncoder().encode('{"exchanges":3}'));
    const { chat } = conversation();
    await keepChat(chat, { store, soon: debounced(1) });
    expect(chat.exchanges.value).toEqual([]);
  });
});

it("leaves out answers that were never given", () => {
  const turns = turnsOf([{ says: "one", base: "" }, { says: "two" }]);
  expect(turns.map(({ role }) => role)).toEqual(["user", "user"]);
});
