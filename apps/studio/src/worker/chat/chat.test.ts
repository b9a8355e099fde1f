import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyWorkerState } from "../../../test/tiny-worker-state.ts";
import type { ChatProgress, ChatRequest } from "../../protocol/chat.ts";
import { keepAdapter } from "../shelf/keep-adapter.ts";
import type { WorkerState } from "../worker-state.ts";
import { ConversationTooLongError, chat, stopChat } from "./chat.ts";
import { countTokens } from "./prompt-for.ts";
import { wordsOf } from "./words.ts";

const turns = [{ role: "user", content: "name[Aromi], food[French]" }] as const;
const how = { temperature: 0, topP: 1, maxNewTokens: 12, seed: 1, strength: 1 } as const;

describe("a conversation with the tiny model", { timeout: 60_000 }, () => {
  let state: WorkerState;
  let adapter: string;
  beforeAll(async () => {
    state = await tinyWorkerState();
    const { opened } = state.loaded;
    const made = opened.adapt({ rank: 4, targetModules: "all-linear" });
    const rows = [{ prompt: "name[Aromi], food[French] ->", completion: " Aromi is a French place by the river." }];
    for await (const _ of made.train(rows, { steps: 8, learningRate: 0.01, batchSize: 1 }));
    adapter = (await keepAdapter(state, await made.files(), { name: "mine", origin: "trained" })).id;
    made.dispose();
  }, 60_000);
  afterAll(() => state?.loaded.opened.dispose());

  async function ask(request: Partial<ChatRequest> = {}) {
    const progress: ChatProgress[] = [];
    const fullRequest = { ...how, turns, sides: ["base", "adapted"], adapter, ...request } as const;
    return { progress, ...(await chat(state, fullRequest, (each) => progress.push(each))) };
  }

  it("has both answers written side by side, a piece of each in turn", async () => {
    const { progress, texts } = await ask();
    expect(texts.adapted).toContain("Aromi is a French place");
    expect(texts.base).not.toBe(texts.adapted);
    expect(new Set(progress.slice(0, 4).map(({ side }) => side))).toEqual(new Set(["base", "adapted"]));
    for (const side of ["base", "adapted"] as const) {
      const pieces = progress.filter((each) => each.side === side).map(({ text }) => text);
      expect(pieces.join("").trim()).toBe(texts[side]);
    }
  });

  it.each([0, 0.8])("answers as the base, word for word, at strength 0 and temperature %d", async (temperature) => {
    const { texts, words } = await ask({ strength: 0, temperature });
    expect(texts.adapted).toBe(texts.base);
    expect(words?.every(({ likelier }) => likelier === 0)).toBe(true);
  });

  it("shows for each word how much likelier the adapter made it, and omits none", async () => {
    const { texts, words = [] } = await ask({ sides: ["adapted"] });
    expect(
      words
        .map(({ text }) => text)
        .join("")
        .trim(),
    ).toBe(texts.adapted);
    expect(words.find(({ text }) => text.includes("French"))?.likelier).toBeGreaterThan(1);
  });

  it("draws the same answer from the same seed, and another from another", async () => {
    const drawn = async (seed: number) =>
      (await ask({ sides: ["base"], temperature: 1, maxNewTokens: 24, seed })).texts.base;
    expect(await drawn(7)).toBe(await drawn(7));
    expect(await drawn(7)).not.toBe(await drawn(8));
  });

  it("gives what it has so far when it is stopped", async () => {
    const answer = chat(state, { ...how, turns, sides: ["base"], maxNewTokens: 300 }, () =>
      stopChat(state, undefined, () => {}),
    );
    const { wasStopped, texts, words } = await answer;
    expect(wasStopped).toBe(true);
    expect(texts.base).not.toBe("");
    expect(words).toBeUndefined();
  });

  it("counts what a conversation takes, and refuses one that leaves no room for an answer", async () => {
    const long = [{ role: "user", content: "food ".repeat(600) }] as const;
    const { tokens, max } = await countTokens(state, long, () => {});
    expect(tokens).toBeGreaterThan(max);
    expect((await countTokens(state, turns, () => {})).tokens).toBeLessThan(40);
    await expect(ask({ turns: long })).rejects.toThrow(ConversationTooLongError);
  });
});

it("joins tokens to words, with those that have no text yet, and without the end of the text", () => {
  const tokens = [
    { text: "Ar", likelier: 1 },
    { text: "omi", likelier: 2 },
    { text: "", likelier: 0.5 },
    { text: " é", likelier: 0.5 },
    { text: "", likelier: 9 },
  ];
  expect(wordsOf(tokens)).toEqual([
    { text: "Aromi", likelier: 3 },
    { text: " é", likelier: 1 },
  ]);
});
