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
    const sound = { type: "input_audio", input_audio: { data: "" } };
    expect(refusal({ messages: [{ role: "user", content: [text("a"), sound] }, answer] })).toContain(
      'a text or an image for "messages"[0]."content"[1], got a part of type "input_audio"',
    );
  });

  it("has images by a file's name, by their bytes, and as OpenAI's data URLs", () => {
    const parts = (image: object) => [{ type: "text", text: "a" }, image];
    const firstOf = (image: object) => {
      const row = read({ messages: [{ role: "user", content: parts(image) }, answer] });
      return row?.kind === "chat" ? row.messages[0] : undefined;
    };
    expect(firstOf({ type: "image", image: "cat.png" })).toEqual({
      role: "user",
      content: "a",
      parts: parts({ type: "image", image: "cat.png" }),
    });
    const url = "data:image/png;base64,iVBORw==";
    const bytes = parts({ type: "image", image: Uint8Array.of(0x89, 0x50, 0x4e, 0x47) });
    expect(firstOf({ type: "image_url", image_url: { url } })?.parts).toEqual(bytes);
    expect(firstOf({ type: "image", image: url })?.parts).toEqual(bytes);
  });

  it("refuses a data URL of another kind, without repeating it", () => {
    const content = [{ type: "image_url", image_url: { url: "data:text/html;base64,PGI+" } }];
    expect(refusal({ messages: [{ role: "user", content }, answer] })).toContain(
      'data:image/jpeg;base64,… of at most 48 MiB for "messages"[0]."content"[0], got a data URL of 26 characters',
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

  it("have their own prompt, or the beginning that they share", () => {
    expect(read({ prompt: "a", chosen: "b", rejected: "c" })).toEqual(pair(completion("a", "b"), completion("a", "c")));
    expect(read({ chosen: "The sky is blue.", rejected: "The sky is green." })).toEqual(
      pair(completion("The sky is", " blue."), completion("The sky is", " green.")),
    );
  });

  it("are turns after the shared ones, of which none is trained", () => {
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
