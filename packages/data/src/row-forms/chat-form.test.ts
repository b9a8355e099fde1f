import { describe, expect, it } from "vitest";
import { readJson } from "../reading/read-json.ts";

const read = (row: object) => readJson(JSON.stringify([row]))[0];
const refusal = (row: object) => {
  try {
    read(row);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was read");
};
const asked = { role: "user", content: "a" };
const answer = { role: "assistant", content: "b" };

describe("a conversation", () => {
  it("does not train an answer whose weight is 0", () => {
    const messages = [asked, { ...answer, weight: 0 }, asked, { ...answer, weight: 1 }];
    expect(read({ messages })).toEqual({
      kind: "chat",
      messages: [asked, { ...answer, isTrained: false }, asked, answer],
    });
    expect(refusal({ messages: [asked, { ...answer, weight: 2 }] })).toContain('0 or 1 for "messages"[1]."weight"');
  });

  it("has the texts of a content's parts as lines, and refuses other parts by name", () => {
    const text = (text: string) => ({ type: "text", text });
    expect(read({ messages: [{ role: "user", content: [text("a"), text("b")] }, answer] })).toMatchObject({
      messages: [{ content: "a\nb" }, answer],
    });
    const image = { type: "image_url", image_url: { url: "https://a" } };
    expect(refusal({ messages: [{ role: "user", content: [text("a"), image] }, answer] })).toContain(
      '"messages"[0]."content"[1] (other parts are not trained on), got a part of type "image_url"',
    );
  });

  it("keeps tools and their calls, whose arguments become JSON again", () => {
    const tool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
    const call = (given: unknown) => ({ id: "1", type: "function", function: { name: "weather", arguments: given } });
    const result = { role: "tool", tool_call_id: "1", content: "rain" };
    const messages = [
      asked,
      { role: "assistant", content: null, tool_calls: [call('{"city": "Oslo"}')] },
      result,
      answer,
    ];
    const expected = {
      kind: "chat",
      tools: [tool],
      messages: [
        asked,
        { role: "assistant", content: "", more: { tool_calls: [call({ city: "Oslo" })] } },
        { role: "tool", content: "rain", more: { tool_call_id: "1" } },
        answer,
      ],
    };
    expect(read({ messages, tools: [tool] })).toEqual(expected);
    expect(read({ messages, tools: JSON.stringify([tool]) })).toEqual(expected);
  });

  it.each([
    [{ messages: [asked, answer], functions: [] }, '"tools" in place of OpenAI\'s earlier "functions"'],
    [
      { messages: [asked, { ...answer, function_call: {} }] },
      '"tool_calls" in place of OpenAI\'s earlier "function_call"',
    ],
    [{ messages: [asked, { role: "assistant", content: null }] }, 'a text for "messages"[1]."content"'],
    [{ messages: [asked, answer], tools: "none" }, 'a list of functions for "tools"'],
    [
      { messages: [asked] },
      'a turn of the role "assistant" in "messages", got "user" alone (roles are system, user, assistant and tool; ShareGPT\'s',
    ],
  ])("that cannot be trained as it is says so by name: %j", (row, reason) => {
    expect(refusal(row)).toContain(reason);
  });
});

describe("a prompt of turns", () => {
  it("is shown, earlier answers too, and the completion is trained", () => {
    expect(read({ prompt: [asked, answer, asked], completion: [answer] })).toEqual({
      kind: "chat",
      messages: [asked, { ...answer, isTrained: false }, asked, answer],
    });
  });

  it("needs a completion of turns", () => {
    expect(refusal({ prompt: [asked], completion: "b" })).toContain('a list of turns for "completion"');
  });
});

describe("two answers of which one is better", () => {
  const pair = (chosen: object, rejected: object) => ({ kind: "preference", chosen, rejected });
  const completion = (prompt: string, completion: string) => ({ kind: "completion", prompt, completion });

  it("have a prompt of their own, or the beginning that they share", () => {
    expect(read({ prompt: "a", chosen: "b", rejected: "c" })).toEqual(pair(completion("a", "b"), completion("a", "c")));
    expect(read({ chosen: "The sky is blue.", rejected: "The sky is green." })).toEqual(
      pair(completion("The sky is", " blue."), completion("The sky is", " green.")),
    );
  });

  it("are turns behind those that they share, of which none is trained", () => {
    const other = { role: "assistant", content: "c" };
    const shown = { ...answer, isTrained: false };
    const expected = pair(
      { kind: "chat", messages: [asked, shown, asked, answer] },
      { kind: "chat", messages: [asked, shown, asked, other] },
    );
    const prompt = [asked, answer, asked];
    expect(read({ prompt, chosen: [answer], rejected: [other] })).toEqual(expected);
    expect(read({ chosen: [...prompt, answer], rejected: [...prompt, other] })).toEqual(expected);
    expect(refusal({ chosen: [answer], rejected: [other] })).toContain("that begin with the same turns");
  });
});
